package bilateralrpc

import (
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Stats is what a node has counted since it was made, and what it holds now.
type Stats struct {
	Calls        uint64 // calls begun
	Casts        uint64
	Dials        uint64 // connections dialled
	Resends      uint64 // requests sent again over a new connection
	SendsRefused uint64 // messages that a transport did not take
	RepliesLost  uint64 // replies that no connection took to the caller

	FramesIn, FramesOut FrameCounts
	Drops               DropCounts
	Refusals            RefusalCounts
	Outcomes            OutcomeCounts

	// Malformed counts the messages that were not a command and a payload.
	Malformed uint64
	// TurnedAway counts the connections refused, and the messages dropped, because
	// the other end has no legal or admitted name or claims this node's own.
	TurnedAway uint64
	// LinksRefused counts the accepted connections that were hung up because there were
	// too many: Limits.LinksMax and LinksPeerMax.
	LinksRefused uint64
	// BytesRefused counts how often a peer was refused more memory: Limits.PeerBytesMax
	// and NodeBytesMax.
	BytesRefused uint64

	// The node's present contents.
	Peers         int
	ActivePeers   int
	LinksAccepted int // accepted connections that are up
	CallsPending  int
	Serving       int // requests being served
	Timers        int
	Workers       int // goroutines that run handlers or wait for work
	BytesHeld     int // memory held because of peers, as Limits.NodeBytesMax counts it
}

// FrameCounts counts messages by their command. Unknown are those of no command.
type FrameCounts struct {
	Unknown, Join, Stay, Part, Tick, Tock, Call, Cast, Back, Meet, Void uint64
	// With counts those of Call, Cast and Back that had a head, with metadata or a deadline.
	With uint64
}

// DropCounts counts what peers sent and this node ignored, by the reason.
type DropCounts struct {
	BadName          uint64 // the name is empty, over 255 bytes, or starts with 0x00
	OwnName          uint64 // the peer claims this node's name
	UnknownCommand   uint64
	WrongDirection   uint64 // a command that this end never receives
	StaleLink        uint64 // of a connection that is not the current one
	NotJoined        uint64 // on a connection that has not been accepted
	Unexpected       uint64 // nothing waits for it
	Mismatch         uint64 // a TOCK of another TICK, or a BACK of another method
	Undecodable      uint64
	Oversize         uint64 // beyond Limits
	WrongNetwork     uint64
	LateBack         uint64 // a reply to no pending call, or a second one
	ForeignBack      uint64 // a reply of a peer that was not asked
	DuplicateRequest uint64 // a request that has been run before, or is running
	Overload         uint64 // a request beyond Limits.ServingMax or ServingPeerMax
	PeersMax         uint64 // a new peer beyond Limits.PeersMax
	Stopped          uint64 // the node is closing
	Twin             uint64 // a connection that a newer one of its dialler's name has replaced
}

// RefusalCounts counts what this node's user asked for and was refused, by the reason.
type RefusalCounts struct {
	BadName             uint64 // ErrBadName
	OwnName             uint64 // ErrOwnName
	DuplicateConnection uint64 // ErrDuplicate
	NoConnection        uint64 // ErrNoPeer
	Busy                uint64 // ErrBusy
	TooLarge            uint64 // ErrTooLarge
	HeadTooLarge        uint64 // metadata beyond Limits.HeadBytesMax
	Stopped             uint64 // ErrClosed
}

// OutcomeCounts counts how calls ended, once for each addressed peer.
type OutcomeCounts struct {
	Replied      uint64
	Failed       uint64 // RemoteError
	Unserved     uint64 // ErrUnserved
	Refused      uint64 // ErrWouldBlock, ErrUnroutable or ErrTooLarge
	NotConnected uint64 // ErrNotConnected
	Restarted    uint64 // ErrRestarted
	Disconnected uint64 // ErrDisconnected
	Silent       uint64 // ErrNoReply
	Canceled     uint64 // the caller's context was cancelled
	Closed       uint64 // ErrClosed
}

// statsOf translates what the driver has counted.
func statsOf(s *zmqio.Stats) Stats {
	return Stats{
		Calls: s.Calls, Casts: s.Casts, Dials: s.Dials, Resends: s.Resends,
		SendsRefused: s.SendsRefused, RepliesLost: s.RepliesLost,
		FramesIn: framesOf(&s.FramesIn), FramesOut: framesOf(&s.FramesOut),
		Drops: dropsOf(&s.Stats), Refusals: refusalsOf(&s.Stats), Outcomes: outcomesOf(&s.Stats),
		Malformed: s.Malformed, TurnedAway: s.TurnedAway, LinksRefused: s.LinksRefused, LinksAccepted: s.LinksAccepted,
		Peers: s.Peers, ActivePeers: s.ActivePeers, CallsPending: s.CallsPending,
		Serving: s.Serving, Timers: s.Timers, Workers: s.Workers, BytesHeld: s.BytesHeld, BytesRefused: s.BytesRefused,
	}
}

func framesOf(n *[core.WITH + 1]uint64) FrameCounts {
	return FrameCounts{
		Unknown: n[core.Unknown], Join: n[core.JOIN], Stay: n[core.STAY], Part: n[core.PART], Tick: n[core.TICK],
		Tock: n[core.TOCK], Call: n[core.CALL], Cast: n[core.CAST], Back: n[core.BACK], Meet: n[core.MEET], Void: n[core.VOID],
		With: n[core.WITH],
	}
}

func dropsOf(s *core.Stats) DropCounts {
	n := &s.Drops
	return DropCounts{
		BadName: n[core.DropBadName], OwnName: n[core.DropOwnName], UnknownCommand: n[core.DropUnknown],
		WrongDirection: n[core.DropDirection], StaleLink: n[core.DropStale], NotJoined: n[core.DropNotJoined],
		Unexpected: n[core.DropState], Mismatch: n[core.DropMismatch], Undecodable: n[core.DropUndecodable],
		Oversize: n[core.DropOversize], WrongNetwork: n[core.DropNetwork], LateBack: n[core.DropLate],
		ForeignBack: n[core.DropForeign], DuplicateRequest: n[core.DropDuplicate], Overload: n[core.DropOverload],
		PeersMax: n[core.DropPeersMax], Stopped: n[core.DropStopped], Twin: n[core.DropTwin],
	}
}

func refusalsOf(s *core.Stats) RefusalCounts {
	n := &s.Refusals
	return RefusalCounts{
		BadName: n[core.RefuseName], OwnName: n[core.RefuseOwnName], DuplicateConnection: n[core.RefuseConnected],
		NoConnection: n[core.RefuseUnknown], Busy: n[core.RefuseBusy], TooLarge: n[core.RefuseTooLarge], HeadTooLarge: n[core.RefuseHead],
		Stopped: n[core.RefuseStopped],
	}
}

func outcomesOf(s *core.Stats) OutcomeCounts {
	n := &s.Outcomes
	return OutcomeCounts{
		Replied: n[core.Replied], Failed: n[core.Failed], Unserved: n[core.Unserved], Refused: n[core.Refused],
		NotConnected: n[core.NotConnected], Restarted: n[core.Restarted], Disconnected: n[core.Disconnected],
		Silent: n[core.Silent], Canceled: n[core.Canceled], Closed: n[core.Closed],
	}
}
