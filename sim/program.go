package sim

import (
	"bytes"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// A Program runs on a node of ours, in the place of the methods of package echo: it
// serves the node's requests, and uses the node by [World.Feed]. What it does is not the
// world's to repeat: the same program has to do the same when it is told the same.
//
// Its methods are called in the middle of what the world does, and must not feed it, but
// for Serve, which may.
type Program interface {
	// Begins tells of a new life of the node, before the node takes a step in it.
	Begins()
	// Did tells of an action of the node's machine that is not about the world's own
	// calls and requests. Its bytes are valid during the call.
	Did(a *core.Action)
	// Serve hands over a request: an ActServe, whose bytes are the program's from now on.
	// It is answered by an EvReply. If nobody waits for that any more, an ActCancel of the
	// ticket follows.
	Serve(a *core.Action)
	// Ended tells of the end of the node's life by a crash.
	Ended()
}

// ProgramCalls is the least number that a program may give a call of its own. Numbers
// are not used again in a world.
const ProgramCalls core.CallID = 1 << 32

// guests is what makes a world one for programs.
type guests struct {
	drive func(until time.Duration) // lets time pass, in place of RunUntil; nil if nobody does
	rest  func()                    // is called when the world has come to rest; may be nil
}

// look has what was asked for by AtRest done. It reports whether nothing was found.
func (g *guests) look(w *World) bool {
	if g.rest != nil {
		g.rest()
	}
	return !w.Broken()
}

// Run has a program run on a node of ours, from now on. The first life begins at once.
func (w *World) Run(n *Node, p Program) {
	n.program = p
	p.Begins()
}

// DriveBy has f let time pass until a time, in the place of RunUntil: it calls Next for
// what is due (NextAt) until then, and Pass when time has passed.
func (w *World) DriveBy(f func(until time.Duration)) { w.guests.drive = f }

// AtRest has f called by Settle when faults have stopped and everything has come right,
// before nodes are stopped.
func (w *World) AtRest(f func()) { w.guests.rest = f }

// NextAt returns when the next thing happens, if there is one.
func (w *World) NextAt() (at time.Duration, ok bool) {
	if w.time.queue.Len() == 0 {
		return 0, false
	}
	return w.time.queue.First().At, true
}

// Pass has it be t, or stay as late as it is. What is due is not yet done: it happens
// late, when Next is called.
func (w *World) Pass(t time.Duration) { w.time.now = max(w.time.now, t) }

// Broken says whether a property has been broken, which ends a run.
func (w *World) Broken() bool { return w.checks.violation != nil }

// Fail ends the run with a violation of a property of one's own.
func (w *World) Fail(p Property, what string) { w.checks.stop(p, what) }

// Note adds a line to the trace and the digest, about what is not a step of a machine.
func (w *World) Note(line string) { w.journal.note(w.time.now, line) }

// Paused says whether the node's process is stopped without having ended.
func (n *Node) Paused() bool { return n.paused() }

// Feed has the program of a node use it, now. A node that is down or paused takes no step.
// A connect is forgotten with the life; its address is the name of the node that it leads to.
func (w *World) Feed(n *Node, ev *core.Event) {
	if !n.Up() || n.paused() {
		return
	}
	switch ev.Kind {
	case core.EvConnect:
		if n.wish(ev.Peer) == nil {
			n.want(ev.Peer, ev.Address)
			n.wish(ev.Peer).own = true
		}
		if at := w.Node(ev.Address); at != nil && at.Called != ev.Peer && !w.opts.Keys {
			w.lies.strays = append(w.lies.strays, stray{n, ev.Peer, at})
		}
	case core.EvDisconnect:
		n.unwant(ev.Peer)
	}
	w.feed(n, ev)
}

// isEcho says whether a request is one of the world's own calls, which the methods of
// package echo serve on every node.
func isEcho(a *core.Action) bool {
	method := string(a.Method)
	_, _, ok := echo.ParseArgs(a.Body)
	return ok && (method == echo.Ping || method == echo.Fail)
}

// copyOf returns a copy of an action with memory of its own.
func copyOf(a *core.Action) *core.Action {
	c := *a
	c.Method, c.Body = bytes.Clone(a.Method), bytes.Clone(a.Body)
	c.Err, c.Head = bytes.Clone(a.Err), bytes.Clone(a.Head)
	return &c
}

// tell says whether the program of a node is told of an action now. Requests are handed
// over apart, and so is the end of one that has yet to be.
func (ss *services) tell(n *Node, a *core.Action) bool {
	switch a.Kind {
	case core.ActServe:
		return false
	case core.ActCancel:
		for i := range ss.list {
			s := &ss.list[i]
			if s.request != nil && s.node == n && s.life == n.Life && s.ticket == a.Ticket {
				s.cancel = copyOf(a)
				return false
			}
		}
	case core.ActResult, core.ActDone:
		return a.Call >= ProgramCalls
	case core.ActRefuse:
		return a.Call == 0 || a.Call >= ProgramCalls
	}
	return true
}

// serve hands a request over to the program of its node, unless the life is over. It
// reports false for a request that a program does not serve.
func (ss *services) serve(i int32) bool {
	s := &ss.list[i]
	n, request, cancel := s.node, s.request, s.cancel
	if request == nil {
		return false
	}
	over := n.Life != s.life || !n.Up()
	s.request, s.cancel = nil, nil
	ss.put(i)
	if over {
		return true
	}
	n.program.Serve(request)
	if cancel != nil {
		n.program.Did(cancel)
	}
	return true
}
