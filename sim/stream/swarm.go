package stream

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// Swarm makes the scenario of a seed: the mechanism and the bounds, how many
// connections there are and of which kind, what is said on them, and which kinds
// of faults exist at all, then what befalls which byte. The scenario can be
// written and is read back as the same.
func Swarm(seed uint64) *Scenario {
	g := &swarm{Sequence: dice.NewSequence(seed ^ swarmSalt), s: &Scenario{Seed: seed}}
	g.node()
	for range 1 + g.Roll(4) {
		g.connect(g.peer())
	}
	if g.Chance(4) {
		g.flood()
	}
	g.faults()
	return g.s
}

// swarmSalt keeps the draws of a seed apart from those of other worlds: "byte".
const swarmSalt = 0x62797465

// swarm is a scenario in the making. The order of its draws decides what a seed
// means.
type swarm struct {
	dice.Sequence
	s *Scenario // as far as it is made
}

// notableSizes are the sizes of payloads around which something changes: the
// form of the header without and with a box, the blocks of the cipher's key
// stream, the buffers.
var notableSizes = [...]int{
	0, 1, 15, 16, 17, 31, 32, 33, 221, 222, 223, 254, 255, 256, 257, 1000, 4096, 16 << 10, 16<<10 + 1,
	32<<10 - 34, 32<<10 - 33, 32<<10 - 1, 32 << 10, 32<<10 + 1, 65535,
}

// node decides what all connections share.
func (g *swarm) node() {
	s := g.s
	s.Curve = !g.Chance(3)
	s.PayloadMax = [...]int{300, 1000, 5000, 40 << 10, 70 << 10}[g.Roll(5)]
	s.Handshake = g.Between(time.Second, 5*time.Second)
	if !g.Chance(8) {
		s.Interval = g.Between(500*time.Millisecond, 4*time.Second)
		s.Timeout = g.Between(time.Second, 8*time.Second)
	}
	s.HalfOpenMax = 1 + g.Roll(8)
}

// peer decides what a dialling end is like.
func (g *swarm) peer() Peer {
	if g.Chance(3) {
		return Peer(g.Roll(int(Absent)))
	}
	return Honest
}

// connect adds a connection of that kind. A Replayer needs an earlier connection;
// the first one is honest instead.
func (g *swarm) connect(peer Peer) {
	c := Conn{Peer: peer, Like: len(g.s.Conns), At: g.Between(0, 10*time.Second)}
	if peer == Replayer {
		if len(g.s.Conns) == 0 {
			c.Peer = Honest
		} else {
			c.Like = g.Roll(len(g.s.Conns))
			c.At += 10 * time.Second
		}
	}
	c.Sends, c.Gets = g.Roll(8), g.Roll(8)
	for range 1 + g.Roll(3) {
		c.Sizes = append(c.Sizes, min(g.s.PayloadMax, notableSizes[g.Roll(len(notableSizes))]))
	}
	if g.Chance(2) {
		c.Every = g.Between(time.Millisecond, time.Second)
	}
	c.Piece = [...]int{0, 1, 7, 64, 1500, 20000}[g.Roll(6)]
	if c.Latency = dice.Fixed(g.Between(0, 20*time.Millisecond)); g.Chance(2) {
		c.Latency = dice.Delay{Max: g.Between(0, 40*time.Millisecond), Shape: dice.Shape(g.Roll(3))}
	}
	if g.Chance(4) {
		c.Window = 1 + g.Roll(5000)
	}
	g.oddities(&c)
	g.thin(&c)
	g.s.Conns = append(g.s.Conns, c)
}

// oddities decides what only few connections have.
func (g *swarm) oddities(c *Conn) {
	if g.Chance(12) {
		c.Refuse = true
	}
	if g.Chance(12) {
		c.Breaks = g.Between(1, 2*time.Second)
	}
	if g.Chance(4) {
		c.Admit = g.Between(time.Millisecond, time.Second)
		if g.Chance(4) { // before the listening node has decided
			c.Breaks = 4*c.Latency.Max + c.Admit/2
		}
	}
	if c.Peer == Promiser {
		c.Sends = 1 + g.Roll(300)
	}
}

// thin makes messages small where they would arrive in very many pieces.
func (g *swarm) thin(c *Conn) {
	bytes := 0
	for _, size := range c.Sizes {
		bytes += size
	}
	if c.Piece > 0 && bytes/c.Piece > 2000 || c.Window > 0 && bytes/c.Window > 100 {
		c.Sizes = []int{c.Sizes[0] % 300}
	}
}

// flood adds half-open connections, more than there is room for, and an honest
// one that is dialled when they are gone.
func (g *swarm) flood() {
	at := g.Between(20*time.Second, 30*time.Second)
	for range g.s.HalfOpenMax + 1 + g.Roll(20) {
		g.connect([...]Peer{Mute, Greeter}[g.Roll(2)])
		c := &g.s.Conns[len(g.s.Conns)-1]
		c.At, c.Breaks = at+g.Between(0, 50*time.Millisecond), 0
	}
	g.connect(Honest)
	g.s.Conns[len(g.s.Conns)-1].At = at + g.s.Handshake + time.Second
}

// faults decides what befalls bytes. Half of the connections are spared.
func (g *swarm) faults() {
	var kinds []FaultKind
	for k := range faultKinds {
		if g.Chance(2) {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) == 0 {
		return
	}
	for i := range g.s.Conns {
		for g.Chance(2) && len(g.s.Faults) < 12 {
			g.fault(i, kinds[g.Roll(len(kinds))])
		}
	}
}

// fault adds a fault of that kind, in either direction: in the greeting, up to the
// end of WELCOME, up to the end of INITIATE, in the first messages, or anywhere.
func (g *swarm) fault(conn int, kind FaultKind) {
	most := [...]int{64, 234, 578, 900, 1 << 14}[g.Roll(5)]
	f := Fault{Kind: kind, Conn: conn, From: Side(g.Roll(2)), At: g.Roll(most)}
	switch kind {
	case Flip:
		f.N = g.Roll(8)
	case Split:
		f.For = g.Between(1, 20*time.Millisecond)
	case Stall:
		f.For = g.Between(time.Millisecond, time.Second<<g.Roll(6))
	case Omit, Repeat, Garble:
		f.N = 1 + g.Roll(1+g.Roll(300))
	case Excise:
		f.N = 1 + g.Roll(4)
	case Replay:
		f.N, f.Like, f.Skip = 1+g.Roll(1000), g.Roll(len(g.s.Conns)), g.Roll(800)
	}
	g.s.Faults = append(g.s.Faults, f)
}
