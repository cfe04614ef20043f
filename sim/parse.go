package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// header is the first line of a scenario that is not a comment. Its version is
// that of the language, and rises when old files would mean something else.
var header = text.Header{Word: "bilsim", Version: 1}

// A SyntaxError says what is wrong with a line of a scenario.
type SyntaxError = text.SyntaxError

// Parse reads a scenario. Its error is a *SyntaxError, which names the line.
func Parse(scenario string) (*Scenario, error) {
	p := parser{cursor: &text.Cursor{}, s: &Scenario{Settings: Settings{Network: "net"}}, names: map[string]bool{}, set: map[string]int{}, calls: map[string]callLine{}}
	lines, err := text.Parse(scenario, header, &p)
	if err != nil {
		return nil, err
	}
	if len(p.s.Peers) == 0 {
		return nil, &SyntaxError{Line: lines, What: `want "peers" and their names`}
	}
	for _, check := range p.later {
		if err := check(); err != nil {
			return nil, err
		}
	}
	if err := p.whole(); err != nil {
		return nil, err
	}
	if len(p.comment) > 0 { // those at the end belong to no statement
		p.s.Lines = append(p.s.Lines, Line{Comment: p.comment, Number: lines})
	}
	return p.s, nil
}

// parser reads the scenario s.
type parser struct {
	s       *Scenario           // as far as it is read
	line    int                 // the number of the one that is being read
	cursor  *text.Cursor        // of that line
	comment []string            // read and not yet part of a statement
	names   map[string]bool     // of peers so far
	set     map[string]int      // the settings so far, and their lines
	calls   map[string]callLine // that have a name, so far
	later   []func() error      // what can be checked only when everything is read
}

// Comment records a comment: before the first peer or statement it is prose
// about the whole scenario, afterwards it belongs to the statement that follows.
func (p *parser) Comment(comment string, _ bool) {
	if len(p.s.Peers)+len(p.s.Lines) > 0 {
		p.comment = append(p.comment, comment)
	} else {
		p.s.Prose = append(p.s.Prose, comment)
	}
}

// Statement reads a line: a fault, a rule, an expectation, or settings.
func (p *parser) Statement(line int, c *text.Cursor) {
	p.line, p.cursor = line, c
	l := Line{Number: line}
	switch {
	case c.Take("at"):
		p.moment(c, &l)
		both := p.fault(c, &l.Fault)
		p.add(l)
		if both != nil {
			p.add(Line{Number: line, At: l.At, Until: l.Until, Fault: both})
		}
	case c.Take("on"):
		l.Rule = p.rule(c)
		p.add(l)
	case c.Take("maybe"):
		c.Need("on")
		l.Rule = p.rule(c)
		l.Rule.Maybe = true
		p.add(l)
	case c.Take("expect"):
		l.Expect = p.expect(c)
		p.add(l)
	case c.Take("bound"):
		p.bound(c)
	case c.Take("turns"):
		p.turns(c)
	default:
		for c.More() {
			p.setting(c)
		}
	}
}

// add adds a statement, with the comment above it.
func (p *parser) add(l Line) {
	l.Comment, p.comment = p.comment, nil
	p.s.Lines = append(p.s.Lines, l)
}

// once notes a setting, which a scenario has once.
func (p *parser) once(c *text.Cursor, setting string) {
	if line, has := p.set[setting]; has {
		c.Fail(fmt.Sprintf("%s is set in line %d already: leave one of the two", setting, line))
		return
	}
	p.set[setting] = p.line
}

// setting reads one setting; a line may have several.
func (p *parser) setting(c *text.Cursor) {
	s := p.s
	word := c.Word("a setting or a statement")
	switch word {
	case "network", "seed", "model", "keys", "latency", "handler", "wake", "heartbeat", "queue", "scale", "firstcall", "run", "settle", "late", "real":
		p.once(c, word)
	}
	switch word {
	case "network":
		s.Network = c.Quoted()
	case "seed":
		s.Seed = c.Number(64)
	case "model":
		s.Model = p.model(c)
	case "keys":
		s.Keys = true
	case "latency":
		if s.Latency = c.Delay(); s.Latency.Max == 0 {
			c.Fail("want a latency above 0s")
		}
	case "handler":
		s.Handler = c.Delay()
	case "wake":
		s.Wake = c.Delay()
	case "heartbeat":
		if s.Heartbeat = -1; !c.Take("off") {
			s.Heartbeat = c.Positive()
		}
	case "queue":
		s.Queue = int32(p.positive(c))
	case "scale":
		s.Scale = c.Ratio()
		if s.Scale.Num == 0 || s.Scale.Num > 1000 || s.Scale.Den > 100_000 {
			c.Fail("want a scale between 1/100000 and 1000/1")
		}
	case "firstcall":
		if s.FirstCall = uint32(c.Number(32)); s.FirstCall == 0 {
			c.Fail("call ids are 1 to 4294967295")
		}
	case "run":
		s.RunFor = c.Positive()
	case "settle":
		s.Settle = true
	case "real":
		p.notReal(c)
	case "late":
		s.Rates.DelayBy = c.Delay()
	case "peers", "old", "blind":
		p.peers(c, word)
	case "peer":
		p.stranger(c)
	default:
		p.counts(c, word)
	}
}

// transports are those of which "real no on" may speak.
var transports = [...]string{"zmtp", "libzmq"}

// notReal reads why the scenario is not for sockets: no "it takes a day", or no on libzmq
// "it does not tell of lost links".
func (p *parser) notReal(c *text.Cursor) {
	c.Need("no")
	if c.Take("on") {
		if p.s.NotRealOn = c.Word("a transport"); !slices.Contains(transports[:], p.s.NotRealOn) {
			c.FailWord("no transport is called", p.s.NotRealOn, transports[:])
		}
	}
	if p.s.NotReal = c.Quoted(); p.s.NotReal == "" {
		c.Fail("want the reason, as in real no \"it takes a day\"")
	}
}

// model reads the name of a model.
func (p *parser) model(c *text.Cursor) Model {
	switch w := c.Word("physical or adversarial"); w {
	case "physical":
		return Physical
	case "adversarial":
		return Adversarial
	default:
		c.Fail("want physical or adversarial instead of " + strconv.Quote(w) + near(text.Nearest(w, []string{"physical", "adversarial"})))
	}
	return Physical
}

// counts reads the settings that consist of a name and a value: "timing join 1s",
// "limit calls 2", "rate drop 1/50".
func (p *parser) counts(c *text.Cursor, word string) {
	switch word {
	case "timing":
		name := c.Word("a constant of the protocol")
		for _, f := range timingFields {
			if f.name == name {
				p.once(c, "timing "+name)
				*f.of(&p.s.Timing) = c.Positive()
				return
			}
		}
		for _, f := range timingCounts {
			if f.name == name {
				p.once(c, "timing "+name)
				*f.of(p.s) = p.positive(c)
				return
			}
		}
		c.FailWord("no constant is called", name, append(names(timingFields[:], timingField.called), names(timingCounts[:], countField.called)...))
	case "limit":
		name := c.Word("a limit")
		for _, f := range limitFields {
			if f.name == name {
				p.once(c, "limit "+name)
				*f.of(p.s) = p.positive(c)
				return
			}
		}
		c.FailWord("no limit is called", name, names(limitFields[:], countField.called))
	case "rate":
		name := c.Word("a fault of frames")
		for _, f := range rateFields {
			if f.name == name {
				p.once(c, "rate "+name)
				p.rate(c, f)
				return
			}
		}
		c.FailWord("no fault of frames is called", name, names(rateFields[:], rateField.called))
	default:
		hint := ""
		if name := rateCalled(word); name != "" {
			hint = `: write "rate ` + name + ` 5/100" for five frames in a hundred`
		} else {
			hint = near(text.Nearest(word, statements[:]))
		}
		c.Fail("no setting or statement is called " + strconv.Quote(word) + hint)
	}
}

// rate reads the probability of a fault.
func (p *parser) rate(c *text.Cursor, f rateField) {
	r := f.of(&p.s.Rates)
	if *r = c.Ratio(); r.Num > r.Den {
		c.Fail("want a ratio of at most 1/1 instead of " + text.FormatRatio(*r))
	}
	if f.adversarial {
		p.needsAdversary("rate " + f.name)
	}
}

// rateCalled returns the fault of frames that a reader may mean by a word.
func rateCalled(word string) string {
	switch word {
	case "loss", "lose":
		return "drop"
	case "duplicate":
		return "dup"
	}
	for _, f := range rateFields {
		if f.name == word {
			return word
		}
	}
	return ""
}

// positive reads a count above 0, which stands for the default.
func (p *parser) positive(c *text.Cursor) int {
	n := c.Count()
	if n == 0 {
		c.Fail("want a number above 0")
	}
	return n
}

// needsAdversary has the model checked once it is known.
func (p *parser) needsAdversary(what string) {
	line, c := p.line, p.cursor
	word := what[strings.LastIndexByte(what, ' ')+1:]
	p.later = append(p.later, func() error {
		if p.s.Model == Adversarial {
			return nil
		}
		return &SyntaxError{Line: line, Place: c.Find(word), What: what + ` needs "model adversarial": inside a connection the physical model loses, doubles and reorders nothing; use break, delay, clog or partition`}
	})
}

// knows has a peer's name checked once all are known.
func (p *parser) knows(names ...string) {
	line, c := p.line, p.cursor
	p.later = append(p.later, func() error {
		for _, name := range names {
			if !p.names[name] {
				hint := ""
				if near := text.Nearest(name, p.known()); near != "" {
					hint = ", or did you mean " + text.FormatName(near) + "?"
				}
				return &SyntaxError{Line: line, Place: c.Find(name), What: fmt.Sprintf("no peer is called %q: name it in a line \"peers ...\"%s", name, hint)}
			}
		}
		return nil
	})
}

// peers reads the names of peers of one kind, up to the next setting.
func (p *parser) peers(c *text.Cursor, kind string) {
	for first := true; first || c.More() && !c.AtKeyword(); first = false {
		p.addPeer(c, Peer{Name: c.Name(), Old: kind == "old", Blind: kind == "blind"})
	}
}

// stranger reads a peer that is not like the others: "e network "other" old blind",
// "e as a".
func (p *parser) stranger(c *text.Cursor) {
	peer := Peer{Name: c.Name()}
	for c.More() {
		switch {
		case c.Take("old"):
			peer.Old = true
		case c.Take("blind"):
			peer.Blind = true
		case c.Take("as"):
			peer.As = c.Name()
		default:
			c.Need("network")
			network := c.Quoted()
			peer.Network = &network
		}
	}
	p.addPeer(c, peer)
}

// addPeer adds a peer, whose name has to be legal and new.
func (p *parser) addPeer(c *text.Cursor, peer Peer) {
	switch {
	case !c.OK():
	case !core.LegalName(peer.Name), peer.As != "" && !core.LegalName(peer.As):
		c.Fail("a peer's name has 1 to 255 bytes, the first not zero")
	case p.names[peer.Name]:
		c.Fail("there are two peers called " + strconv.Quote(peer.Name))
	default:
		p.names[peer.Name] = true
		p.s.Peers = append(p.s.Peers, peer)
	}
}
