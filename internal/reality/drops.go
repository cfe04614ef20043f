package reality

import (
	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
)

// dropsOf returns the counters of drops by the names that scenarios use.
func dropsOf(d bilateralrpc.DropCounts) map[string]uint64 {
	m := map[string]uint64{}
	for _, x := range []struct {
		drop core.Drop
		n    uint64
	}{
		{core.DropBadName, d.BadName}, {core.DropOwnName, d.OwnName}, {core.DropUnknown, d.UnknownCommand},
		{core.DropDirection, d.WrongDirection}, {core.DropStale, d.StaleLink}, {core.DropNotJoined, d.NotJoined},
		{core.DropState, d.Unexpected}, {core.DropMismatch, d.Mismatch}, {core.DropUndecodable, d.Undecodable},
		{core.DropOversize, d.Oversize}, {core.DropNetwork, d.WrongNetwork}, {core.DropLate, d.LateBack},
		{core.DropForeign, d.ForeignBack}, {core.DropDuplicate, d.DuplicateRequest}, {core.DropOverload, d.Overload},
		{core.DropPeersMax, d.PeersMax}, {core.DropStopped, d.Stopped}, {core.DropTwin, d.Twin},
	} {
		if x.n > 0 {
			m[x.drop.String()] = x.n
		}
	}
	return m
}
