package explore

import (
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// A move is one thing that may happen next.
type move struct {
	at    time.Duration // when
	due   *sim.Due      // what is due; nil for the others
	fault sim.Fault     // what else happens
	costs cost          // what it uses up
	free  int           // the line of plan.free that it is, from 1; 0 for others
	back  string        // the node that it lets come back
}

// cost is what a move is paid with.
type cost uint8

const (
	costNothing cost = iota
	costFault
	costCall
)

// moves lists what may happen next, what is due first: in a run that always takes the first
// no fault happens.
func (r *run) moves() []move {
	r.list = r.list[:0]
	r.due = r.w.AppendDue(r.due[:0])
	if r.w.Broken() {
		return nil
	}
	now := r.w.Now()
	next := r.plan.until + 1
	if len(r.due) > 0 {
		next = r.due[0].At
	}
	latest := r.latest() // by when somebody acts
	if next <= min(r.plan.until, latest) {
		r.dueNow(now, next)
	}
	r.between(now)
	if then := min(next, latest); then > now && then <= r.plan.until {
		for i := range r.plan.free { // the beginnings of ranges, in silence
			if l := &r.plan.free[i]; l.At > now && l.At < then && r.done&(1<<i) == 0 {
				r.list = append(r.list, move{at: l.At, fault: l.Fault, free: i + 1})
			}
		}
		r.between(then)
	}
	return r.list
}

// dueNow lists what is due.
func (r *run) dueNow(now, next time.Duration) {
	due := r.due
	if !r.allOrders && len(due) > 1 && !r.open(next) {
		if few := firstNode(due); len(few) < len(due) {
			r.pruned += uint64(len(due) - len(few))
			due = few
		}
	}
	for i := range due {
		r.list = append(r.list, move{at: next, due: &due[i]})
	}
}

// firstNode returns what is due at the first of the nodes at which something is, in the
// place of all, if each of them concerns one node only. What happens at a node at a moment
// neither lets nor keeps another one from doing what it does at that moment: a frame is
// under way for longer than that. So each run has one with the same steps of each node in
// which the first node's come first.
func firstNode(due []sim.Due) []sim.Due {
	first := due[0].Node
	for i := range due {
		if due[i].Node < 0 {
			return due
		}
		first = min(first, due[i].Node)
	}
	few := due[:0:0]
	for i := range due {
		if due[i].Node == first {
			few = append(few, due[i])
		}
	}
	return few
}

// open says whether something that concerns several nodes may come between two things that
// are due at a moment.
func (r *run) open(at time.Duration) bool {
	if r.faults > 0 && len(r.plan.others) > 0 || r.calls > 0 || len(r.crashed) > 0 {
		return true
	}
	for i := range r.plan.free {
		if l := &r.plan.free[i]; r.done&(1<<i) == 0 && l.At <= at {
			return true
		}
	}
	return false
}

// latest returns by when some user who may act at a free time has to.
func (r *run) latest() time.Duration {
	latest := r.plan.until + 1
	for i := range r.plan.free {
		if r.done&(1<<i) == 0 {
			latest = min(latest, r.plan.free[i].Until)
		}
	}
	return latest
}

// between lists what may happen at a time, beside what is due.
func (r *run) between(at time.Duration) {
	for i := range r.plan.free {
		if l := &r.plan.free[i]; r.done&(1<<i) == 0 && l.At <= at && at <= l.Until {
			r.list = append(r.list, move{at: at, fault: l.Fault, free: i + 1})
		}
	}
	if at > r.plan.until {
		return
	}
	nodes := r.nodes
	if r.calls > 0 {
		for _, n := range nodes {
			if n.Up() && !n.Paused() {
				r.list = append(r.list, move{at: at, fault: r.call(n), costs: costCall})
			}
		}
	}
	for _, name := range r.crashed {
		r.list = append(r.list, move{at: at, fault: sim.Restart{Node: name}, back: name})
	}
	if r.faults > 0 {
		for _, k := range r.plan.others {
			r.faultsOf(k, at)
		}
	}
}

// call is the next call of those that the bounds allow.
func (r *run) call(n *sim.Node) sim.Fault {
	name := "free" + strconv.Itoa(r.plan.calls-r.calls+1)
	return sim.Calling{Node: n.Name, Request: sim.Request{Name: name, Method: echo.Ping, Timeout: r.plan.timeout}}
}

// faultsOf lists the faults of a kind that may befall nodes and ways.
func (r *run) faultsOf(k sim.FaultKind, at time.Duration) {
	add := func(f sim.Fault) { r.list = append(r.list, move{at: at, fault: f, costs: costFault}) }
	for i, n := range r.nodes {
		switch {
		case k.Word == "crash" && n.Up():
			add(sim.Crash{Node: n.Name})
		case k.Word == "restart" && n.Up():
			add(sim.Restart{Node: n.Name})
		case k.Word == "pause" && n.Up() && !n.Paused():
			add(sim.Pause{Node: n.Name, For: k.For})
		case k.Word == "break":
			for _, other := range r.nodes[:i] {
				if r.w.Connected(n, other) {
					add(sim.Break{A: other.Name, B: n.Name})
				}
			}
		case k.Word == "cut":
			for _, other := range r.nodes {
				if other != n && !r.w.Blocked(n, other) {
					add(sim.Cut{From: n.Name, To: other.Name, For: k.For})
				}
			}
		}
	}
}
