package sim

import "time"

// StreamSwarm makes the scenario of a seed: which mechanism, which kinds of
// faults and of hostile ends exist at all, then how many connections there are,
// what is said on them, and what goes wrong where.
func StreamSwarm(seed uint64) *StreamScenario {
	g := &streamSwarm{dice: &dice{seed: seed ^ 0x62797465}, s: &StreamScenario{Seed: seed}}
	g.node()
	for range 1 + g.roll(4) {
		g.connect(g.peer())
	}
	if g.chance(4) {
		g.flood()
	}
	g.faults()
	return g.s
}

// streamSwarm is a scenario in the making.
type streamSwarm struct {
	*dice
	s *StreamScenario
}

// streamSizes are the payloads at which something changes: the header's form
// without and with a box, the key stream's blocks, the buffers.
var streamSizes = [...]int{
	0, 1, 15, 16, 17, 31, 32, 33, 221, 222, 223, 254, 255, 256, 257, 1000, 4096, 16 << 10, 16<<10 + 1,
	32<<10 - 34, 32<<10 - 33, 32<<10 - 1, 32 << 10, 32<<10 + 1, 65535,
}

// node decides on what all connections share.
func (g *streamSwarm) node() {
	s := g.s
	s.Curve = !g.chance(3)
	s.PayloadMax = [...]int{300, 1000, 5000, 40 << 10, 70 << 10}[g.roll(5)]
	s.Handshake = g.between(time.Second, 5*time.Second)
	if !g.chance(8) {
		s.Interval = g.between(500*time.Millisecond, 4*time.Second)
		s.Timeout = g.between(time.Second, 8*time.Second)
	}
	s.HalfOpenMax = 1 + g.roll(8)
}

// peer decides what a dialling end is like.
func (g *streamSwarm) peer() StreamPeer {
	if g.chance(3) {
		return StreamPeer(g.roll(int(Absent)))
	}
	return Honest
}

func (g *streamSwarm) connect(peer StreamPeer) {
	c := StreamConn{Peer: peer, Like: len(g.s.Conns), At: g.between(0, 10*time.Second)}
	if peer == Replayer {
		if len(g.s.Conns) == 0 {
			c.Peer = Honest
		} else {
			c.Like = g.roll(len(g.s.Conns))
			c.At += 10 * time.Second
		}
	}
	c.Sends, c.Gets = g.roll(8), g.roll(8)
	for range 1 + g.roll(3) {
		c.Sizes = append(c.Sizes, min(g.s.PayloadMax, streamSizes[g.roll(len(streamSizes))]))
	}
	if g.chance(2) {
		c.Every = g.between(time.Millisecond, time.Second)
	}
	c.Piece = [...]int{0, 1, 7, 64, 1500, 20000}[g.roll(6)]
	if c.Latency = Fixed(g.between(0, 20*time.Millisecond)); g.chance(2) {
		c.Latency = Delay{Max: g.between(0, 40*time.Millisecond), Shape: Shape(g.roll(3))}
	}
	if g.chance(4) {
		c.Window = 1 + g.roll(5000)
	}
	g.oddities(&c)
	g.thin(&c)
	g.s.Conns = append(g.s.Conns, c)
}

// oddities decides on what few connections have.
func (g *streamSwarm) oddities(c *StreamConn) {
	if g.chance(12) {
		c.Refuse = true
	}
	if g.chance(12) {
		c.Breaks = g.between(1, 2*time.Second)
	}
	if g.chance(4) {
		c.Admit = g.between(time.Millisecond, time.Second)
		if g.chance(4) { // while the listener thinks
			c.Breaks = 4*c.Latency.Max + c.Admit/2
		}
	}
	if c.Peer == Promiser {
		c.Sends = 1 + g.roll(300)
	}
}

// thin leaves few messages where they would make many events.
func (g *streamSwarm) thin(c *StreamConn) {
	bytes := 0
	for i := range c.Sizes {
		bytes += c.Sizes[i]
	}
	if c.Piece > 0 && bytes/c.Piece > 2000 || c.Window > 0 && bytes/c.Window > 100 {
		c.Sizes = []int{c.Sizes[0] % 300}
	}
}

// flood adds half-open connections, more than there is room for, and an honest
// one that is dialled when they are gone.
func (g *streamSwarm) flood() {
	at := g.between(20*time.Second, 30*time.Second)
	for range g.s.HalfOpenMax + 1 + g.roll(20) {
		g.connect([...]StreamPeer{Mute, Greeter}[g.roll(2)])
		c := &g.s.Conns[len(g.s.Conns)-1]
		c.At, c.Breaks = at+g.between(0, 50*time.Millisecond), 0
	}
	g.connect(Honest)
	g.s.Conns[len(g.s.Conns)-1].At = at + g.s.Handshake + time.Second
}

// faults decides what befalls bytes. Few connections have more than one.
func (g *streamSwarm) faults() {
	var kinds []StreamFaultKind
	for k := range streamFaultKinds {
		if g.chance(2) {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) == 0 {
		return
	}
	for i := range g.s.Conns {
		for g.chance(2) && len(g.s.Faults) < 12 {
			g.fault(i, kinds[g.roll(len(kinds))])
		}
	}
}

func (g *streamSwarm) fault(conn int, kind StreamFaultKind) {
	// The greeting, the rest of the handshake, the first messages, anything behind.
	most := [...]int{64, 234, 578, 900, 1 << 14}[g.roll(5)]
	f := StreamFault{Kind: kind, Conn: conn, From: Side(g.roll(2)), At: g.roll(most)}
	switch kind {
	case Flip:
		f.N = g.roll(8)
	case Split:
		f.For = g.between(1, 20*time.Millisecond)
	case Stall:
		f.For = g.between(time.Millisecond, time.Second<<g.roll(6))
	case Omit, Repeat, Garble:
		f.N = 1 + g.roll(1+g.roll(300))
	case Excise:
		f.N = 1 + g.roll(4)
	case Replay:
		f.N, f.Like, f.Skip = 1+g.roll(1000), g.roll(len(g.s.Conns)), g.roll(800)
	}
	g.s.Faults = append(g.s.Faults, f)
}
