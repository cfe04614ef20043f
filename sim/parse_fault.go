package sim

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// fault reads what comes after a time, or after "then" in a rule. It returns a
// second fault for "a <-> b". Names are checked once all are known: the lines of
// peers may come later.
func (p *parser) fault(c *text.Cursor, f *Fault) (second Fault) {
	verb := c.Word("what happens")
	switch verb {
	case "connect":
		return p.connect(c, f)
	case "disconnect":
		from, to := p.way(c)
		p.two(c, "disconnect", from, to)
		*f = Disconnect{from, to}
	case "redial":
		from, to := p.way(c)
		p.two(c, "redial", from, to)
		*f = Redial{from, to}
	case "call", "cast":
		*f = p.request(c, verb)
	case "cancel":
		x := Cancel{c.Name()}
		p.canceled(x.Call)
		*f = x
	case "stop", "crash", "vanish", "restart", "pause", "resume", "slow", "deaf", "isolate", "clock":
		*f = p.nodeFault(c, verb)
	case "partition":
		*f = p.partition(c)
	case "bridge":
		*f = p.bridge(c)
	case "cut", "clog", "full":
		*f = p.wayFault(c, verb)
	case "break":
		b := Break{A: c.Name()}
		c.Need("-")
		b.B = c.Name()
		if c.Peek() == "-" {
			c.Fail("a name with a dash in it stands in quotes: break \"a-1\" - b")
		}
		p.knows(b.A, b.B)
		p.two(c, "break", b.A, b.B)
		*f = b
	case "forge", "inject":
		*f = p.lie(c, verb)
	case "heal":
		*f = Heal{}
	default:
		c.FailWord("nothing is called", verb, verbs[:])
	}
	return nil
}

// connect reads "a -> b", with an address behind it, or "a <-> b".
func (p *parser) connect(c *text.Cursor, f *Fault) (second Fault) {
	x := Connect{From: c.Name()}
	both := c.Take("<->")
	if !both {
		c.Need("->")
	}
	x.To = c.Name()
	if c.Take("at") {
		x.Address = c.Name()
	}
	p.knows(x.From)
	p.two(c, "connect", x.From, x.To)
	*f = x
	if !both {
		return nil
	}
	p.knows(x.To)
	if x.Address != "" {
		c.Fail("an address goes with -> only")
	}
	return Connect{From: x.To, To: x.From}
}

// two demands that the ends of something are not one node.
func (p *parser) two(c *text.Cursor, verb, a, b string) {
	if a == b {
		c.Fail(verb + " is about two peers, and " + text.FormatName(a) + " is one")
	}
}

// way reads "a -> b".
func (p *parser) way(c *text.Cursor) (from, to string) {
	from = c.Name()
	c.Need("->")
	to = c.Name()
	p.knows(from)
	return from, to
}

// defaultTimeout is that of a call that does not say one.
const defaultTimeout = 2 * time.Second

// sizeMost bounds the arguments of a call.
const sizeMost = 64 << 10

// request reads a call or a cast: "a -> b,c Echo.Ping size 99 head 9 timeout 5s tell idempotent
// as k1", and "all" for everybody that is active.
func (p *parser) request(c *text.Cursor, verb string) Fault {
	from := c.Name()
	p.knows(from)
	c.Need("->")
	r := Request{Timeout: defaultTimeout}
	if !c.Take("all") {
		r.To = append(r.To, c.Name())
		for c.Take(",") {
			r.To = append(r.To, c.Name())
		}
	}
	r.Method = c.Word("a method such as Echo.Ping")
	if c.Take("size") {
		r.Size = c.Within(1, sizeMost)
	}
	if c.Take("head") {
		r.Head = c.Within(1, sizeMost)
	}
	if c.Take("timeout") {
		r.Timeout = c.Duration()
	}
	r.Tell = c.Take("tell")
	r.Idempotent = c.Take("idempotent")
	if c.Take("as") {
		r.Name = c.Name()
	}
	if verb == "cast" {
		r.Timeout, r.Idempotent, r.Tell = 0, false, false
	}
	p.named(c, from, r, verb)
	if verb == "cast" {
		return Casting{from, r}
	}
	return Calling{from, r}
}

// nodeFault reads what happens to one node:
//
//	crash a                      pause a for 5s
//	restart a forgetting same    clock a step -10s
func (p *parser) nodeFault(c *text.Cursor, verb string) Fault {
	n := c.Name()
	p.knows(n)
	switch verb {
	case "stop":
		return Stop{n}
	case "crash":
		return Crash{n}
	case "vanish":
		return Vanish{n}
	case "restart":
		return Restart{Node: n, Forget: c.Take("forgetting"), Same: c.Take("same")}
	case "pause":
		return Pause{n, lastingFor(c)}
	case "resume":
		p.paused(n)
		return Resume{n}
	case "slow":
		c.Need("by")
		by := c.Positive()
		return Slow{n, by, lastingFor(c)}
	case "deaf":
		return Deaf{n, lastingFor(c)}
	case "clock":
		return p.clock(c, n)
	}
	return Isolate{n, lastingFor(c)}
}

// clock reads what happens to a clock: "freeze", "step +5s", "rewind 5s" or "drift
// -200 ppm".
func (p *parser) clock(c *text.Cursor, n string) Fault {
	switch {
	case c.Take("rewind"):
		return Clock{Node: n, Step: -c.Positive(), Rewind: true}
	case c.Take("freeze"):
		return Clock{Node: n, Freeze: true, For: lastingFor(c)}
	case c.Take("step"):
		back := c.Take("-")
		if !back {
			c.Take("+")
		}
		d := c.Duration()
		if d == 0 {
			c.Fail("a step of 0s is none")
		}
		if back {
			d = -d
		}
		return Clock{Node: n, Step: d}
	}
	c.Need("drift")
	sign := int64(1)
	if c.Take("-") {
		sign = -1
	}
	ppm := c.Number(31)
	c.Need("ppm")
	if ppm > 500_000 {
		c.Fail("a clock drifts by at most 500000 ppm")
	}
	return Clock{Node: n, Drift: sign * int64(ppm)}
}

// partition reads two groups or more.
func (p *parser) partition(c *text.Cursor) Fault {
	x := Partition{Groups: p.groups(c)}
	if len(x.Groups) < 2 {
		c.Fail("a partition has two groups or more: {a} | {b}")
	}
	x.For = lastingFor(c)
	return x
}

// bridge reads "{a} | {b} via c": the groups reach each other's members by c's
// calls only, which is a partition that c is in no group of.
func (p *parser) bridge(c *text.Cursor) Fault {
	x := Partition{Groups: p.groups(c)}
	if len(x.Groups) < 2 {
		c.Fail("a bridge has two groups or more: {a} | {b} via c")
	}
	c.Need("via")
	via := c.Name()
	p.knows(via)
	for _, g := range x.Groups {
		if slices.Contains(g, via) {
			c.Fail("the bridge can't be in one of the groups")
		}
	}
	x.For = lastingFor(c)
	return x
}

// groups reads "{a b} | {c}". No peer is in two of them, and none is empty.
func (p *parser) groups(c *text.Cursor) [][]string {
	groups := [][]string{p.group(c)}
	for c.Take("|") {
		groups = append(groups, p.group(c))
	}
	in := map[string]bool{}
	for _, g := range groups {
		if len(g) == 0 {
			c.Fail("a group without a peer: {a} | {b}")
		}
		for _, name := range g {
			if in[name] {
				c.Fail(text.FormatName(name) + " is named twice: a peer is in one group")
			}
			in[name] = true
		}
	}
	return groups
}

// group reads "{a b}".
func (p *parser) group(c *text.Cursor) []string {
	c.Need("{")
	var names []string
	for c.More() && !c.Take("}") {
		names = append(names, c.Name())
		if !c.More() {
			c.Fail("a group without its closing }")
		}
	}
	p.knows(names...)
	return names
}

// wayFault reads what happens to the way from one node to another: "cut a -> b for
// 5s".
func (p *parser) wayFault(c *text.Cursor, verb string) Fault {
	from, to := p.way(c)
	p.knows(to)
	p.two(c, verb, from, to)
	d := lastingFor(c)
	switch verb {
	case "cut":
		return Cut{from, to, d}
	case "clog":
		return Clog{from, to, d}
	}
	return Full{from, to, d}
}

// lie reads a forged or injected frame: "x -> b JOIN "net" x100". A forged one may
// come from a name that no peer has.
func (p *parser) lie(c *text.Cursor, verb string) Fault {
	from := c.Name()
	c.Need("->")
	to := c.Name()
	p.knows(to)
	command := p.command(c)
	body, count := "", 1
	if c.AtQuoted() {
		body = c.Quoted()
	}
	if w := c.Peek(); strings.HasPrefix(w, "x") {
		n, err := strconv.ParseUint(c.Word("a count such as x100")[1:], 10, 20)
		if err != nil || n == 0 {
			c.Fail("want a count such as x100")
		}
		count = int(n)
	}
	if verb == "forge" {
		return Forge{from, to, command, body, count}
	}
	p.knows(from)
	p.two(c, verb, from, to)
	return Inject{from, to, command, body, count}
}
