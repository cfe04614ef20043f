package sim_test

import (
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// seedsMost bounds the search for a slip, in each model of a link.
const seedsMost = 2000

// TestSlipsAreFound shows that the properties bite: each slip is a mistake as it is
// made when the core is changed, put around it by a double. The property that is named
// finds it, by itself, in a scenario that the healthy core passes.
func TestSlipsAreFound(t *testing.T) {
	for _, x := range slips {
		t.Run(x.property+" "+x.name, func(t *testing.T) {
			t.Parallel()
			only := func() []sim.Checker { return checkersOf(x.property) }
			for seed := range uint64(seedsMost) {
				for _, model := range [...]sim.Model{sim.Physical, sim.Adversarial} {
					s := sim.Swarm(seed, sim.SwarmOptions{Model: model})
					s.Double = x.double
					v := s.Run(sim.RunOptions{Checkers: only, NoDigest: true}).Violation
					if v == nil || v.Property.ID != x.property {
						continue
					}
					s.Double = nil
					if healthy := s.Run(sim.RunOptions{Checkers: only, NoDigest: true}).Violation; healthy != nil {
						t.Fatalf("seed %d, %v: the healthy core violates %v", seed, model, healthy)
					}
					t.Logf("seed %d, %v: %v", seed, model, v)
					return
				}
			}
			t.Errorf("%s does not find it in %d seeds of each model", x.property, seedsMost)
		})
	}
}

// checkersOf returns the checkers of one property.
func checkersOf(id string) []sim.Checker {
	var only []sim.Checker
	for _, c := range sim.Checkers() {
		if c.Property().ID == id {
			only = append(only, c)
		}
	}
	return only
}

// slip is a mistake in a node.
type slip struct {
	property, name string
	double         sim.Double
}

// edited is a machine whose events and actions are edited on their way.
type edited struct {
	*core.Machine
	event  func(m *core.Machine, ev *core.Event)
	action func(m *core.Machine, ev *core.Event, a *core.Action) (keep bool)
	// more appends to what a step did.
	more func(m *core.Machine, ev *core.Event, dst []core.Action) []core.Action
}

func (e *edited) Step(dst []core.Action, ev *core.Event) []core.Action {
	in := *ev
	if e.event != nil {
		e.event(e.Machine, &in)
	}
	from := len(dst)
	dst = e.Machine.Step(dst, &in)
	if e.action != nil {
		kept := dst[:from]
		for _, a := range dst[from:] {
			if e.action(e.Machine, ev, &a) {
				kept = append(kept, a)
			}
		}
		dst = kept
	}
	if e.more != nil {
		dst = e.more(e.Machine, ev, dst)
	}
	return dst
}

// onEvent edits what goes in.
func onEvent(f func(m *core.Machine, ev *core.Event)) sim.Double {
	return func(m *core.Machine) sim.Machine { return &edited{Machine: m, event: f} }
}

// onAction edits what comes out, and says whether it is kept.
func onAction(f func(m *core.Machine, ev *core.Event, a *core.Action) bool) sim.Double {
	return func(m *core.Machine) sim.Machine { return &edited{Machine: m, action: f} }
}

// onSend edits frames of a command.
func onSend(c core.Command, f func(m *core.Machine, ev *core.Event, a *core.Action) bool) sim.Double {
	return onAction(func(m *core.Machine, ev *core.Event, a *core.Action) bool {
		return a.Kind != core.ActSend || a.Command != c || f(m, ev, a)
	})
}

// after appends to what a step did.
func after(f func(m *core.Machine, ev *core.Event, dst []core.Action) []core.Action) sim.Double {
	return func(m *core.Machine) sim.Machine { return &edited{Machine: m, more: f} }
}

// told tells one outcome instead of another.
func told(is, as core.Outcome) sim.Double {
	return onAction(func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		if a.Kind == core.ActResult && a.Outcome == is {
			a.Outcome = as
		}
		return true
	})
}

// parted gives one reason in PART instead of another.
func parted(is byte, as ...byte) sim.Double {
	return onSend(core.PART, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		if a.Body[1] == is {
			a.Body = as
		}
		return true
	})
}

// givesUp ends a dial in a state by itself, where it has just sent a command at an event.
func givesUp(state core.State, at core.EventKind, c core.Command) sim.Double {
	return after(func(m *core.Machine, ev *core.Event, dst []core.Action) []core.Action {
		for _, a := range dst {
			if ev.Kind != at || a.Kind != core.ActSend || a.Command != c || a.Link.Half != core.Dialling {
				continue
			}
			if st, _ := m.Status(a.Peer); st.Dialling == state {
				dst = append(dst, core.Action{Kind: core.ActHangUp, Peer: a.Peer, Link: a.Link})
				return m.Step(dst, &core.Event{Kind: core.EvLinkLost, At: ev.At, Peer: a.Peer, Link: a.Link, Cause: core.CauseLost})
			}
		}
		return dst
	})
}

// slow is a machine whose clock runs at half the speed.
type slow struct{ *core.Machine }

func (s slow) Step(dst []core.Action, ev *core.Event) []core.Action {
	half := *ev
	half.At /= 2
	return s.Machine.Step(dst, &half)
}

func (s slow) Deadline() core.Instant {
	d := s.Machine.Deadline()
	return d.Add(core.Instant.Sub(d, 0))
}
