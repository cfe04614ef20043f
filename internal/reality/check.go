package reality

import (
	"fmt"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// A Refusal says why a scenario can't be run by real processes.
type Refusal struct {
	Line int    // that says so; 0 if it is the line of a setting
	Word string // that setting
	Why  string // what can't be done
}

func (r *Refusal) Error() string { return r.Why }

// Check returns why a scenario can't be run over a transport, or nil. The scenario's own
// word comes last, so that it is heard of what this package doesn't know.
func Check(s *sim.Scenario, transport string, curve bool) *Refusal {
	if r := checkSettings(s); r != nil {
		return r
	}
	dials := map[way]bool{}
	for f := range s.Faults() {
		if x, ok := f.(sim.Connect); ok {
			dials[way{x.From, addressOf(x)}] = true
		}
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		why := checkFault(s, l.Fault)
		if l.Rule != nil {
			if rule := *l.Rule; slices.ContainsFunc(s.Lines[:i], func(x sim.Line) bool { return x.Rule != nil && overlap(x.Rule, &rule) }) {
				return &Refusal{Line: l.Number, Why: "a line before is about the same message: one thing can be done to it, not two"}
			}
			if why = checkRule(s, l.Rule, dials, curve || s.Keys); why == "" {
				why = checkFault(s, l.Rule.Then)
			}
		}
		if why != "" {
			return &Refusal{Line: l.Number, Why: why}
		}
	}
	if s.NotReal != "" && (s.NotRealOn == "" || s.NotRealOn == transport) {
		return &Refusal{Word: "real", Why: s.NotReal}
	}
	return nil
}

// way is a dialler, and the node that the dial leads to.
type way struct{ from, to string }

func (w way) back() way { return way{w.to, w.from} }

// addressOf returns the name of the node that a dial leads to.
func addressOf(c sim.Connect) string {
	if c.Address != "" {
		return c.Address
	}
	return c.To
}

func checkSettings(s *sim.Scenario) *Refusal {
	switch {
	case s.FirstCall != 0:
		return &Refusal{Word: "firstcall", Why: "a node can't be told the ids of its calls"}
	case s.Rates != sim.Rates{}:
		return &Refusal{Word: "rate", Why: "what befalls frames at random befalls others here than in the world"}
	}
	for i := range s.Peers {
		if s.Peers[i].Blind {
			return &Refusal{Word: "blind", Why: "every transport reports links: a blind node is the world's own"}
		}
	}
	return nil
}

// checkFault says why a fault can't be had for real; "" if it can, or if there is none.
func checkFault(s *sim.Scenario, f sim.Fault) string {
	switch x := f.(type) {
	case sim.Clock:
		return "the clock of a process can't be set: it is the machine's"
	case sim.Full:
		return "a send queue can't be filled from outside"
	case sim.Inject:
		return "a node can't be made to lie: what it sends is its own"
	case sim.Forge:
		return "nobody is there to forge frames"
	case sim.Restart:
		if x.Same {
			return "a node can't be told its incarnation"
		}
	case sim.Clog:
		if x.For == 0 || ends(s, x.For) {
			return tooLong
		}
	case sim.Pause:
		if !canPause {
			return "processes can't be paused on this system"
		}
	}
	return ""
}

// tooLong is why frames can't be held back for as long as one likes.
const tooLong = "heartbeats wait behind what is held back: for two thirds of their time or longer, and the connection ends"

// ends says whether a connection in which nothing arrives for that long may end.
func ends(s *sim.Scenario, d time.Duration) bool {
	beat := heartbeatOf(s)
	return beat > 0 && 3*d >= 2*beat
}

// overlap says whether two rules are about one message.
func overlap(a, b *sim.FrameRule) bool {
	within := func(a, b *sim.FrameRule) bool { return b.First >= a.First && (a.Last == 0 || b.First <= a.Last) }
	return a.Command == b.Command && a.From == b.From && a.To == b.To && (within(a, b) || within(b, a))
}

// checkRule says why what a rule does to messages can't be done.
func checkRule(s *sim.Scenario, r *sim.FrameRule, dials map[way]bool, curve bool) string {
	forth := dials[way{r.From, r.To}]
	back := dials[way{r.To, r.From}]
	fate := r.Fate
	fate.Break = false
	kinds := 0
	for _, is := range []bool{fate.Drop, fate.Copies > 0, fate.Delay > 0} {
		if is {
			kinds++
		}
	}
	switch {
	case curve:
		return "single messages can't be told apart where they are encrypted"
	case r.Fate.Refuse:
		return "a send can't be refused from outside"
	case r.Fate.Corrupt:
		return "what is altered on the way ends a connection of TCP, or passes for another message"
	case kinds > 1, r.Fate.Break && kinds > 0 && !fate.Drop, fate.Copies > 1:
		return "one thing can be done to a message, not two"
	case r.Fate.Delay > 0 && !r.Fate.Reorder && ends(s, r.Fate.Delay):
		return tooLong
	case forth && back:
		return "where both ends dial, messages of two connections would have to be counted together"
	case !forth && !back:
		return fmt.Sprintf("nobody has %s and %s connect", r.From, r.To)
	case r.Command == core.Unknown:
		return "a message of no command has no name to be known by"
	}
	return ""
}
