package reality

import (
	"fmt"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/faultproxy"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// lasting is a fault in force.
type lasting struct {
	end   func()
	ended bool
}

// last puts a fault into force that ends after d, or with a heal if d is zero.
func (st *stage) last(d time.Duration, end func()) {
	x := &lasting{end: end}
	st.inForce = append(st.inForce, x)
	if d > 0 {
		st.at(st.now+d, func() { st.end(x) })
	}
}

func (st *stage) end(x *lasting) {
	if !x.ended {
		x.ended = true
		x.end()
	}
}

// do has a fault happen, or what a user does.
func (st *stage) do(f sim.Fault) {
	switch x := f.(type) {
	case sim.Partition:
		var ways []way
		for i, a := range x.Groups {
			for j, b := range x.Groups {
				if i != j {
					ways = append(ways, waysOf(a, b)...)
				}
			}
		}
		st.block(ways, x.For)
	case sim.Cut:
		st.block([]way{{x.From, x.To}}, x.For)
	case sim.Isolate:
		var ways []way
		for _, n := range st.nodes {
			if n.name != x.Node {
				ways = append(ways, way{x.Node, n.name}, way{n.name, x.Node})
			}
		}
		st.block(ways, x.For)
	case sim.Clog:
		faults := st.onWay(way{x.From, x.To}, (*faultproxy.Proxy).Stall)
		st.last(x.For, func() { endAll(faults) })
	case sim.Break:
		st.cut(x.A, x.B)
	case sim.Heal:
		st.heal()
	case sim.Cancel:
		if c := st.callNamed(x.Call); c != nil {
			st.byName[c.node].order(&order{Do: doCancel, Call: c.number})
		}
	case sim.Calling:
		st.call(x.Request.Name)
	case sim.Casting:
		st.call(x.Request.Name)
	default:
		st.doNode(f)
	}
}

// doNode has a fault of one node happen, or what its user does but for calls.
func (st *stage) doNode(f sim.Fault) {
	switch x := f.(type) {
	case sim.Connect:
		st.byName[x.From].connect(x)
	case sim.Disconnect:
		n := st.byName[x.From]
		n.wanted = slices.DeleteFunc(n.wanted, func(w sim.Connect) bool { return st.called(w.To) == st.called(x.To) })
		n.order(&order{Do: doDisconnect, Peer: st.names.wire[st.called(x.To)]})
	case sim.Redial:
		st.byName[x.From].order(&order{Do: doRedial, Peer: st.names.wire[st.called(x.To)]})
	case sim.Stop:
		n := st.byName[x.Node]
		n.order(&order{Do: doStop})
		n.stopped = n.up
		n.retarget()
	case sim.Crash:
		st.crash(st.byName[x.Node], true)
	case sim.Vanish:
		st.crash(st.byName[x.Node], false)
	case sim.Restart:
		st.restart(st.byName[x.Node], x.Forget)
	case sim.Pause:
		st.pause(st.byName[x.Node], x.For)
	case sim.Resume:
		st.resume(st.byName[x.Node])
	case sim.Slow:
		n := st.byName[x.Node]
		n.slow = append(n.slow, x.By)
		n.order(&order{Do: doSlow, For: n.slowBy()})
		st.last(x.For, func() {
			i := slices.Index(n.slow, x.By)
			n.slow = slices.Delete(n.slow, i, i+1)
			n.order(&order{Do: doSlow, For: n.slowBy()})
		})
	case sim.Deaf:
		n := st.byName[x.Node]
		n.deaf++
		n.retarget()
		st.last(x.For, func() {
			n.deaf--
			n.retarget()
		})
	default:
		st.fail(fmt.Errorf("%s: nothing is known of it", f))
	}
}

// waysOf are the ways from each of some nodes to each of others.
func waysOf(from, to []string) (ways []way) {
	for _, a := range from {
		for _, b := range to {
			ways = append(ways, way{a, b})
		}
	}
	return ways
}

// onWay begins a fault in what one node sends another, by whichever connection.
func (st *stage) onWay(w way, begin func(*faultproxy.Proxy, faultproxy.Direction) *faultproxy.Fault) (faults []*faultproxy.Fault) {
	if p := st.proxies[w]; p != nil {
		faults = append(faults, begin(p, faultproxy.ToListener))
	}
	if p := st.proxies[w.back()]; p != nil {
		faults = append(faults, begin(p, faultproxy.ToDialler))
	}
	return faults
}

func endAll(faults []*faultproxy.Fault) {
	for _, f := range faults {
		f.End()
	}
}

// block has nothing arrive by some ways. Its end is a heal to those who expect something
// of one.
func (st *stage) block(ways []way, d time.Duration) {
	var faults []*faultproxy.Fault
	for _, w := range ways {
		faults = append(faults, st.onWay(w, (*faultproxy.Proxy).BlackHole)...)
	}
	st.last(d, func() {
		endAll(faults)
		st.lastHeal, st.healed = st.now, true
	})
}

// cut ends every connection between two nodes.
func (st *stage) cut(a, b string) {
	for _, w := range []way{{a, b}, {b, a}} {
		if p := st.proxies[w]; p != nil {
			p.Reset()
		}
	}
}

// heal ends every fault, has paused nodes go on, and restarts those that have crashed.
func (st *stage) heal() {
	st.lastHeal, st.healed = st.now, true
	for _, x := range st.inForce {
		st.end(x)
	}
	st.inForce = nil
	for _, n := range st.nodes {
		st.resume(n)
		if !n.up && !n.stopped {
			st.restart(n, false)
		}
	}
}

// crash ends a node's process. told says that its TCP tells the others.
func (st *stage) crash(n *node, told bool) {
	if !n.up || n.stopped {
		return
	}
	if !told {
		for _, p := range st.proxiesOf(n) {
			n.holes = append(n.holes, p.BlackHole(faultproxy.BothWays))
		}
	}
	n.kill()
}

// proxiesOf are those that lead to a node or from it.
func (st *stage) proxiesOf(n *node) (all []*faultproxy.Proxy) {
	for w, p := range st.proxies {
		if w.from == n.name || w.to == n.name {
			all = append(all, p)
		}
	}
	return all
}

// restart begins a new life of a node. What an earlier one has left behind by vanishing
// ends now: the TCP of the new one knows nothing of it.
func (st *stage) restart(n *node, forget bool) {
	n.restarted = st.since()
	n.kill()
	if len(n.holes) > 0 {
		for _, p := range st.proxiesOf(n) {
			p.Reset()
		}
		endAll(n.holes)
		n.holes = nil
	}
	if err := n.begin(); err != nil {
		st.fail(err)
		return
	}
	if forget {
		n.wanted = nil
	}
	for _, c := range n.wanted {
		n.dial(c)
	}
}

// pause stops a node's process without ending it.
func (st *stage) pause(n *node, d time.Duration) {
	if !n.up || n.stopped {
		return
	}
	if n.pauses++; n.pauses == 1 {
		n.process.pause()
	}
	if d == 0 {
		return
	}
	life, resumes := n.life, n.resumes
	st.at(st.now+d, func() {
		if n.pauses == 0 || n.life != life || n.resumes != resumes {
			return
		}
		if n.pauses == 1 {
			st.resume(n)
			return
		}
		n.pauses--
	})
}

// resume lets a node go on, however often it was paused.
func (st *stage) resume(n *node) {
	if n.pauses > 0 {
		n.pauses = 0
		n.resumes++
		n.process.resume()
	}
}
