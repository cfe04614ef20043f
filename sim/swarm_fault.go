package sim

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// faults decides which kinds of faults exist, and when which of them happens.
func (g *swarm) faults() {
	kinds := []func(t, d time.Duration){
		g.network, g.network, g.ways, g.breaks, g.crashes, g.crashes, g.pauses, g.clocks, g.slows, g.leaves, g.lies,
	}
	var exist []func(t, d time.Duration)
	for i, k := range kinds {
		if odds := 2 + 4*(i/(len(kinds)-1)); g.Chance(odds) { // lies are rarer
			exist = append(exist, k)
		}
	}
	if len(exist) == 0 {
		return
	}
	// Lengths are of three orders: well within a JOIN_TIME, a few of them, and long
	// enough for a link to be given up.
	for range g.Roll(16) {
		longest := [...]time.Duration{g.unit / 10, 2 * g.unit, 30 * g.unit}
		exist[g.Roll(len(exist))](g.anyTime(), g.Between(time.Millisecond, longest[g.Roll(3)]))
	}
}

// Each of the following plans one fault for a time, which lasts about so long.

// network splits the network.
func (g *swarm) network(t, d time.Duration) {
	switch g.Roll(3) {
	case 0:
		a, b := g.twoPeers()
		g.at(t, Partition{[][]string{{a}, {b}}, d})
	case 1:
		g.at(t, Isolate{g.anyPeer(), d})
	case 2:
		var groups [2][]string
		for _, p := range g.s.Peers {
			i := g.Roll(2)
			groups[i] = append(groups[i], p.Name)
		}
		if len(groups[0]) > 0 && len(groups[1]) > 0 {
			g.at(t, Partition{groups[:], d})
		}
	}
}

// ways harms one way between two nodes.
func (g *swarm) ways(t, d time.Duration) {
	a, b := g.twoPeers()
	switch g.Roll(3) {
	case 0:
		g.at(t, Cut{a, b, d})
	case 1:
		g.at(t, Clog{a, b, d})
	case 2:
		g.at(t, Full{a, b, d})
	}
}

// breaks breaks the connections of two nodes.
func (g *swarm) breaks(t, _ time.Duration) {
	a, b := g.twoPeers()
	g.at(t, Break{a, b})
}

// crashes ends a life, and mostly begins another before the faults end. A heal does
// in any case.
func (g *swarm) crashes(t, d time.Duration) {
	n := g.anyPeer()
	if g.Chance(3) {
		g.at(t, Vanish{n})
	} else {
		g.at(t, Crash{n})
	}
	if t+d < g.s.RunFor {
		g.at(t+d, Restart{Node: n, Forget: g.Chance(8)})
	}
}

// pauses stops a process, or has it refuse connections.
func (g *swarm) pauses(t, d time.Duration) {
	if g.Chance(4) {
		g.at(t, Deaf{g.anyPeer(), d})
		return
	}
	g.at(t, Pause{g.anyPeer(), d})
}

// clocks changes a clock; a drift of up to a tenth is far more than a real one has.
func (g *swarm) clocks(t, d time.Duration) {
	n := g.anyPeer()
	switch g.Roll(4) {
	case 0:
		g.at(t, Clock{Node: n, Drift: int64(g.Roll(200_001)) - 100_000})
	case 1:
		g.at(t, Clock{Node: n, Step: d})
	case 2:
		g.at(t, Clock{Node: n, Step: -d})
	case 3:
		g.at(t, Clock{Node: n, Freeze: true, For: d})
	}
}

// slows has handlers take their time.
func (g *swarm) slows(t, d time.Duration) {
	g.at(t, Slow{g.anyPeer(), g.Between(0, 4*g.unit), d})
}

// leaves has users change their minds, or nodes stop.
func (g *swarm) leaves(t, d time.Duration) {
	a, b := g.twoPeers()
	if g.Chance(6) {
		g.at(t, Stop{a})
		if g.Chance(2) { // and mostly not long after, a new version of the program
			g.at(t+d, Restart{Node: a, Forget: g.Chance(8)})
		}
		return
	}
	g.at(t, Disconnect{a, b})
	if g.Chance(2) {
		g.at(t+d, Connect{From: a, To: b})
	}
}

// lies has frames appear that no machine sent.
func (g *swarm) lies(t, _ time.Duration) {
	a, b := g.twoPeers()
	commands := [...]core.Command{core.BACK, core.BACK, core.JOIN, core.STAY, core.PART, core.TICK, core.TOCK, core.CALL, core.CAST, core.BACK, core.MEET, core.VOID, core.Unknown}
	c := commands[g.Roll(len(commands))]
	body := ""
	switch g.Roll(3) {
	case 0:
		body = g.s.Network
	case 1:
		if c == core.BACK {
			break // it answers the newest call of its victim, whomever that asked
		}
		body = string(core.AppendPayload(nil, &core.Action{Command: core.CALL, ID: uint32(g.Roll(1 << 20)), Method: []byte(echo.Ping)}))
	}
	if body != "" && g.rare.headed && g.rare.heads.Chance(2) {
		c, body = core.WITH, g.forgedHead(body)
	}
	count := 1 + g.Roll(2)*g.Roll(30)
	if g.Chance(2) {
		as := a
		if g.Chance(4) {
			as = b // it claims the victim's own name
		}
		g.at(t, Forge{as, b, c, body, count})
		return
	}
	if c == core.BACK {
		third := g.anyPeer()
		for _, p := range g.s.Peers {
			if third == a || third == b {
				third = p.Name
			}
		}
		// The victim asks somebody else just before, so that there is a call to answer.
		g.at(t-min(t, g.s.Latency.Min), Calling{b, Request{To: []string{third}, Method: echo.Ping, Timeout: g.unit}})
	}
	g.at(t, Inject{a, b, c, body, count})
}

// users decides what the nodes' users call and cast, and when.
func (g *swarm) users() {
	methods := [...]string{echo.Ping, echo.Ping, echo.Ping, echo.Fail, "No.Such"}
	for i := range 5 + g.Roll(30) {
		n, other := g.twoPeers()
		r := Request{Method: methods[g.Roll(len(methods))], Timeout: g.Between(time.Millisecond, 4*g.unit), Idempotent: g.Chance(4)}
		if g.Chance(2) {
			r.To = []string{other}
		}
		g.odd(n, &r)
		g.head(&r)
		t := g.anyTime()
		switch g.Roll(6) {
		case 0:
			r.Timeout, r.Idempotent, r.Tell = 0, false, false
			g.at(t, Casting{n, r})
		case 1:
			r.Name = fmt.Sprintf("k%d", i+1)
			g.at(t, Calling{n, r})
			g.at(t+g.Between(0, r.Timeout), Cancel{r.Name})
		default:
			g.at(t, Calling{n, r})
		}
	}
}
