package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// StormOptions bounds what Storm makes.
type StormOptions struct {
	Nodes  []string      // their names
	For    time.Duration // how long the faults go on
	Timing core.Timing   // of the protocol; the zero one has the seed decide how fast it is
}

// Storm makes the scenario of a seed for nodes that run programs: what befalls frames at
// random, which kinds of faults exist at all, and when they happen. It is [Swarm] without
// users, who are the programs' own, and without anybody who lies.
func Storm(seed uint64, o StormOptions) *Scenario {
	g := &swarm{Sequence: dice.NewSequence(seed), rare: newRare(seed), s: &Scenario{Settings: Settings{Network: "net", Seed: seed}, Settle: true}}
	s := g.s
	s.Timing = o.Timing
	if o.Timing == (core.Timing{}) {
		dens := [...]uint32{4, 10, 10, 20}
		s.Scale = Ratio{Num: 1, Den: dens[g.Roll(len(dens))]}
	}
	g.unit = s.timing().Join
	s.RunFor = o.For
	s.Latency = Delay{Min: time.Millisecond, Max: g.Between(time.Millisecond, max(g.unit/50, 2*time.Millisecond)), Shape: dice.Shape(g.Roll(3))}
	for _, name := range o.Nodes {
		s.Peers = append(s.Peers, Peer{Name: name})
	}
	g.rates()
	if len(o.Nodes) > 1 {
		g.storm()
	}
	return s
}

// storm decides which kinds of faults exist, and when which of them happens.
func (g *swarm) storm() {
	kinds := []func(t, d time.Duration){
		g.network, g.network, g.ways, g.breaks, g.crashes, g.crashes, g.pauses, g.clocks, g.slows,
	}
	var exist []func(t, d time.Duration)
	for _, k := range kinds {
		if g.Chance(2) {
			exist = append(exist, k)
		}
	}
	if len(exist) == 0 {
		return
	}
	for range g.Roll(16) {
		longest := [...]time.Duration{g.unit / 10, 2 * g.unit, g.s.RunFor / 4}
		exist[g.Roll(len(exist))](g.anyTime(), g.Between(time.Millisecond, longest[g.Roll(3)]))
	}
}
