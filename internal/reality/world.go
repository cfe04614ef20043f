package reality

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// runWorld runs the scenario in the world, as it is and in variations, and keeps what came
// of it.
func (r *Result) runWorld() {
	var facts Facts
	r.WorldRun, facts = worldFacts(r.Scenario)
	r.World = Possible{}
	r.World.add(facts)
	r.vary(beginMost)
}

// vary adds what comes of the variations of the scenario in which restarts take up to begin.
func (r *Result) vary(begin time.Duration) {
	for i := range variations {
		_, facts := worldFacts(varied(r.Scenario, i, begin))
		r.World.add(facts)
	}
}

// variations is how many others of a scenario there are, to see which facts hang on
// milliseconds in the world itself.
const variations = 24

// What a machine may take longer than the world does, in real time. What restarts of
// a run have taken counts in place of beginMost, if it is more.
const (
	latencyMost = 5 * time.Millisecond  // of a message
	wakeMost    = 30 * time.Millisecond // until a timer wakes a node
	beginMost   = 60 * time.Millisecond // until a process that is started anew listens
	tellMost    = 20 * time.Millisecond // until a node does what it is told
)

// varied returns the i-th variation of a scenario: other seeds and latencies, timers that
// wake late, orders that arrive late, and restarts that take up to begin.
func varied(s *sim.Scenario, i int, begin time.Duration) *sim.Scenario {
	c := *s
	c.Seed += uint64(i) + 1
	share := func(d time.Duration, of int) time.Duration { return d * time.Duration(i%of+1) / time.Duration(of) }
	c.Latency = sim.Uniform(50*time.Microsecond, share(latencyMost, 3))
	c.Wake = sim.Uniform(0, share(wakeMost, 4))
	c.Lines = nil
	for k := range s.Lines {
		l := s.Lines[k]
		l.At += tellMost * time.Duration((7*i+13*k)%5) / 4
		x, ok := l.Fault.(sim.Restart)
		if !ok {
			c.Lines = append(c.Lines, l)
			continue
		}
		down := l
		down.Fault = sim.Crash{Node: x.Node}
		l.At += share(begin, 6)
		c.Lines = append(c.Lines, down, l)
	}
	return &c
}

// worldFacts runs a scenario in the world.
func worldFacts(s *sim.Scenario) (*sim.Result, Facts) {
	facts := Facts{}
	r := s.Run(sim.RunOptions{NoDigest: true, Customise: func(w *sim.World) {
		w.AtRest(func() { worldPairs(w, facts) })
	}})
	w := r.World
	if !s.Settle {
		worldPairs(w, facts)
	}
	for _, c := range callsOf(s) {
		made := w.CallNamed(c.name)
		if made == nil {
			facts[c.about()] = notMade
			continue
		}
		for _, p := range s.Peers {
			facts.ran(c, p.Name, w.Ran(made, p.Name))
		}
		if c.cast {
			continue
		}
		if made.Refused != 0 {
			facts[c.about()] = refused
		}
		for _, row := range made.Rows {
			facts.row(c, row.Peer, wordOf(row.Outcome))
		}
	}
	return r, facts
}

// wordOf returns an outcome as scenarios call it.
func wordOf(o core.Outcome) string {
	for _, x := range sim.OutcomeWords() {
		if x.Outcome == o {
			return x.Word
		}
	}
	return o.String()
}

// worldPairs adds who is linked with whom, as it is now.
func worldPairs(w *sim.World, facts Facts) {
	nodes := w.Nodes()
	for i, a := range nodes {
		for _, b := range nodes[i+1:] {
			facts.pair(sideOf(a, b), sideOf(b, a))
		}
	}
}

// sideOf returns what a node has of another.
func sideOf(n, of *sim.Node) side {
	st, _ := n.Status(of.Called)
	return side{
		name: n.Name, active: n.Active(of.Called), old: n.Old,
		dials: healthy(st.Dialling), serves: st.Listening == core.Serving,
	}
}

// healthy says whether a dial is one that calls go by.
func healthy(s core.State) bool { return s == core.Connected || s == core.Check }
