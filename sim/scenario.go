package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// A Scenario is a run written down: what Parse reads and Format writes.
// docs/SIMULATION.md describes the language.
type Scenario struct {
	Prose []string // the comment at the top, a string a line, without "# "
	Settings
	Peers []Peer // in the order in which they are added to the world
	// RunFor is how long the faults last; zero is worked out from the lines.
	RunFor time.Duration
	// Settle ends the faults then, and demands that everybody comes together and
	// that every call succeeds.
	Settle bool
	// NotReal is why the scenario can't be run by real processes, on sockets; empty if
	// it can, as far as its author knows.
	NotReal string
	// NotRealOn is the transport of which NotReal speaks; empty means all.
	NotRealOn string
	Lines     []Line
	// Bounds are those of a search through everything that may happen (package explore). A
	// run does not heed them.
	Bounds Bounds
	// Turns say, for each moment at which several things are due, which of them comes first:
	// its place among them (World.Due). After the last one it is as always.
	Turns []int
	// Double, if not nil, stands in for every machine of ours. It is not part of the
	// text of a scenario, but runs, shrinks and reports of this one use it.
	Double Double
}

// Settings are what a scenario says of its whole run. Zero means what it means in
// Options, where nothing else is said.
type Settings struct {
	Network   string        // of every node that has no other
	Seed      uint64        // of everything that looks random
	Model     Model         // of connections; zero means Physical
	Keys      bool          // connections are authenticated
	Latency   Delay         // of frames and handshakes, one way
	Handler   Delay         // how long handlers run
	Wake      Delay         // how late nodes wake up
	Heartbeat time.Duration // zero means 12 s, scaled
	Queue     int32         // frames that fit into the send queue of an end
	Scale     Ratio         // of every duration of the protocol; zero means 1/1
	Timing    core.Timing   // a field that is set overrides the scaled one
	Limits    core.Limits   // of every machine
	FirstCall uint32        // the id of the first call of every machine; zero: a random one each
	Rates     Rates         // of faults that befall frames
}

// A Line is one statement: a planned fault, a rule for frames, or an
// expectation; exactly one of the three is there. A comment at the end of the file
// is a Line without any.
type Line struct {
	Comment []string      // what stands above it, a string a line, without "# "
	Number  int           // in the file it was read from, from 1
	At      time.Duration // of a fault
	Until   time.Duration // a search tries each time from At to Until; zero: At is meant
	Fault   Fault         // nil if the line has none
	Rule    *FrameRule    // nil if the line has none
	Expect  *Expect       // nil if the line has none
}

// timing returns the constants of the protocol in this scenario.
func (s *Scenario) timing() core.Timing {
	t := core.DefaultTiming()
	if s.Scale.Num > 0 {
		t = t.Scaled(int64(s.Scale.Num), int64(s.Scale.Den))
	}
	for _, f := range timingFields {
		if v := *f.of(&s.Timing); v != 0 {
			*f.of(&t) = v
		}
	}
	if s.Timing.JoinsMax != 0 {
		t.JoinsMax = s.Timing.JoinsMax
	}
	if s.Timing.BackoffMax != 0 {
		t.BackoffMax = s.Timing.BackoffMax
	}
	return t
}

// heartbeat scales with the protocol where the scenario does not say.
func (s *Scenario) heartbeat() time.Duration {
	if s.Heartbeat == 0 && s.Scale.Num > 0 {
		return heartbeatDefault * time.Duration(s.Scale.Num) / time.Duration(s.Scale.Den)
	}
	return s.Heartbeat
}

// The settings that consist of a name and a value are in tables, which the parser,
// the formatter and the swarm share.

// timingField is a duration of the protocol.
type timingField struct {
	name string                            // as scenarios call it
	of   func(*core.Timing) *time.Duration // where the value is kept
}

// timingFields are the durations that a scenario can set.
var timingFields = [...]timingField{
	{"firststart", func(t *core.Timing) *time.Duration { return &t.FirstStart }},
	{"firstjoin", func(t *core.Timing) *time.Duration { return &t.FirstJoin }},
	{"join", func(t *core.Timing) *time.Duration { return &t.Join }},
	{"live", func(t *core.Timing) *time.Duration { return &t.Live }},
	{"retry", func(t *core.Timing) *time.Duration { return &t.Retry }},
	{"serve", func(t *core.Timing) *time.Duration { return &t.Serve }},
	{"basepart", func(t *core.Timing) *time.Duration { return &t.BasePart }},
	{"randpart", func(t *core.Timing) *time.Duration { return &t.RandPart }},
	{"answer", func(t *core.Timing) *time.Duration { return &t.Answer }},
	{"resume", func(t *core.Timing) *time.Duration { return &t.Resume }},
	{"limbotick", func(t *core.Timing) *time.Duration { return &t.LimboTick }},
	{"redialmin", func(t *core.Timing) *time.Duration { return &t.RedialMin }},
	{"redialmax", func(t *core.Timing) *time.Duration { return &t.RedialMax }},
}

// countField is a count: of the protocol, or a limit.
type countField struct {
	name string               // as scenarios call it
	of   func(*Scenario) *int // where the value is kept
}

// timingCounts and limitFields are the counts that a scenario can set.
var timingCounts = [...]countField{
	{"joins", func(s *Scenario) *int { return &s.Timing.JoinsMax }},
	{"backoff", func(s *Scenario) *int { return &s.Timing.BackoffMax }},
}

var limitFields = [...]countField{
	{"peers", func(s *Scenario) *int { return &s.Limits.PeersMax }},
	{"calls", func(s *Scenario) *int { return &s.Limits.CallsMax }},
	{"serving", func(s *Scenario) *int { return &s.Limits.ServingMax }},
	{"servingpeer", func(s *Scenario) *int { return &s.Limits.ServingPeerMax }},
	{"body", func(s *Scenario) *int { return &s.Limits.BodyBytesMax }},
	{"method", func(s *Scenario) *int { return &s.Limits.MethodBytesMax }},
	{"head", func(s *Scenario) *int { return &s.Limits.HeadBytesMax }},
	{"tick", func(s *Scenario) *int { return &s.Limits.TickBytesMax }},
	{"timersstep", func(s *Scenario) *int { return &s.Limits.TimersStepMax }},
}

// rateField is the probability of a fault.
type rateField struct {
	name        string              // as scenarios call it
	of          func(*Rates) *Ratio // where the value is kept
	adversarial bool                // it needs that model
}

// rateFields are the probabilities that a scenario can set.
var rateFields = [...]rateField{
	{"drop", func(r *Rates) *Ratio { return &r.Drop }, true},
	{"dup", func(r *Rates) *Ratio { return &r.Duplicate }, true},
	{"delay", func(r *Rates) *Ratio { return &r.Delay }, false},
	{"reorder", func(r *Rates) *Ratio { return &r.Reorder }, true},
	{"corrupt", func(r *Rates) *Ratio { return &r.Corrupt }, true},
	{"refuse", func(r *Rates) *Ratio { return &r.Refuse }, false},
	{"break", func(r *Rates) *Ratio { return &r.Break }, false},
}

// ExpectKind says what an expectation is about.
type ExpectKind uint8

// The kinds.
const (
	ExpectLinked   ExpectKind = iota + 1 // A and B list each other, Within of start or heal, or At
	ExpectUnlinked                       // not both of A and B list the other, At
	ExpectActive                         // A lists B, At
	ExpectInactive                       // A does not list B, At
	ExpectRow                            // call Text ended at B with Outcome
	ExpectDone                           // call Text ended Within its start
	ExpectRan                            // the handler of call Text ran N times at B
	ExpectMark                           // mark Text was hit
	ExpectDrop                           // A dropped something for the reason Text
	ExpectBackoff                        // A's backoff from B is N, At
)

// An Expect is what a scenario says has to come about. Its Kind says which of the
// other fields mean something.
type Expect struct {
	Kind    ExpectKind    // what it is about
	A, B    string        // nodes
	Text    string        // the name of a call, a mark, or a reason
	Outcome core.Outcome  // of a call at B
	N       int           // how often, or an exponent
	At      time.Duration // since the start
	Within  time.Duration // of the start of the run or the call; of the last heal with OfHeal
	OfHeal  bool          // Within counts from the last heal
}

// outcomeWords are the outcomes as scenarios call them.
var outcomeWords = [...]OutcomeWord{
	{"reply", core.Replied}, {"error", core.Failed}, {"unserved", core.Unserved}, {"refused", core.Refused},
	{"notconnected", core.NotConnected}, {"restarted", core.Restarted}, {"disconnected", core.Disconnected},
	{"silent", core.Silent}, {"canceled", core.Canceled}, {"closed", core.Closed},
}
