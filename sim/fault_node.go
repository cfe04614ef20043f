package sim

import (
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// Faults of single nodes. As with the network, For zero lasts until a Heal, and one
// that ends takes back itself only: while another of its kind is in force, that holds,
// and of several slow ones the slowest.
//
// A computer outlives its processes: its clock, and what makes it slow or deaf, go on
// through a crash, a stop and a restart. A pause ends with the process.

// Crash ends a node's process: its memory is gone, and TCP tells the others.
type Crash struct{ Node string }

func (f Crash) String() string { return "crash " + text.FormatName(f.Node) }

// Do crashes.
func (f Crash) Do(w *World) { w.crash(w.Node(f.Node), true) }

// Vanish ends a node's whole machine, as a power cut does: nothing tells the
// others, but the silence. They learn of it by heartbeats or timers, or from the
// TCP of the next life, which knows nothing of the connection.
type Vanish struct{ Node string }

func (f Vanish) String() string { return "vanish " + text.FormatName(f.Node) }

// Do makes it vanish.
func (f Vanish) Do(w *World) { w.crash(w.Node(f.Node), false) }

// Restart begins a new life of a node that is down or was stopped; one that is up, or
// has yet to finish its stop, crashes first.
type Restart struct {
	Node   string // its name
	Forget bool   // it does not know what its user once connected
	Same   bool   // it claims the incarnation of its last life
}

func (f Restart) String() string {
	forget, same := "", ""
	if f.Forget {
		forget = "forgetting"
	}
	if f.Same {
		same = "same"
	}
	return text.Words("restart", text.FormatName(f.Node), forget, same)
}

// Do restarts.
func (f Restart) Do(w *World) {
	n := w.Node(f.Node)
	if n == nil {
		return
	}
	w.restart(n, f.Forget, f.Same)
}

// Pause stops a node's process without ending it, as SIGSTOP does. Its clock goes
// on, frames wait for it in its buffers, and its heartbeats cease.
type Pause struct {
	Node string        // its name
	For  time.Duration // zero: until a Resume or a Heal
}

func (f Pause) String() string { return text.Words("pause", text.FormatName(f.Node), lasting(f.For)) }

func (f Pause) lasts() time.Duration { return f.For }

func (f Pause) rounded(to rounding) Fault {
	f.For = to(f.For)
	return f
}

// Do pauses.
func (f Pause) Do(w *World) {
	n := w.Node(f.Node)
	if n == nil || !n.Up() {
		return
	}
	w.marks.hit(markPause)
	w.nodes.pause(n)
	if n.pause.count == 1 {
		w.net.expectSilence(n)
	}
	life, resumed := n.Life, n.resumed
	w.plan.later(f.For, f.String(), func(w *World) {
		if n.paused() && n.Life == life && n.resumed == resumed {
			w.unpause(n)
		}
	})
}

// Resume lets a paused node go on, however often it was paused.
type Resume struct{ Node string }

func (f Resume) String() string { return "resume " + text.FormatName(f.Node) }

// Do resumes.
func (f Resume) Do(w *World) {
	if n := w.Node(f.Node); n != nil {
		w.resume(n)
	}
}

// Clock changes a node's clock: by a freeze, a step or, if neither is set, its
// rate.
type Clock struct {
	Node  string // its name
	Drift int64  // parts per million that it runs fast; slow if below zero
	// Step is how far it jumps. A machine's time never goes back: after a step back the
	// node's stands still until its clock has made up for it. Steps add up.
	Step time.Duration
	// Rewind shows a machine its time running back, with a Step that does. Drivers read a
	// clock that never does, and a machine has to do as if it stood still.
	Rewind bool
	Freeze bool          // it stands still
	For    time.Duration // of a freeze
}

func (f Clock) String() string {
	switch {
	case f.Freeze:
		return text.Words("clock", text.FormatName(f.Node), "freeze", lasting(f.For))
	case f.Rewind:
		return text.Words("clock", text.FormatName(f.Node), "rewind", text.FormatDuration(-f.Step))
	case f.Step != 0:
		sign := "+"
		if f.Step < 0 {
			sign = "-"
		}
		return text.Words("clock", text.FormatName(f.Node), "step", sign+text.FormatDuration(max(f.Step, -f.Step)))
	}
	return text.Words("clock", text.FormatName(f.Node), "drift", strconv.FormatInt(f.Drift, 10), "ppm")
}

func (f Clock) lasts() time.Duration { return f.For }

func (f Clock) rounded(to rounding) Fault {
	f.Step, f.For = to(f.Step), to(f.For)
	return f
}

// Do changes the clock.
func (f Clock) Do(w *World) {
	n := w.Node(f.Node)
	if n == nil {
		return
	}
	w.marks.hit(markClock)
	switch {
	case f.Freeze:
		w.plan.later(f.For, f.String(), func(w *World) { w.nodes.thaw(n) })
		w.nodes.freeze(n)
	case f.Step != 0:
		n.clock.bare = n.clock.bare || f.Rewind
		w.nodes.stepClock(n, f.Step)
	default:
		w.nodes.drift(n, f.Drift)
	}
}

// Slow makes the handlers that a node begins to run take at least By.
type Slow struct {
	Node string        // its name
	By   time.Duration // at least so long a handler takes
	For  time.Duration // zero: until a Heal
}

func (f Slow) String() string {
	return text.Words("slow", text.FormatName(f.Node), "by", text.FormatDuration(f.By), lasting(f.For))
}

func (f Slow) lasts() time.Duration { return f.For }

func (f Slow) rounded(to rounding) Fault {
	f.By, f.For = to(f.By), to(f.For)
	return f
}

// Do slows.
func (f Slow) Do(w *World) {
	n := w.Node(f.Node)
	if n == nil {
		return
	}
	w.nodes.slow(n, f.By)
	w.plan.later(f.For, f.String(), func(w *World) { w.nodes.quicken(n, f.By) })
}

// Deaf makes a node refuse connections, as one that does not listen yet.
type Deaf struct {
	Node string        // its name
	For  time.Duration // zero: until a Heal
}

func (f Deaf) String() string { return text.Words("deaf", text.FormatName(f.Node), lasting(f.For)) }

func (f Deaf) lasts() time.Duration { return f.For }

func (f Deaf) rounded(to rounding) Fault {
	f.For = to(f.For)
	return f
}

// Do makes it deaf.
func (f Deaf) Do(w *World) {
	n := w.Node(f.Node)
	if n == nil {
		return
	}
	w.nodes.deafen(n)
	w.plan.later(f.For, f.String(), func(w *World) { w.nodes.undeafen(n) })
}
