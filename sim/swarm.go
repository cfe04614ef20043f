package sim

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// SwarmOptions bounds what Swarm makes.
type SwarmOptions struct {
	Model Model // of the scenario
	// Peers is the number of nodes; zero has the seed decide, 2 to 8.
	Peers int
}

// Swarm makes the scenario of a seed. The seed decides everything, in this
// order: how fast time goes, how many nodes there are and of which kind, who
// connects to whom and when, what befalls frames at random, which kinds of faults
// exist at all and when they happen, and what users ask for. What is rare is drawn from a
// sequence of its own (swarm_rare.go).
//
// Kinds of faults that don't exist in a run matter as much as those that do: where
// everything goes wrong at once, some states are never reached.
func Swarm(seed uint64, o SwarmOptions) *Scenario {
	g := &swarm{Sequence: dice.NewSequence(seed), rare: newRare(seed), s: &Scenario{Settings: Settings{Network: "net", Seed: seed, Model: o.Model}, Settle: true}}
	g.size(o.Peers)
	g.settings()
	g.connects()
	g.rates()
	g.faults()
	g.users()
	g.oddities()
	return g.s
}

// swarm is a scenario in the making.
type swarm struct {
	dice.Sequence               // of the seed
	rare          rare          // what is drawn rarely, by a sequence of its own
	s             *Scenario     // as far as it is made
	unit          time.Duration // a JOIN_TIME
}

// size decides how many nodes there are, what they are, and how fast time goes.
func (g *swarm) size(peers int) {
	s := g.s
	dens := [...]uint32{4, 10, 10, 20}
	s.Scale = Ratio{Num: 1, Den: dens[g.Roll(len(dens))]}
	g.unit = s.timing().Join
	s.RunFor = 120 * g.unit // ten minutes of the unscaled protocol
	most := g.unit / 50     // a round trip stays well below every wait of the protocol
	s.Latency = Delay{Min: time.Millisecond, Max: g.Between(time.Millisecond, max(most, 2*time.Millisecond)), Shape: dice.Shape(g.Roll(3))}
	s.Handler = Delay{Max: g.Between(0, g.unit/10), Shape: dice.Shape(g.Roll(3))}
	if g.Chance(2) {
		s.Wake = Delay{Max: g.Between(0, g.unit/200)}
	}
	if g.Chance(4) { // short phases, so that backoff reaches its cap
		s.Timing.JoinsMax, s.Timing.BackoffMax = 1+g.Roll(4), 1+g.Roll(3)
	}
	if g.Chance(6) {
		s.Limits.ServingMax, s.Limits.ServingPeerMax = 2+g.Roll(3), 1+g.Roll(2)
	}
	if peers == 0 {
		peers = 2 + min(g.Roll(7), g.Roll(7))
	}
	withOld, withBlind, withStranger := g.Chance(3), g.Chance(4), g.Chance(8)
	for i := range peers { // with letters for names, as long as there are any
		p := Peer{Name: g.rare.name(i)}
		if p.Name == "" {
			p.Name = fmt.Sprintf("n%d", i)
		}
		p.Old = withOld && g.Chance(3)
		p.Blind = !p.Old && withBlind && g.Chance(3)
		if other := "other"; withStranger && g.Chance(6) {
			p.Network = &other
		}
		s.Peers = append(s.Peers, p)
	}
	if g.Chance(10) { // a copy of one of them, of the same kind
		p := s.Peers[g.Roll(len(s.Peers))]
		p.Name, p.As = "twin", p.Name
		s.Peers = append(s.Peers, p)
	}
}

// at adds a line, unless the phase under faults is over by then. Times are whole
// microseconds, which a scenario can say briefly.
func (g *swarm) at(t time.Duration, f Fault) {
	if t > g.s.RunFor {
		return
	}
	g.s.Lines = append(g.s.Lines, Line{At: t.Truncate(time.Microsecond), Fault: f})
}

// anyTime draws a moment of the phase under faults.
func (g *swarm) anyTime() time.Duration { return g.Between(0, g.s.RunFor) }

// anyPeer draws a peer's name.
func (g *swarm) anyPeer() string { return g.s.Peers[g.Roll(len(g.s.Peers))].Name }

// twoPeers draws two peers that are not the same.
func (g *swarm) twoPeers() (a, b string) {
	n := len(g.s.Peers)
	i := g.Roll(n)
	return g.s.Peers[i].Name, g.s.Peers[(i+1+g.Roll(n-1))%n].Name
}

// connects decides who dials whom: nobody, one end, or both, often at one time.
func (g *swarm) connects() {
	for i := range g.s.Peers {
		for j := range i {
			a, b := g.s.Peers[i].Name, g.s.Peers[j].Name
			when := g.Between(0, g.s.RunFor/8)
			switch g.Roll(4) {
			case 0:
				g.at(when, Connect{From: a, To: b})
			case 1:
				g.at(when, Connect{From: b, To: a})
			case 2:
				g.at(when, Connect{From: a, To: b})
				if g.Chance(2) {
					when += g.Between(0, 8*g.s.Latency.Max)
				} else if g.Chance(2) {
					when = g.anyTime()
				}
				g.at(when, Connect{From: b, To: a})
			}
		}
	}
}

// rates decides what befalls frames at random.
func (g *swarm) rates() {
	// From one frame in 4 to one in 256: rare enough for most exchanges to succeed.
	rare := func() Ratio { return Ratio{Num: 1, Den: uint32(4 << g.Roll(7))} }
	r := &g.s.Rates
	fields := rateFields
	for _, f := range fields {
		if (f.adversarial && g.s.Model == Physical) || !g.Chance(3) {
			continue
		}
		*f.of(r) = rare()
	}
	if !g.Chance(8) { // under corruption few properties are checked
		r.Corrupt = Ratio{}
	}
	r.Break.Den *= 4 // a break takes more than one frame with it
	if *r != (Rates{}) {
		longest := [...]time.Duration{4 * g.s.Latency.Max, g.unit, 10 * g.unit}
		r.DelayBy = Delay{Max: longest[g.Roll(3)], Shape: dice.Shape(g.Roll(3))}
	}
}
