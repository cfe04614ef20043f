package sim

import (
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// What happens to single nodes.

// Crash ends a node's process: its memory is gone, and TCP tells the others.
type Crash struct{ Node string }

func (f Crash) String() string { return "crash " + text.FormatName(f.Node) }

// Do crashes.
func (f Crash) Do(w *World) { w.crash(w.Node(f.Node), true) }

// Vanish ends a node's whole machine: nothing tells the others, but the silence.
type Vanish struct{ Node string }

func (f Vanish) String() string { return "vanish " + text.FormatName(f.Node) }

// Do makes it vanish.
func (f Vanish) Do(w *World) { w.crash(w.Node(f.Node), false) }

func (w *World) crash(n *Node, told bool) {
	if n == nil || n.down || n.stopped {
		return
	}
	w.mark(markCrash)
	conns := append([]int32(nil), n.conns...)
	n.down, n.paused, n.deferred = true, false, nil
	for _, ci := range conns {
		end := dialEnd
		if w.conns[ci].nodes[dialEnd] != n.index || !w.conns[ci].open[dialEnd] {
			end = acceptEnd
		}
		w.closeEnd(ci, end)
		c := &w.conns[ci]
		w.drain(c.waiting)
		c.waiting = list{}
		if told {
			w.sendEnd(ci, end)
		} else {
			c.vanished = max(w.now, 1)
			n.ghosts = append(n.ghosts, ci)
			if w.opts.Heartbeat > 0 {
				w.queue.Push(w.now+w.opts.Heartbeat, itemExpire, ci)
			}
		}
	}
	for _, c := range w.opts.Checkers {
		if l, ok := c.(Lives); ok {
			l.Ended(w, n)
		}
	}
}

// Restart begins a new life of a node that is down; one that is up crashes
// first. Forget says that it does not know what its user once connected; Same
// that it claims the incarnation of its last life.
type Restart struct {
	Node         string
	Forget, Same bool
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
	if n == nil || n.stopped {
		return
	}
	if !n.down {
		w.crash(n, true)
	}
	w.mark(markRestart)
	incarnation := n.incarnation
	n.life++
	if !f.Same {
		incarnation = dice.Decide(w.opts.Seed, aboutIncarnation, n.key, uint64(n.life))
	}
	n.down = false
	if err := w.startAs(n, incarnation); err != nil {
		panic(err) // it was accepted once, and nothing but numbers changed
	}
	n.started = w.now
	for _, ci := range n.ghosts { // the new machine's TCP knows nothing of them
		end := dialEnd
		if w.conns[ci].nodes[dialEnd] != n.index {
			end = acceptEnd
		}
		w.sendEnd(ci, end)
	}
	n.ghosts = n.ghosts[:0]
	if f.Forget {
		n.wanted = nil
	}
	for _, x := range append([]wanted(nil), n.wanted...) {
		w.feed(n, &core.Event{Kind: core.EvConnect, Peer: x.peer, Address: x.address})
	}
}

// Pause stops a node's process without ending it, as SIGSTOP does.
type Pause struct {
	Node string
	For  time.Duration
}

func (f Pause) String() string { return text.Words("pause", text.FormatName(f.Node), lasting(f.For)) }

// Do pauses.
func (f Pause) Do(w *World) {
	n := w.Node(f.Node)
	if n == nil || !n.Up() || n.paused {
		return
	}
	w.mark(markPause)
	n.paused, n.pausedSince = true, w.now
	w.expectSilence(n)
	life := n.life
	w.later(f.For, f.String(), func(w *World) {
		if n.life == life {
			w.resume(n)
		}
	})
}

// Resume lets a paused node go on.
type Resume struct{ Node string }

func (f Resume) String() string { return "resume " + text.FormatName(f.Node) }

// Do resumes.
func (f Resume) Do(w *World) {
	if n := w.Node(f.Node); n != nil {
		w.resume(n)
	}
}

func (w *World) resume(n *Node) {
	if !n.paused {
		return
	}
	n.paused = false
	deferred := n.deferred
	n.deferred = nil
	for _, it := range deferred {
		w.queue.Push(w.now, it.Kind, it.Ref)
	}
	w.rearm(n)
}

// Clock changes a node's clock: its rate in parts per million, a step (back is
// a freeze of that length), or a freeze.
type Clock struct {
	Node   string
	Drift  int64
	Step   time.Duration
	Freeze bool
	For    time.Duration // of a freeze; 0 lasts until a Heal
}

func (f Clock) String() string {
	switch {
	case f.Freeze:
		return text.Words("clock", text.FormatName(f.Node), "freeze", lasting(f.For))
	case f.Step != 0:
		sign := "+"
		if f.Step < 0 {
			sign = "-"
		}
		return text.Words("clock", text.FormatName(f.Node), "step", sign+text.FormatDuration(max(f.Step, -f.Step)))
	}
	return text.Words("clock", text.FormatName(f.Node), "drift", strconv.FormatInt(f.Drift, 10), "ppm")
}

// Do changes the clock.
func (f Clock) Do(w *World) {
	n := w.Node(f.Node)
	if n == nil {
		return
	}
	w.mark(markClock)
	n.clock.set(w.now)
	switch {
	case f.Freeze:
		w.freeze(n, f.For)
	case f.Step < 0:
		w.freeze(n, -f.Step)
	case f.Step > 0:
		n.clock.local = n.clock.local.Add(f.Step)
	default:
		n.clock.ppm = f.Drift
	}
	w.rearm(n)
}

func (w *World) freeze(n *Node, d time.Duration) {
	n.clock.frozen = true
	w.later(d, "freeze", w.thawer(n))
}

func (w *World) thawer(n *Node) func(w *World) { return func(w *World) { w.thaw(n) } }

// thaw lets a clock go on from where it stood.
func (w *World) thaw(n *Node) {
	n.clock.set(w.now)
	n.clock.frozen = false
	w.rearm(n)
}

// Slow makes a node's handlers take at least By.
type Slow struct {
	Node string
	By   time.Duration
	For  time.Duration
}

func (f Slow) String() string {
	return text.Words("slow", text.FormatName(f.Node), "by", text.FormatDuration(f.By), lasting(f.For))
}

// Do slows.
func (f Slow) Do(w *World) {
	n := w.Node(f.Node)
	if n == nil {
		return
	}
	n.slow = f.By
	w.later(f.For, f.String(), func(*World) { n.slow = 0 })
}

// Deaf makes a node refuse connections, as one that does not listen yet.
type Deaf struct {
	Node string
	For  time.Duration
}

func (f Deaf) String() string { return text.Words("deaf", text.FormatName(f.Node), lasting(f.For)) }

// Do makes it deaf.
func (f Deaf) Do(w *World) {
	n := w.Node(f.Node)
	if n == nil {
		return
	}
	n.deaf = true
	w.later(f.For, f.String(), func(*World) { n.deaf = false })
}
