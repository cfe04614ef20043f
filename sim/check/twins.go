package check

import (
	"bytes"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// twins is P1: beside every machine a second one is fed the same events, with
// destination slices of other contents and capacities. Dependence on a clock, an
// address, map order or others' memory shows as a difference.
type twins struct {
	tally
	machines []Stepper     // by index of the node; nil until its first step
	lives    []uint32      // of the node, that its machine here belongs to
	dirty    []core.Action // destination slices are cut from it, and it is never cleaned
}

func newTwins() *twins { return &twins{dirty: make([]core.Action, 8)} }

func (*twins) Property() report.Property { return PropDeterministic }

func (t *twins) Step(w World, s *Step) string {
	n := s.Node
	if n.Machine == nil {
		return ""
	}
	for len(t.machines) <= n.Index {
		t.machines = append(t.machines, nil)
		t.lives = append(t.lives, 0)
	}
	if t.machines[n.Index] == nil || t.lives[n.Index] != n.Life {
		m, err := w.Twin(n)
		if err != nil {
			return "a second machine of the same configuration: " + err.Error()
		}
		t.machines[n.Index], t.lives[n.Index] = m, n.Life
	}
	t.judge()
	// The machine appends: what is there before, and how much room there is behind
	// it, must not matter.
	prefix := int(s.N % 3)
	dst := t.dirty[:prefix]
	if s.N%16 == 0 { // no room: it has to be grown
		dst = t.dirty[:prefix:prefix]
	}
	acts := t.machines[n.Index].Step(dst, s.Fed)[prefix:]
	if i, same := sameActions(s.Actions, acts); !same {
		return fmt.Sprintf("%s and its twin differ at action %d of %d and %d for the same event", n.Name, i+1, len(s.Actions), len(acts))
	}
	return ""
}

// sameActions compares two lists of actions. If they differ it returns the first
// place where they do.
func sameActions(a, b []core.Action) (int, bool) {
	if len(a) != len(b) {
		return min(len(a), len(b)), false
	}
	for i := range a {
		if !sameAction(&a[i], &b[i]) {
			return i, false
		}
	}
	return 0, true
}

// sameAction compares everything that an action says.
func sameAction(a, b *core.Action) bool {
	return a.Kind == b.Kind && a.Command == b.Command && a.Outcome == b.Outcome && a.Cause == b.Cause &&
		a.Drop == b.Drop && a.Refusal == b.Refusal && a.ID == b.ID && a.Peer == b.Peer && a.Link == b.Link &&
		a.Address == b.Address && a.Call == b.Call && a.Ticket == b.Ticket && bytes.Equal(a.Method, b.Method) &&
		bytes.Equal(a.Err, b.Err) && bytes.Equal(a.Body, b.Body) && bytes.Equal(a.Head, b.Head) && a.Left == b.Left
}
