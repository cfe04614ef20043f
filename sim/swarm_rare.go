package sim

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// What a swarm draws rarely: each of it in one seed of 8 to 16. It comes from a
// sequence of its own, so that the other seeds are as they would be without it.

// rare is what is drawn rarely, as far as later draws depend on it.
type rare struct {
	dice.Sequence      // of what is rare
	alike         bool // names begin alike
	long          bool // calls take longer than SERVE_TIME
	lists         bool // calls are addressed to lists with names that make no sense in them
	// heads draws what goes with calls, in runs in which headed is set. It is a sequence of
	// its own again: it came last, and the others stay as they are.
	heads  dice.Sequence
	headed bool
}

// rareSequence and headSequence tell the sequences of what is rare from the seed's other
// one.
const (
	rareSequence = 0x72617265
	headSequence = 0x68656164
)

func newRare(seed uint64) rare {
	r := rare{Sequence: dice.NewSequence(dice.Mix(seed ^ rareSequence))}
	r.alike, r.long, r.lists = r.Chance(12), r.Chance(8), r.Chance(8)
	r.heads = dice.NewSequence(dice.Mix(seed ^ headSequence))
	r.headed = r.heads.Chance(4)
	return r
}

// name returns the name of the ith peer: a letter, as long as there are any, or more
// and more of them.
func (r *rare) name(i int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	switch {
	case i >= len(letters):
		return ""
	case r.alike:
		return letters[:i+1]
	}
	return letters[i : i+1]
}

// settings decides on transports, call ids and limits.
func (g *swarm) settings() {
	s, r := g.s, &g.rare
	s.Keys = r.Chance(12)
	if r.Chance(12) {
		if s.Heartbeat = -1; r.Chance(2) {
			s.Heartbeat = r.Between(g.unit/4, 8*g.unit)
		}
	}
	if r.Chance(12) { // a few more than fit
		s.Queue = int32(2 + r.Roll(15))
	}
	if r.Chance(10) { // near the end of all ids, or somewhere else
		if s.FirstCall = 1 + uint32(r.Roll(1000)); r.Chance(2) {
			s.FirstCall = math.MaxUint32 - uint32(r.Roll(20))
		}
	}
	if l := &s.Limits; r.Chance(3) {
		few := 1 + r.Roll(3)
		switch r.Roll(6) {
		case 0:
			l.PeersMax = max(len(s.Peers)+few-3, 1)
		case 1:
			l.CallsMax = few
		case 2:
			l.BodyBytesMax = 64 + r.Roll(64)
		case 3:
			l.MethodBytesMax = 9 + r.Roll(8)
		case 4:
			l.TickBytesMax = 8 + r.Roll(8)
		case 5:
			l.TimersStepMax = few
		}
	}
	if r.headed && r.heads.Chance(6) {
		s.Limits.HeadBytesMax = 8 + r.heads.Roll(12)
	}
}

// head decides what goes with a call.
func (g *swarm) head(q *Request) {
	if h := &g.rare.heads; g.rare.headed && !h.Chance(3) {
		if q.Tell = h.Chance(2); !q.Tell || h.Chance(2) {
			q.Head = 1 + h.Roll(24)
		}
	}
}

// forgedHead returns the payload of a WITH that nobody has sent: of a request, or of
// nothing that can be read.
func (g *swarm) forgedHead(junk string) string {
	h := &g.rare.heads
	if h.Chance(3) {
		return junk
	}
	a := core.Action{Command: core.CALL, ID: uint32(1 + h.Roll(1<<20)), Method: []byte(echo.Ping), Left: core.Left(1 + h.Roll(1<<20))}
	if h.Chance(3) {
		a.Command = core.CAST
	}
	a.Head = echo.AppendHead(nil, 0, h.Roll(30))
	return string(core.AppendPayload(nil, &a))
}

// nobody is a name that no peer has.
const nobody = "nobody"

// longMethod is longer than any limit that a swarm draws.
const longMethod = "No.Such.Method.Has.So.Long.A.Name"

// longest is the longest that a call or a handler takes: at most what goes by before
// every call has to succeed.
func (g *swarm) longest() time.Duration { return g.s.timing().Serve * 5 / 2 }

// odd makes what a user of n asks for odd, if the run is one in which such things are.
func (g *swarm) odd(n string, q *Request) {
	s, r := g.s, &g.rare
	if g.rare.long && r.Chance(2) {
		q.Timeout = r.Between(s.timing().Serve, g.longest())
	}
	if s.Limits.BodyBytesMax != 0 {
		q.Size = [...]int{0, 20, 100, 200}[r.Roll(4)]
	}
	if s.Limits.MethodBytesMax != 0 && r.Chance(3) {
		q.Method = longMethod
	}
	if g.rare.lists && r.Chance(2) {
		q.To = nil
		for range 2 + r.Roll(3) {
			to := [...]string{n, nobody, s.Peers[r.Roll(len(s.Peers))].Name, s.Peers[0].Name}
			q.To = append(q.To, to[r.Roll(len(to))])
		}
	}
}

// oddities adds the lines that are rare. It comes last.
func (g *swarm) oddities() {
	g.Sequence = g.rare.Sequence
	few := func(is bool, add func(t, d time.Duration)) {
		if !is {
			return
		}
		for range 1 + g.Roll(3) {
			add(g.anyTime(), g.Between(time.Millisecond, 10*g.unit))
		}
	}
	few(g.rare.long && g.Chance(2), g.lengthy)
	few(g.s.Limits.CallsMax != 0, g.bursts)
	few(g.s.Limits.PeersMax != 0, g.newcomers)
	few(g.s.Keys && g.Chance(2) || g.Chance(16), g.strays)
	few(g.Chance(16), g.rewinds)
	few(g.Chance(12), g.returns)
	few(len(g.s.Peers) > 3 && g.Chance(8), g.bridges)
	few(g.Chance(8), g.texts)
	few(g.Chance(8), g.deadlines)
	few(len(g.s.Peers) > 2 && g.s.FirstCall != 0, g.takebacks)
	few(g.Chance(6), g.redials)
}

// redials has a user say that the way to a peer is free again, mostly while it is not
// quite: the peer was cut off for long enough for the dial to back off.
func (g *swarm) redials(t, d time.Duration) {
	a, b := g.twoPeers()
	away := d
	if g.Chance(2) {
		away = g.Between(g.s.timing().Retry, 4*g.s.timing().Retry)
	}
	if !g.Chance(4) {
		g.at(t, Isolate{b, away})
	}
	for range 1 + g.Roll(3) {
		g.at(t+g.Between(0, away+away/4), Redial{a, b})
	}
}

// texts has a user call a method of a long name that nobody has, or get a long error text
// for an answer: from below 128 bytes, where the form of a length changes, to above 256.
func (g *swarm) texts(t, _ time.Duration) {
	a, b := g.twoPeers()
	q := Request{To: []string{b}, Method: echo.Fail, Size: 100 + g.Roll(300), Timeout: g.unit}
	if g.Chance(2) {
		q.Method, q.Size = longMethod+strings.Repeat(".Long", 10+g.Roll(60)), 0
	}
	g.at(t, Calling{a, q})
}

// deadlines has a user make several calls at a time that nobody answers soon, each with a
// timeout of its own, so that they fall due in any order.
func (g *swarm) deadlines(t, _ time.Duration) {
	a, b := g.twoPeers()
	g.at(t, Slow{b, 8 * g.unit, g.unit})
	for range 3 + g.Roll(3) {
		g.at(t+g.unit/2, Calling{a, Request{To: []string{b}, Method: echo.Ping, Timeout: g.Between(g.unit/10, 8*g.unit)}})
	}
}

// takebacks has two callers begin their calls anew, and so with equal ids, and one of them
// give up what it has asked of a callee that serves the other one too.
func (g *swarm) takebacks(t, d time.Duration) {
	a, b := g.twoPeers()
	c := g.anyPeer()
	if c == a || c == b {
		return
	}
	g.at(t, Slow{b, 8 * g.unit, d + 8*g.unit})
	for _, n := range [...]string{a, c} {
		g.at(t, Crash{n})
		g.at(t+g.s.Latency.Max, Restart{Node: n})
		g.at(t+2*g.s.Latency.Max, Connect{From: n, To: b})
	}
	t += 2 * g.unit
	q := Request{Name: fmt.Sprintf("v%d", len(g.s.Lines)), To: []string{b}, Method: echo.Ping, Timeout: 4 * g.unit}
	g.at(t, Calling{c, Request{To: q.To, Method: q.Method, Timeout: q.Timeout}})
	g.at(t, Calling{a, q})
	g.at(t+g.Between(4*g.s.Latency.Max, 4*g.unit), Cancel{q.Name})
}

// lengthy has a handler take longer than SERVE_TIME, with a call that waits for it. Mostly
// the reply needs another link than that of the call, which breaks, or drains: that of
// the higher of two names does so after dials that cross.
func (g *swarm) lengthy(t, d time.Duration) {
	a, b := g.twoPeers()
	slow, calls := Slow{a, g.Between(g.s.timing().Serve, g.longest()), d + g.unit}, t+d/2
	if g.Chance(3) {
		g.at(t+d, Break{a, b})
	} else {
		b, a, slow.Node = max(a, b), min(a, b), min(a, b)
		g.at(t, Disconnect{a, b})
		g.at(t, Disconnect{b, a})
		g.at(t+d/2, Connect{From: a, To: b})
		g.at(t+d/2, Connect{From: b, To: a})
		calls += g.s.timing().FirstStart + g.Between(4*g.s.Latency.Max, 12*g.s.Latency.Max)
	}
	g.at(t, slow)
	g.at(calls, Calling{b, Request{To: []string{a}, Method: echo.Ping, Timeout: g.longest()}})
}

// bursts has a user call everybody more often at a time than a limit allows.
func (g *swarm) bursts(t, _ time.Duration) {
	n := g.anyPeer()
	for range 1 + g.s.Limits.CallsMax {
		g.at(t, Calling{n, Request{Method: echo.Ping, Timeout: g.unit}})
	}
}

// newcomers has strangers ask for a place in a table that may be full, and peers make
// room.
func (g *swarm) newcomers(t, d time.Duration) {
	a, b := g.twoPeers()
	if g.Chance(2) {
		g.at(t, Disconnect{a, b})
		g.at(t, Disconnect{b, a})
		g.at(t+d, Connect{From: b, To: a})
	}
	for i := range g.Roll(4) {
		g.at(t+time.Duration(2*i)*time.Second, Forge{fmt.Sprintf("stranger%d", i+1), b, core.JOIN, g.s.Network, 1})
	}
}

// strays has a user connect to the wrong address, or to somebody who is not there, and
// mostly see it after a while.
func (g *swarm) strays(t, d time.Duration) {
	a, b := g.twoPeers()
	x := Connect{From: a, To: b, Address: g.anyPeer()}
	switch g.Roll(4) {
	case 0:
		x.Address = "nowhere"
	case 1:
		x.To = nobody
	}
	if x.To == x.Address {
		x.Address = ""
	}
	g.at(min(t, d), x)
	if !g.Chance(3) {
		g.at(t+d, Disconnect{x.From, x.To})
		g.at(t+d, Connect{From: x.From, To: b})
	}
}

// rewinds has the time of a machine run back.
func (g *swarm) rewinds(t, d time.Duration) {
	g.at(t, Clock{Node: g.anyPeer(), Step: -d, Rewind: true})
}

// returns has a node come back as if it had never been away.
func (g *swarm) returns(t, d time.Duration) {
	n := g.anyPeer()
	g.at(t, Crash{n})
	g.at(t+d, Restart{Node: n, Forget: g.Chance(8), Same: true})
}

// bridges splits the network between two groups, and leaves the ways of the others.
func (g *swarm) bridges(t, d time.Duration) {
	var groups [3][]string
	for i := range g.s.Peers {
		to := i
		if i >= len(groups) {
			to = g.Roll(len(groups))
		}
		groups[to] = append(groups[to], g.s.Peers[i].Name)
	}
	first := g.Roll(len(groups))
	g.at(t, Partition{[][]string{groups[first], groups[(first+1)%len(groups)]}, d})
}
