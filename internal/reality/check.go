package reality

import (
	"fmt"

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

// Check returns why a scenario can't be run, or nil. The scenario's own word comes last, so
// that it is heard of what this package doesn't know.
func Check(s *sim.Scenario, curve bool) *Refusal {
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
			if why = checkRule(l.Rule, dials, curve || s.Keys); why == "" {
				why = checkFault(s, l.Rule.Then)
			}
		}
		if why != "" {
			return &Refusal{Line: l.Number, Why: why}
		}
	}
	if s.NotReal != "" {
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
		beat := heartbeatOf(s)
		if beat > 0 && (x.For == 0 || 3*x.For >= 2*beat) {
			return "heartbeats do not get through what holds back frames: it can last less than two thirds of their time only"
		}
	case sim.Pause:
		if !canPause {
			return "processes can't be paused on this system"
		}
	}
	return ""
}

// checkRule says why what a rule does to messages can't be done.
func checkRule(r *sim.FrameRule, dials map[way]bool, curve bool) string {
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
	case kinds > 1, r.Fate.Break && kinds > 0, fate.Copies > 1:
		return "one thing can be done to a message, not two"
	case forth && back:
		return "where both ends dial, messages of two connections would have to be counted together"
	case !forth && !back:
		return fmt.Sprintf("nobody has %s and %s connect", r.From, r.To)
	case r.Command == core.Unknown:
		return "a message of no command has no name to be known by"
	}
	return ""
}
