package sim

import (
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// fault reads what comes after a time. It returns a second fault for "a <-> b".
func (p *parser) fault(c *cursor, f *Fault) (second Fault) {
	verb := c.word("what happens")
	switch verb {
	case "connect":
		return p.connect(c, f)
	case "disconnect":
		from, to := p.way(c)
		*f = Disconnect{from, to}
	case "call", "cast":
		*f = p.request(c, verb)
	case "cancel":
		*f = Cancel{c.name()}
	case "stop", "crash", "vanish", "restart", "pause", "resume", "slow", "deaf", "isolate", "clock":
		*f = p.nodeFault(c, verb)
	case "partition":
		*f = p.partition(c)
	case "bridge":
		*f = p.bridge(c)
	case "cut", "clog", "full":
		*f = p.wayFault(c, verb)
	case "break":
		b := Break{A: c.name()}
		c.need("-")
		b.B = c.name()
		p.knows(b.A, b.B)
		*f = b
	case "forge", "inject":
		*f = p.lie(c, verb)
	case "heal":
		*f = Heal{}
	default:
		c.fail("nothing is called " + strconv.Quote(verb))
	}
	return nil
}

func (p *parser) connect(c *cursor, f *Fault) (second Fault) {
	x := Connect{From: c.name()}
	both := c.take("<->")
	if !both {
		c.need("->")
	}
	x.To = c.name()
	if c.take("at") {
		x.Address = c.name()
	}
	p.knows(x.From)
	*f = x
	if !both {
		return nil
	}
	p.knows(x.To)
	if x.Address != "" {
		c.fail("an address goes with -> only")
	}
	return Connect{From: x.To, To: x.From}
}

// way reads "a -> b".
func (p *parser) way(c *cursor) (from, to string) {
	from = c.name()
	c.need("->")
	to = c.name()
	p.knows(from)
	return from, to
}

const defaultTimeout = 2 * time.Second

func (p *parser) request(c *cursor, verb string) Fault {
	from := c.name()
	p.knows(from)
	c.need("->")
	r := Request{Timeout: defaultTimeout}
	if !c.take("all") {
		r.To = append(r.To, c.name())
		for c.take(",") {
			r.To = append(r.To, c.name())
		}
	}
	r.Method = c.word("a method such as Echo.Ping")
	if c.take("timeout") {
		r.Timeout = c.duration()
	}
	r.Idempotent = c.take("idempotent")
	if c.take("as") {
		r.Name = c.name()
	}
	if verb == "cast" {
		r.Timeout, r.Idempotent = 0, false
		return Casting{from, r}
	}
	return Calling{from, r}
}

func (p *parser) nodeFault(c *cursor, verb string) Fault {
	n := c.name()
	p.knows(n)
	switch verb {
	case "stop":
		return Stop{n}
	case "crash":
		return Crash{n}
	case "vanish":
		return Vanish{n}
	case "restart":
		return Restart{Node: n, Forget: c.take("forgetting"), Same: c.take("same")}
	case "pause":
		return Pause{n, lastingFor(c)}
	case "resume":
		return Resume{n}
	case "slow":
		c.need("by")
		by := c.duration()
		return Slow{n, by, lastingFor(c)}
	case "deaf":
		return Deaf{n, lastingFor(c)}
	case "clock":
		return p.clock(c, n)
	}
	return Isolate{n, lastingFor(c)}
}

func (p *parser) clock(c *cursor, n string) Fault {
	switch {
	case c.take("freeze"):
		return Clock{Node: n, Freeze: true, For: lastingFor(c)}
	case c.take("step"):
		back := c.take("-")
		if !back {
			c.take("+")
		}
		d := c.duration()
		if c.wrong == "" && d == 0 {
			c.fail("a step of 0s is none")
		}
		if back {
			d = -d
		}
		return Clock{Node: n, Step: d}
	}
	c.need("drift")
	sign := int64(1)
	if c.take("-") {
		sign = -1
	}
	ppm := c.number(31)
	c.need("ppm")
	if ppm > 500_000 {
		c.fail("a clock drifts by at most 500000 ppm")
	}
	return Clock{Node: n, Drift: sign * int64(ppm)}
}

func (p *parser) partition(c *cursor) Fault {
	x := Partition{Groups: [][]string{p.group(c)}}
	for c.take("|") {
		x.Groups = append(x.Groups, p.group(c))
	}
	if len(x.Groups) < 2 && c.wrong == "" {
		c.fail("a partition has two groups or more: {a} | {b}")
	}
	x.For = lastingFor(c)
	return x
}

// bridge reads "{a} | {b} via c": the groups reach each other's members by c's
// calls only, which is a partition that c is in no group of.
func (p *parser) bridge(c *cursor) Fault {
	x := Partition{Groups: [][]string{p.group(c)}}
	for c.take("|") {
		x.Groups = append(x.Groups, p.group(c))
	}
	c.need("via")
	via := c.name()
	p.knows(via)
	for _, g := range x.Groups {
		if contains(g, via) {
			c.fail("the bridge can't be in one of the groups")
		}
	}
	x.For = lastingFor(c)
	return x
}

func (p *parser) group(c *cursor) []string {
	c.need("{")
	var names []string
	for c.more() && !c.take("}") {
		names = append(names, c.name())
		if !c.more() {
			c.fail("a group without its closing }")
		}
	}
	p.knows(names...)
	return names
}

func (p *parser) wayFault(c *cursor, verb string) Fault {
	from, to := p.way(c)
	p.knows(to)
	d := lastingFor(c)
	switch verb {
	case "cut":
		return Cut{from, to, d}
	case "clog":
		return Clog{from, to, d}
	}
	return Full{from, to, d}
}

// lie reads a forged or injected frame.
func (p *parser) lie(c *cursor, verb string) Fault {
	from := c.name()
	c.need("->")
	to := c.name()
	p.knows(to)
	command := p.command(c)
	body, count := "", 1
	if c.more() && c.toks[0].quoted {
		body = c.str()
	}
	if w := c.peek(); strings.HasPrefix(w, "x") {
		n, err := strconv.ParseUint(c.word("a count such as x100")[1:], 10, 20)
		if err != nil || n == 0 {
			c.fail("want a count such as x100")
		}
		count = int(n)
	}
	if verb == "forge" {
		return Forge{from, to, command, body, count}
	}
	p.knows(from)
	return Inject{from, to, command, body, count}
}

// expect reads what comes after "expect".
func (p *parser) expect(c *cursor) *Expect {
	e := &Expect{}
	switch word := c.peek(); {
	case word == "linked" || word == "unlinked":
		c.next("")
		e.kind = expectLinked
		e.a, e.b = c.name(), c.name()
		p.knows(e.a, e.b)
		if word == "unlinked" {
			e.kind = expectUnlinked
		} else if c.take("within") {
			p.within(c, e)
			return e
		}
		c.need("at")
		e.at = c.duration()
	case word == "active" || word == "inactive":
		c.next("")
		e.kind = expectActive
		if word == "inactive" {
			e.kind = expectInactive
		}
		e.a, e.b = c.name(), c.name()
		p.knows(e.a)
		c.need("at")
		e.at = c.duration()
	case word == "backoff":
		c.next("")
		e.kind = expectBackoff
		e.a, e.b, e.n = c.name(), c.name(), c.count()
		p.knows(e.a)
		c.need("at")
		e.at = c.duration()
	case word == "mark":
		c.next("")
		e.kind, e.text = expectMark, p.markName(c)
	case word == "drop":
		c.next("")
		e.kind = expectDrop
		e.text = p.dashed(c)
		c.need("at")
		e.a = c.name()
		p.knows(e.a)
	case word == "ran":
		c.next("")
		e.kind = expectRan
		e.text = c.name()
		c.need("at")
		e.b = c.name()
		e.n = c.count()
	default:
		p.expectCall(c, e)
	}
	return e
}

func (p *parser) within(c *cursor, e *Expect) {
	if e.within = c.duration(); e.within == 0 && c.wrong == "" {
		c.fail("want a duration above 0s")
	}
	c.need("of")
	if e.ofHeal = c.take("heal"); !e.ofHeal {
		c.need("start")
	}
}

func (p *parser) markName(c *cursor) string {
	text := c.str()
	for _, name := range markNames {
		if name == text {
			return text
		}
	}
	if c.wrong == "" {
		c.fail("no mark is called " + strconv.Quote(text))
	}
	return text
}

// dashed reads a word with dashes, such as own-name.
func (p *parser) dashed(c *cursor) string {
	text := c.word("a reason such as own-name")
	for c.take("-") {
		text += "-" + c.word("a word")
	}
	for d := core.Drop(1); c.wrong == ""; d++ {
		switch name := d.String(); {
		case name == text:
			return text
		case strings.HasPrefix(name, "drop("): // past the last one
			c.fail("no reason for a drop is called " + strconv.Quote(text))
		}
	}
	return text
}

func (p *parser) expectCall(c *cursor, e *Expect) {
	e.text = c.name()
	if c.take("done") {
		e.kind = expectDone
		c.need("within")
		e.within = c.duration()
		return
	}
	e.kind = expectRow
	c.need("from")
	e.b = c.name()
	word := c.word("an outcome")
	for _, o := range outcomeWords {
		if o.word == word {
			e.outcome = o.outcome
			return
		}
	}
	if c.wrong == "" {
		c.fail("no outcome is called " + strconv.Quote(word))
	}
}
