package reality

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// look has a node tell what it knows, and calls then once it has. A node that does not
// run, or is paused, tells nothing.
func (st *stage) look(n *node, then func(*node)) {
	if !n.up || n.stopped || n.pauses > 0 {
		return
	}
	st.looks++
	number := st.looks
	n.order(&order{Do: doLook, Call: number})
	var wait func()
	wait = func() {
		switch {
		case n.seen >= number:
			then(n)
		case n.up && n.seen < number:
			st.at(st.now+lookPause, wait)
		}
	}
	st.at(st.now+lookPause, wait)
}

const lookPause = 5 * time.Millisecond

// lookAll looks at every node, and waits until all that can tell have.
func (st *stage) lookAll() {
	st.now = st.since()
	waiting := 0
	for _, n := range st.nodes {
		if n.up && !n.stopped && n.pauses == 0 {
			waiting++
			st.look(n, func(*node) { waiting-- })
		}
	}
	st.until(restTimeout, func() bool { return waiting == 0 })
}

// settle is the end of a run: faults end where the scenario settles, and the nodes have
// as long as the world has taken to come to what they came to there. So the answer is as soon as it
// can be where they agree, and late where they don't.
func (st *stage) settle() error {
	s := st.s
	patience := st.o.Tolerance
	if s.Settle {
		for _, p := range st.proxies {
			p.Heal()
		}
		st.now = st.since()
		st.heal()
		patience += st.result.WorldRun.Elapsed - s.End()
	}
	if st.result.Late > lateMost { // it will be made again, unless it agrees soon
		patience = min(patience, 2*s.Timing.Live)
	}
	agreed, until := 0, st.since()+patience
	for st.failure == nil {
		st.lookAll()
		facts := Facts{}
		st.pairFacts(facts)
		if st.samePairs(facts) {
			agreed++
		} else {
			agreed = 0
		}
		over := st.since() >= until
		if st.result.Facts = facts; agreed == 2 || over {
			break
		}
		st.until(min(s.Timing.Join, max(until-st.since(), time.Millisecond)), nil)
	}
	if s.Settle && st.failure == nil {
		st.callEverybody()
	}
	// What is said of calls may still be under way.
	st.until(st.o.Tolerance, st.callsAgree)
	st.callFacts(st.result.Facts)
	st.lookAll()
	return st.failure
}

// samePairs says whether the pairs are as they ended in the world.
func (st *stage) samePairs(facts Facts) bool {
	for about, is := range facts {
		if !slices.Contains(st.result.World[about], is) {
			return false
		}
	}
	return true
}

// callsAgree says whether the calls have come to what they came to in the world.
func (st *stage) callsAgree() bool {
	facts := Facts{}
	for about, is := range st.result.Facts {
		facts[about] = is
	}
	st.callFacts(facts)
	return len(st.result.World.differences(facts)) == 0
}

// pairFacts adds who is linked with whom, by the latest look.
func (st *stage) pairFacts(facts Facts) {
	for i, a := range st.nodes {
		for _, b := range st.nodes[i+1:] {
			facts.pair(a.sideOf(b), b.sideOf(a))
		}
	}
}

// sideOf returns what a node has of another.
func (n *node) sideOf(of *node) side {
	v := n.views[of.called]
	return side{
		name: n.name, active: v.Active && n.up && !n.stopped, old: n.peer.Old,
		dials: v.Dialling == "Connected" || v.Dialling == "Check", serves: v.Listening == "Serving",
	}
}

// callEverybody has every node call all its peers. A pair that is linked in the world
// has to succeed, as it does there.
func (st *stage) callEverybody() {
	first := uint64(len(st.s.Lines) + 1)
	var made []*callRun
	for i, n := range st.nodes {
		if !n.up || n.stopped || n.peer.Old {
			continue
		}
		c := &callRun{atRest: true, call: &call{number: first + uint64(i), node: n.name, name: "call of " + n.name + " at rest"}}
		c.r = sim.Request{Name: c.name, Method: echo.Ping, Timeout: restTimeout}
		st.calls = append(st.calls, c)
		st.now = st.since()
		st.call(c.name)
		made = append(made, c)
	}
	st.until(2*restTimeout, func() bool {
		return !slices.ContainsFunc(made, func(c *callRun) bool { return !c.done })
	})
	for _, c := range made {
		n := st.byName[c.node]
		for _, other := range st.nodes {
			if !n.sideOf(other).active || !other.sideOf(n).active {
				continue
			}
			if class, what := c.at(other.called); class != "reply" {
				st.result.Missed = append(st.result.Missed, Miss{0, c.name + " to " + other.name + ": it is " + or(class, "nothing") + " " + what})
			}
		}
	}
}

// restTimeout is that of the calls of a network at rest.
const restTimeout = 5 * time.Second

// stopAll stops every node, whose processes end by themselves.
func (st *stage) stopAll() {
	for _, n := range st.nodes {
		n.order(&order{Do: doStop})
		n.stopped = true
	}
	st.until(2*restTimeout, func() bool {
		return !slices.ContainsFunc(st.nodes, func(n *node) bool { return n.up })
	})
	for _, n := range st.nodes {
		if n.up {
			st.result.Missed = append(st.result.Missed, Miss{0, n.name + " was stopped, and its process goes on"})
		}
	}
}
