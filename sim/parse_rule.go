package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// command reads a command as it is on the wire; UNKNOWN is none of them.
func (p *parser) command(c *text.Cursor) core.Command {
	w := c.Word("a command such as JOIN")
	command := core.ParseCommand([]byte(w))
	if command == core.Unknown && w != "UNKNOWN" {
		c.FailWord("no command is called", w, commandWords())
	}
	return command
}

// rule reads what comes after "on": "STAY b->a #1 drop" or "JOIN a->b #2.. delay 5s
// then crash b".
func (p *parser) rule(c *text.Cursor) *FrameRule {
	r := &FrameRule{Command: p.command(c), From: c.Name()}
	c.Need("->")
	r.To = c.Name()
	p.knows(r.From, r.To)
	c.Need("#")
	r.First = uint32(c.Number(31))
	r.Last = r.First
	if c.Take("..") {
		if r.Last = 0; c.AtNumber() {
			r.Last = uint32(c.Number(31))
		}
	}
	if r.First == 0 || r.Last != 0 && r.Last < r.First {
		c.Fail("want #1, #2..5 or #3.. : ordinals begin at 1")
	}
	for c.More() && c.Peek() != "then" {
		p.fate(c, &r.Fate)
	}
	if c.Take("then") {
		if second := p.fault(c, &r.Then); second != nil {
			c.Fail("want connect with -> here")
		}
	} else if r.Fate == (Fate{}) {
		c.Fail("want what happens to the frame, or then and a fault")
	}
	return r
}

// fate reads one thing that happens to a frame; a rule may have several.
func (p *parser) fate(c *text.Cursor, f *Fate) {
	switch word := c.Word("what happens to the frame"); word {
	case "drop":
		f.Drop = true
		p.needsAdversary(word)
	case "dup":
		if f.Copies = 1; c.AtNumber() {
			f.Copies = int(c.Number(7))
		}
		p.needsAdversary(word)
	case "delay":
		f.Delay = c.Duration()
	case "reorder":
		f.Reorder, f.Delay = true, c.Duration()
		p.needsAdversary(word)
	case "corrupt":
		f.Corrupt = true
		p.needsAdversary(word)
	case "refuse":
		f.Refuse = true
	case "break":
		f.Break = true
	default:
		c.FailWord("nothing that befalls a frame is called", word, harms[:])
	}
}

// lastingFor reads "for 5s", if it is there.
func lastingFor(c *text.Cursor) time.Duration {
	if c.Take("for") {
		return c.Positive()
	}
	return 0
}
