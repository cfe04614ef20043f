package core

import (
	"errors"
	"fmt"
	"time"
)

// Config is what a Machine is made from. The same Config and the same events
// give the same actions.
type Config struct {
	// Name is the node's own name, 1 to 255 bytes and not starting with 0x00.
	Name string
	// Network is the name of the network; peers of another one are refused. Any
	// bytes, at most 255, the empty name included.
	Network string
	// Incarnation tells this life of the node from its earlier and later ones. It
	// should never repeat (PROTOCOL 8.1); zero is legal but then repeats.
	Incarnation uint64
	// Seed decides everything that is random: call ids, jitter, PART delays.
	Seed uint64
	// FirstCall is the id of the first call; with zero the Seed decides. It is for
	// replaying a recording, and for coming to where ids wrap without 2^32 calls.
	FirstCall uint32
	// LinksReported says that the driver feeds EvLinkUp and EvLinkLost. Without,
	// the machine works by timers alone.
	LinksReported bool
	// Timing holds the durations and counts; a zero field takes its default.
	Timing Timing
	// Limits holds the bounds; a zero field takes its default.
	Limits Limits
}

// Timing holds every duration and count of the protocol. The comment names the
// constant of the public API, or the rule of docs/PROTOCOL.md, it comes from.
type Timing struct {
	FirstStart time.Duration // FIRST_START_TIME 200 ms: from connect to the first dial
	FirstJoin  time.Duration // FIRST_JOIN_TIME 200 ms: from dial to up where no link is reported; PROTOCOL 3.4: wait for a first answer before JOIN
	Join       time.Duration // JOIN_TIME 5 s: between JOINs; a dial attempt that takes longer has failed
	Live       time.Duration // LIVE_TIME 30 s: between TICKs; wait for a TOCK
	Retry      time.Duration // RETRY_TIME 60 s: after a failed dial phase, doubled by each
	Serve      time.Duration // SERVE_TIME 90 s: silence after which a listening half ends
	BasePart   time.Duration // BASE_PART_TIME 5 s: wait after a PART without a reason
	RandPart   time.Duration // RAND_PART_TIME 20 ms: times a random byte, added to it
	Answer     time.Duration // PROTOCOL 5.2, 2 s: an unanswered dial is hung up while the other half serves
	Resume     time.Duration // PROTOCOL 3.4, 1 s: wait for a TOCK before joining again
	LimboTick  time.Duration // PROTOCOL 4.5, 2 s: between TICKs to an old peer that does not serve yet
	RedialMin  time.Duration // PROTOCOL 6.2, 100 ms: first pause between dials of a phase
	RedialMax  time.Duration // PROTOCOL 6.2, 800 ms: longest pause between dials of a phase

	JoinsMax   int // MAXIMUM_JOINS 10: JOINs in a dial phase; a phase lasts that many Join
	BackoffMax int // MAXIMUM_BACKOFF 7: largest exponent of Retry
}

// DefaultTiming returns the protocol's own durations and counts.
func DefaultTiming() Timing {
	return Timing{
		FirstStart: 200 * time.Millisecond,
		FirstJoin:  200 * time.Millisecond,
		Join:       5 * time.Second,
		Live:       30 * time.Second,
		Retry:      60 * time.Second,
		Serve:      90 * time.Second,
		BasePart:   5 * time.Second,
		RandPart:   20 * time.Millisecond,
		Answer:     2 * time.Second,
		Resume:     1 * time.Second,
		LimboTick:  2 * time.Second,
		RedialMin:  100 * time.Millisecond,
		RedialMax:  800 * time.Millisecond,
		JoinsMax:   10,
		BackoffMax: 7,
	}
}

// Scaled returns t with every duration multiplied by num and divided by den:
// a scenario of a day can run on constants of a second. No duration becomes zero.
func (t Timing) Scaled(num, den int64) Timing {
	for _, d := range t.durations() {
		*d.value = max(1, time.Duration(int64(*d.value)*num/den))
	}
	return t
}

// Limits is the table of every bound of a machine. Bounds are per node unless
// they say otherwise. DEVIATION D11: an original has none.
type Limits struct {
	// PeersMax bounds the table of peers: 16,384. A full mesh of that many nodes
	// is far beyond what one multicast can wait for.
	PeersMax int
	// CallsMax bounds the calls in flight: 65,536, a few hundred bytes each.
	CallsMax int
	// ServingMax bounds the requests being served: 1,024; each may hold a
	// goroutine. Beyond it a CALL is answered "overloaded" and a CAST dropped.
	ServingMax int
	// ServingPeerMax bounds those of one peer: 256. Besides, a peer has no more of
	// them than it leaves free of ServingMax: n peers that want all they can get have
	// 1/(n+1) of it each, and as much is left for those that ask for little.
	ServingPeerMax int
	// BodyBytesMax bounds the payload of a message, in and out: 4 MiB.
	BodyBytesMax int
	// MethodBytesMax bounds a method's name: 1,024, since every BACK repeats it.
	MethodBytesMax int
	// HeadBytesMax bounds what goes with a call, cast or reply in its head, in and out:
	// 4,096 bytes, which many small pairs fit into.
	HeadBytesMax int
	// TickBytesMax bounds the payload of a TICK that is echoed: 255; ours has 8.
	TickBytesMax int
	// TimersStepMax is how many timers at most run in one Step: 256. It bounds the
	// actions of a Step; the rest stay due, and Deadline says so.
	TimersStepMax int
}

// DefaultLimits returns the limits that apply where a Config sets none.
func DefaultLimits() Limits {
	return Limits{
		PeersMax:       16 << 10,
		CallsMax:       64 << 10,
		ServingMax:     1024,
		ServingPeerMax: 256,
		BodyBytesMax:   4 << 20,
		MethodBytesMax: 1024,
		HeadBytesMax:   4 << 10,
		TickBytesMax:   255,
		TimersStepMax:  256,
	}
}

// fits says whether the request of an EvCall or EvCast is within the limits.
func (l *Limits) fits(ev *Event) bool {
	size := len(ev.Body) + len(ev.Method) + 32 // id and the two gob headers, rounded up
	if len(ev.Head) > 0 || ev.TellDeadline {
		size += len(ev.Head) + withBytesMax
	}
	return len(ev.Method) <= l.MethodBytesMax && size <= l.BodyBytesMax
}

// mayServe says whether one request more of a peer may be served, of which so many are
// being served, and so many of all peers.
//
// PROTOCOL 7.11: "A peer may have as many requests served as it leaves free." This is
// the dynamic threshold of Choudhury and Hahne (1998) with a factor of one.
func (l *Limits) mayServe(ofPeer, running int) bool {
	return ofPeer < min(l.ServingPeerMax, l.ServingMax-running)
}

// nameBytesMax is the longest routing id of ZeroMQ (RFC 28).
const nameBytesMax = 255

// networkBytesMax bounds a network's name, which every JOIN carries.
const networkBytesMax = 255

// LegalName says whether name can be a node's name on the wire: 1 to 255 bytes.
// A leading zero byte is what ZeroMQ gives to anonymous peers, hence not legal.
func LegalName(name string) bool {
	return len(name) > 0 && len(name) <= nameBytesMax && name[0] != 0
}

// withDefaults returns c with defaults in place of zeroes, or what is wrong with it.
func (c Config) withDefaults() (Config, error) {
	if !LegalName(c.Name) {
		return c, fmt.Errorf("core: name %q: want 1 to %d bytes, the first not zero", c.Name, nameBytesMax)
	}
	if len(c.Network) > networkBytesMax {
		return c, fmt.Errorf("core: network name of %d bytes: want at most %d", len(c.Network), networkBytesMax)
	}
	defaults := DefaultTiming()
	byDefault := defaults.durations()
	for i, d := range c.Timing.durations() {
		if *d.value == 0 {
			*d.value = *byDefault[i].value
		}
		if *d.value < 0 || *d.value > durationMax {
			return c, fmt.Errorf("core: Timing.%s is %v: want more than 0 and at most %v", d.name, *d.value, durationMax)
		}
	}
	limits := DefaultLimits()
	limitDefaults := limits.fields()
	for i, l := range c.Limits.fields() {
		if *l.value == 0 {
			*l.value = *limitDefaults[i].value
		}
		if *l.value < 0 {
			return c, fmt.Errorf("core: Limits.%s is %d: want more than 0", l.name, *l.value)
		}
	}
	return c, c.Timing.checkCounts(&defaults)
}

// durationMax keeps every sum of an instant and a backed-off duration in range.
const durationMax = 10 * 365 * 24 * time.Hour / (1 << backoffLimit)

// backoffLimit is the largest BackoffMax that Config accepts.
const backoffLimit = 16

// checkCounts fills the counts of t in, and checks them and what durations have to
// do with one another.
func (t *Timing) checkCounts(defaults *Timing) error {
	if t.JoinsMax == 0 {
		t.JoinsMax = defaults.JoinsMax
	}
	if t.BackoffMax == 0 {
		t.BackoffMax = defaults.BackoffMax
	}
	if t.JoinsMax < 1 || t.JoinsMax > 1<<16 {
		return fmt.Errorf("core: Timing.JoinsMax is %d: want 1 to %d", t.JoinsMax, 1<<16)
	}
	if t.BackoffMax < 1 || t.BackoffMax > backoffLimit {
		return fmt.Errorf("core: Timing.BackoffMax is %d: want 1 to %d", t.BackoffMax, backoffLimit)
	}
	if t.RedialMax < t.RedialMin {
		return errors.New("core: Timing.RedialMax is less than Timing.RedialMin")
	}
	return nil
}

// namedDuration is a field of a Timing.
type namedDuration struct {
	name  string         // as in Timing
	value *time.Duration // where it is
}

// durations lists every duration of t, for defaults, checks and scaling.
func (t *Timing) durations() []namedDuration {
	return []namedDuration{
		{"FirstStart", &t.FirstStart}, {"FirstJoin", &t.FirstJoin}, {"Join", &t.Join},
		{"Live", &t.Live}, {"Retry", &t.Retry}, {"Serve", &t.Serve}, {"BasePart", &t.BasePart},
		{"RandPart", &t.RandPart}, {"Answer", &t.Answer}, {"Resume", &t.Resume},
		{"LimboTick", &t.LimboTick}, {"RedialMin", &t.RedialMin}, {"RedialMax", &t.RedialMax},
	}
}

// namedInt is a field of a Limits.
type namedInt struct {
	name  string // as in Limits
	value *int   // where it is
}

// fields lists every bound of l, for defaults and checks.
func (l *Limits) fields() []namedInt {
	return []namedInt{
		{"PeersMax", &l.PeersMax}, {"CallsMax", &l.CallsMax}, {"ServingMax", &l.ServingMax},
		{"ServingPeerMax", &l.ServingPeerMax}, {"BodyBytesMax", &l.BodyBytesMax},
		{"MethodBytesMax", &l.MethodBytesMax}, {"HeadBytesMax", &l.HeadBytesMax}, {"TickBytesMax", &l.TickBytesMax},
		{"TimersStepMax", &l.TimersStepMax},
	}
}
