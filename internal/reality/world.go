package reality

import (
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// runWorld runs the scenario in the world, and keeps what came of it.
func (r *Result) runWorld() {
	s := r.Scenario
	facts := Facts{}
	r.WorldRun = s.Run(sim.RunOptions{NoDigest: true, Customise: func(w *sim.World) {
		w.AtRest(func() { worldPairs(w, facts) })
	}})
	w := r.WorldRun.World
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
	r.World = facts
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
