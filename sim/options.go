package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// Model says what a connection may do to the frames on it.
type Model uint8

// The models of a link. A finding names the weaker one that shows it.
const (
	// Physical is what ZeroMQ over TCP does: within a connection frames are in
	// order and not lost. They are lost as a suffix when it breaks, and late,
	// minutes late, when the way is blocked.
	Physical Model = iota
	// Adversarial drops, duplicates, reorders, delays and corrupts single frames,
	// and delivers them after a hang-up too. They keep their link number.
	Adversarial
)

func (m Model) String() string {
	if m == Adversarial {
		return "adversarial"
	}
	return "physical"
}

// A Ratio is a probability as a fraction of integers; the zero Ratio never happens.
type Ratio = dice.Ratio

// A Delay is a distribution of durations between its Min and its Max, both included.
type Delay = dice.Delay

// Fixed is the Delay that is always d.
func Fixed(d time.Duration) Delay { return dice.Fixed(d) }

// Uniform is the Delay that lies evenly between least and most.
func Uniform(least, most time.Duration) Delay { return dice.Uniform(least, most) }

// Options is what a World is made from. The same Options, nodes and plans give
// the same run, to the byte.
type Options struct {
	// Seed decides everything that is random.
	Seed uint64
	// Model is what connections may do to frames.
	Model Model
	// Network is the network that nodes belong to unless they say otherwise.
	Network string
	// Latency is how long a frame takes, and each leg of a handshake. Zero means 1 ms.
	Latency Delay
	// Handler is how long a handler takes. Zero means that it finishes at once.
	Handler Delay
	// Wake is how late a driver's timer wakes it. Zero means that it never is.
	Wake Delay
	// Timing and Limits are those of every machine; zero fields take the defaults.
	Timing core.Timing
	Limits core.Limits
	// FirstCall is the id of the first call of every machine of ours, in each of its
	// lives; zero means a random one each.
	FirstCall uint32
	// Rates are the probabilities of faults; the zero Rates has none.
	Rates Rates
	// Keys says that connections are authenticated: one that reaches another
	// node than the one that was dialled fails in its handshake.
	Keys bool
	// Heartbeat is the silence after which a transport of ours takes a connection
	// for dead. Zero means 12 s, less than zero that there are no heartbeats.
	Heartbeat time.Duration
	// Queue is the length of a send queue: ZeroMQ's high-water mark. Zero means 1000.
	Queue int32
	// Checkers watch every step; nil means none. Checkers returns all of ours.
	Checkers []Checker
	// Digest has the digest of the run computed, at some 100 ns a step.
	Digest bool
	// Trace is called with every line of the trace, which is valid during the call.
	Trace func(line []byte)
	// Double, if not nil, stands in for every machine of ours.
	Double Double
}

// What Latency and Heartbeat are where nothing is said.
const (
	latencyDefault   = time.Millisecond
	heartbeatDefault = 12 * time.Second
)

// setDefaults puts values for what was left zero.
func (o *Options) setDefaults() {
	if o.Latency == (Delay{}) {
		o.Latency = Fixed(latencyDefault)
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = heartbeatDefault
	}
	if o.Queue == 0 {
		o.Queue = 1000
	}
	// The core knows what a zero field stands for. Add reports a Timing that it refuses.
	if m, err := core.New(core.Config{Name: "any", Timing: o.Timing}); err == nil {
		o.Timing = m.Config().Timing
	}
}

// Two pauses of TCP and libzmq, which are scaled as the protocol is, so that a
// scenario that scales time stays the same story.

// synRetry is how long TCP waits before it repeats its opening segment: 1 s.
func (o *Options) synRetry() time.Duration { return max(o.Timing.Join/5, 1) }

// redialPause is libzmq's RECONNECT_IVL: 100 ms.
func (o *Options) redialPause() time.Duration { return max(o.Timing.Join/50, 1) }
