package acceptance

import (
	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
)

// The configuration, counters and states of a node, as the suites spell them.

// Timing is that of Config.
type Timing = core.Timing

// The states of a half that a PeerStatus may tell.
const (
	idle      = core.Idle
	connected = core.Connected
	limbo     = core.Limbo
	serving   = core.Serving
)

func framesIn(b *bilateralrpc.Bilateral, c core.Command) uint64  { return b.Stats().FramesIn[c] }
func framesOut(b *bilateralrpc.Bilateral, c core.Command) uint64 { return b.Stats().FramesOut[c] }
func drops(b *bilateralrpc.Bilateral, reason core.Drop) uint64   { return b.Stats().Drops[reason] }
