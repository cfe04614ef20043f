package sim

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
)

// steps has what one step of a machine needs, so that a step allocates nothing.
// No two are under way at a time.
type steps struct {
	count   uint64        // the steps of the run so far
	step    Step          // the one under way, for checkers and observers
	ev      core.Event    // a Timeout, or a send that was refused
	back    core.Event    // the one under way, where time runs back
	actions []core.Action // what came of the step
	refused []core.Event  // sends that were not performed, to be fed back
}

// feed steps a node with one event and performs what comes of it. Sends that
// are refused are fed back before anything else happens, which is the contract of a
// machine; what comes of that may be refused again.
func (w *World) feed(n *Node, ev *core.Event) {
	if n.foreign {
		return
	}
	w.step(n, ev)
	for st := &w.steps; len(st.refused) > 0 && w.checks.violation == nil; {
		st.ev = st.refused[0]
		st.refused = st.refused[:copy(st.refused, st.refused[1:])]
		w.step(n, &st.ev)
	}
	if n.Up() {
		w.nodes.arm(n)
	}
}

// step steps a node with one event, shows the step to checkers and observers, and
// performs its actions. A node that does not run takes no step.
func (w *World) step(n *Node, ev *core.Event) {
	if !n.Up() {
		return
	}
	ev.At = n.clock.at(w.time.now) // a machine knows its own clock only
	n.clock.told = ev.At
	st := &w.steps
	st.count++
	s := &st.step
	s.Begin(st.count, w.time.now, &n.Node, ev)
	w.checks.before(s)
	w.marks.before(s)
	fed := ev
	if n.clock.bare && !n.Old {
		fed = w.runsBack(n, ev)
	}
	acts, panicked := stepSafely(n.machine, st.actions[:0], fed)
	st.actions = acts
	s.Took(acts)
	if len(w.checks.all) > 0 { // where nobody checks, few ask
		s.Gather()
	}
	w.journal.step(w, s)
	// Actions of a step that panicked are not performed: the run is over.
	if panicked != "" {
		w.checks.fail(check.PropNoPanic, n.Name+" panicked: "+panicked)
		return
	}
	w.marks.step(s)
	w.checks.step(s)
	for i := range acts {
		w.perform(n, &acts[i])
	}
}

// runsBack returns the event that a node's machine is fed whose time may run back.
// Everybody else sees the same event at the time at which it stands still: that the
// machine does the same is what P1 asks of its twin.
func (w *World) runsBack(n *Node, ev *core.Event) *core.Event {
	st := &w.steps
	st.back = *ev
	if st.back.At = n.clock.reading(w.time.now); st.back.At < ev.At {
		w.marks.hit(markBack)
	}
	return &st.back
}

// stepSafely turns a panic of the machine into a violation: no bytes from
// outside may cause one.
func stepSafely(m Machine, dst []core.Action, ev *core.Event) (acts []core.Action, panicked string) {
	defer func() {
		if r := recover(); r != nil {
			panicked = fmt.Sprint(r)
		}
	}()
	return m.Step(dst, ev), ""
}

// perform performs one action. It never steps a machine: all that comes of it
// happens later, and so the actions of one step are performed in one piece. An
// original is not told what it could not send.
func (w *World) perform(n *Node, a *core.Action) {
	if n.program != nil && w.services.tell(n, a) {
		n.program.Did(a)
	}
	switch a.Kind {
	case core.ActSend:
		if cause := w.frames.send(n, a); cause != 0 && !n.Old {
			w.steps.refused = append(w.steps.refused, core.Event{
				Kind: core.EvSendRefused, Peer: a.Peer, Link: a.Link, Command: a.Command, ID: a.ID, Cause: cause,
			})
		}
	case core.ActDial:
		w.net.dial(n, a.Peer, a.Link, a.Address)
	case core.ActHangUp:
		if c, at := n.sockets.find(a); c != nil {
			w.net.hangUp(c, at)
		}
	case core.ActServe:
		w.services.begin(n, a)
	case core.ActRefuse:
		if a.Refusal == core.RefuseBusy && a.Call == 0 {
			n.turnedAway(a.Peer)
		}
		w.calls.record(a)
	case core.ActResult, core.ActDone:
		w.calls.record(a)
	case core.ActStopped:
		// It waits for nothing more: its process closes what is left.
		n.stopped = true
		w.net.closeAll(n)
	}
}

// wake feeds a node a Timeout if its machine's deadline has come. planned is when the
// queue was to wake it.
func (w *World) wake(n *Node, planned time.Duration) {
	if w.nodes.due(n, planned) {
		w.steps.ev = core.Event{Kind: core.EvTimeout}
		w.feed(n, &w.steps.ev)
	}
}

// served feeds a node the reply of a handler that has finished.
func (w *World) served(i int32) {
	if w.services.serve(i) {
		return
	}
	if n, ev := w.services.finish(i); n != nil {
		w.feed(n, ev)
	}
	w.services.put(i)
}
