package zmtpnet

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// ticking is a clock that goes on by a step each time that it is read: on it, a read takes
// longer than waitedMin, however fast it was.
type ticking struct {
	clock.Clock
	began time.Time
	steps atomic.Int64
}

const tick = time.Duration(waitedMin) + 10*time.Microsecond

func (c *ticking) Now() time.Time                  { return c.began.Add(time.Duration(c.steps.Add(1)) * tick) }
func (c *ticking) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// startTicking opens a node with such a clock, and returns how often its links yield.
func startTicking(t *testing.T, busyPoll time.Duration) (n *node, yields *atomic.Int32) {
	yields = new(atomic.Int32)
	n = start(t, "b", false, func(c *zmqio.TransportConfig) {
		c.Clock = &ticking{Clock: zmqio.SystemClock(), began: time.Now()}
		c.BusyPoll = busyPoll
	})
	n.carrier().yield = func() { yields.Add(1) }
	n.carrier().pollersMax = 1 << 10 // however few processors there are
	return n.listen(), yields
}

// While a large frame is opened or sealed, others go first.
func TestTheEnginePauses(t *testing.T) {
	b, yields := startTicking(t, 0)
	before := yields.Load()
	if b.carrier().engine.Pause(); yields.Load() != before+1 {
		t.Error("a pause of the engine lets nobody go first")
	}
}

// A link that waits for each message lets nobody go first: the others had their turn while
// it waited.
func TestALinkThatWaitsDoesNotYield(t *testing.T) { // not parallel: other tests want it to yield
	b, yields := startTicking(t, 0)
	p := rawJoin(t, b, "raw")
	for range 100 {
		p.write([]byte("\x01\x04TICK\x00\x01x"))
		b.wantFrame("raw", core.TICK, "x")
	}
	if n := yields.Load(); n > 10 { // some may be wanted by what an earlier test has left behind
		t.Errorf("it yielded %d times for 100 messages", n)
	}
}

// A link yields while it looks at what one read has brought, if that is much.
func TestALinkYieldsWithinARead(t *testing.T) {
	t.Parallel()
	b, yields := startTicking(t, 0)
	p := rawJoin(t, b, "raw")
	const messages = 3000
	for range 20 { // a read may bring a part of them
		p.write([]byte(strings.Repeat("\x01\x04TICK\x00\x01x", messages)))
		for range messages {
			if r := b.Next(); r.Kind != transporttest.Frame {
				t.Fatalf("reported %v, want a message", r)
			}
		}
		if yields.Load() > 0 {
			return
		}
	}
	t.Error("it never yielded")
}
