package sim

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Parse reads a scenario. Its error is a *SyntaxError, which names the line.
func Parse(text string) (*Scenario, error) {
	p := parser{s: &Scenario{Network: "net"}, names: map[string]bool{}}
	for i, line := range strings.Split(text, "\n") {
		p.line = i + 1
		if wrong := p.readLine(line); wrong != "" {
			return nil, &SyntaxError{p.line, wrong}
		}
	}
	if !p.version {
		return nil, &SyntaxError{1, `want "bilsim 1" as the first line that is not a comment`}
	}
	if len(p.s.Peers) == 0 {
		return nil, &SyntaxError{p.line, `want "peers" and their names`}
	}
	for _, check := range p.later {
		if err := check(); err != nil {
			return nil, err
		}
	}
	p.s.Lines = append(p.s.Lines, p.trailing()...)
	return p.s, nil
}

type parser struct {
	s       *Scenario
	line    int
	version bool
	comment []string // read and not yet part of a statement
	names   map[string]bool
	later   []func() error // what can be checked only when everything is read
}

// trailing keeps the comments at the end of the file.
func (p *parser) trailing() []Line {
	if len(p.comment) == 0 {
		return nil
	}
	return []Line{{Comment: p.comment, Number: p.line}}
}

func (p *parser) readLine(line string) string {
	toks, comment, has, wrong := lexLine(line)
	if wrong != "" {
		return wrong
	}
	if has {
		if p.version && len(p.s.Peers)+len(p.s.Lines) > 0 {
			p.comment = append(p.comment, comment)
		} else {
			p.s.Prose = append(p.s.Prose, comment)
		}
	}
	if len(toks) == 0 {
		return ""
	}
	c := &cursor{toks: toks}
	if !p.version {
		c.need("bilsim")
		if v := c.number(31); c.wrong == "" && v != Version {
			c.fail("this program reads version " + strconv.Itoa(Version) + " of the language")
		}
		p.version = c.wrong == ""
	} else {
		p.statement(c)
	}
	if c.wrong == "" && c.more() {
		c.unexpected("want the end of the line")
	}
	return c.wrong
}

func (p *parser) statement(c *cursor) {
	l := Line{Number: p.line}
	switch {
	case c.take("at"):
		l.At = c.duration()
		both := p.fault(c, &l.Fault)
		p.add(l)
		if both != nil {
			p.add(Line{Number: p.line, At: l.At, Fault: both})
		}
	case c.take("on"):
		l.Rule = p.rule(c)
		p.add(l)
	case c.take("expect"):
		l.Expect = p.expect(c)
		p.add(l)
	default:
		for c.more() {
			p.setting(c)
		}
	}
}

func (p *parser) add(l Line) {
	l.Comment, p.comment = p.comment, nil
	p.s.Lines = append(p.s.Lines, l)
}

// setting reads one setting; a line may have several.
func (p *parser) setting(c *cursor) {
	s := p.s
	word := c.word("a setting or a statement")
	switch word {
	case "network":
		s.Network = c.str()
	case "seed":
		s.Seed = c.number(64)
	case "model":
		s.Model = p.model(c)
	case "keys":
		s.Keys = true
	case "latency":
		s.Latency = c.delay()
	case "handler":
		s.Handler = c.delay()
	case "wake":
		s.Wake = c.delay()
	case "heartbeat":
		if s.Heartbeat = -1; !c.take("off") {
			s.Heartbeat = c.duration()
		}
	case "queue":
		s.Queue = int32(c.count())
	case "scale":
		s.Scale = c.ratio()
		if s.Scale.Num == 0 || s.Scale.Num > 1000 || s.Scale.Den > 100_000 {
			c.fail("want a scale between 1/100000 and 1000/1")
		}
	case "run":
		s.RunFor = c.duration()
	case "settle":
		s.Settle = true
	case "late":
		s.Rates.DelayBy = c.delay()
	case "peers", "old", "blind":
		p.peers(c, word)
	case "peer":
		p.stranger(c)
	default:
		p.counts(c, word)
	}
}

func (p *parser) model(c *cursor) Model {
	switch w := c.word("physical or adversarial"); w {
	case "physical":
		return Physical
	case "adversarial":
		return Adversarial
	default:
		c.fail("want physical or adversarial instead of " + strconv.Quote(w))
	}
	return Physical
}

// counts reads the settings that consist of a name and a value.
func (p *parser) counts(c *cursor, word string) {
	switch word {
	case "timing":
		name := c.word("a constant of the protocol")
		for _, f := range timingFields {
			if f.name == name {
				*f.of(&p.s.Timing) = c.duration()
				return
			}
		}
		for _, f := range timingCounts {
			if f.name == name {
				*f.of(p.s) = c.count()
				return
			}
		}
		c.fail("no constant is called " + strconv.Quote(name))
	case "limit":
		name := c.word("a limit")
		for _, f := range limitFields {
			if f.name == name {
				*f.of(p.s) = c.count()
				return
			}
		}
		c.fail("no limit is called " + strconv.Quote(name))
	case "rate":
		name := c.word("a fault of frames")
		for _, f := range rateFields {
			if f.name == name {
				*f.of(&p.s.Rates) = c.ratio()
				if f.adv {
					p.needsAdversary("rate " + name)
				}
				return
			}
		}
		c.fail("no fault of frames is called " + strconv.Quote(name))
	default:
		c.fail("no setting or statement is called " + strconv.Quote(word))
	}
}

// needsAdversary has the model checked once it is known.
func (p *parser) needsAdversary(what string) {
	line := p.line
	p.later = append(p.later, func() error {
		if p.s.Model == Adversarial {
			return nil
		}
		return &SyntaxError{line, what + ` needs "model adversarial": inside a connection the physical model loses, doubles and reorders nothing; use break, delay, clog or partition`}
	})
}

// knows has a peer's name checked once all are known.
func (p *parser) knows(names ...string) {
	line := p.line
	p.later = append(p.later, func() error {
		for _, name := range names {
			if !p.names[name] {
				return &SyntaxError{line, fmt.Sprintf("no peer is called %q: name it in a line \"peers ...\"", name)}
			}
		}
		return nil
	})
}

func (p *parser) peers(c *cursor, kind string) {
	for first := true; first || c.more() && (c.toks[0].quoted || !keywords[c.toks[0].text]); first = false {
		p.addPeer(c, Peer{Name: c.name(), Old: kind == "old", Blind: kind == "blind"})
	}
}

// stranger reads a peer with a network of its own.
func (p *parser) stranger(c *cursor) {
	peer := Peer{Name: c.name()}
	for c.more() {
		switch {
		case c.take("old"):
			peer.Old = true
		case c.take("blind"):
			peer.Blind = true
		default:
			c.need("network")
			network := c.str()
			peer.Network = &network
		}
	}
	p.addPeer(c, peer)
}

func (p *parser) addPeer(c *cursor, peer Peer) {
	switch {
	case c.wrong != "":
	case !core.LegalName(peer.Name):
		c.fail("a peer's name has 1 to 255 bytes, the first not zero")
	case p.names[peer.Name]:
		c.fail("there are two peers called " + strconv.Quote(peer.Name))
	default:
		p.names[peer.Name] = true
		p.s.Peers = append(p.s.Peers, peer)
	}
}

func (p *parser) command(c *cursor) core.Command {
	w := c.word("a command such as JOIN")
	command := core.ParseCommand([]byte(w))
	if command == core.Unknown && c.wrong == "" && w != "UNKNOWN" {
		c.fail("no command is called " + strconv.Quote(w))
	}
	return command
}

// rule reads what comes after "on".
func (p *parser) rule(c *cursor) *FrameRule {
	r := &FrameRule{Command: p.command(c), From: c.name()}
	c.need("->")
	r.To = c.name()
	p.knows(r.From, r.To)
	c.need("#")
	r.First = uint32(c.number(31))
	r.Last = r.First
	if c.take("..") {
		if r.Last = 0; c.more() && isNumber(c.peek()) {
			r.Last = uint32(c.number(31))
		}
	}
	if c.wrong == "" && (r.First == 0 || r.Last != 0 && r.Last < r.First) {
		c.fail("want #1, #2..5 or #3.. : ordinals begin at 1")
	}
	for c.more() && c.peek() != "then" {
		p.fate(c, &r.Fate)
	}
	if c.take("then") {
		if second := p.fault(c, &r.Then); second != nil {
			c.fail("want connect with -> here")
		}
	} else if c.wrong == "" && r.Fate == (Fate{}) {
		c.fail("want what happens to the frame, or then and a fault")
	}
	return r
}

func isNumber(w string) bool { return len(w) > 0 && w[0] >= '0' && w[0] <= '9' }

func (p *parser) fate(c *cursor, f *Fate) {
	switch word := c.word("what happens to the frame"); word {
	case "drop":
		f.Drop = true
		p.needsAdversary(word)
	case "dup":
		if f.Copies = 1; isNumber(c.peek()) {
			f.Copies = int(c.number(7))
		}
		p.needsAdversary(word)
	case "delay":
		f.Delay = c.duration()
	case "reorder":
		f.Reorder, f.Delay = true, c.duration()
		p.needsAdversary(word)
	case "corrupt":
		f.Corrupt = true
		p.needsAdversary(word)
	case "refuse":
		f.Refuse = true
	case "break":
		f.Break = true
	default:
		c.fail("a frame can drop, dup, delay, reorder, corrupt, refuse or break, not " + strconv.Quote(word))
	}
}

// lasting reads "for 5s", if it is there.
func lastingFor(c *cursor) time.Duration {
	if c.take("for") {
		return c.duration()
	}
	return 0
}
