package stream

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// Limits of a scenario: a file from anywhere must not take for ever.
const (
	connsMax        = 1000
	payloadBytesMax = 1 << 24
	messagesMax     = 10000
	addedBytesMax   = 1 << 20 // that a fault puts in
	carriedBytesMax = 1 << 28 // that a connection carries
	timeMax         = 10 * time.Minute
)

// header is the first line of a scenario.
var header = text.Header{Word: "bytes", Version: 1}

// Parse reads a scenario in the language that docs/SIMULATION.md describes. Its
// error is a *text.SyntaxError, which names the line.
func Parse(scenario string) (*Scenario, error) {
	p := parser{s: &Scenario{}}
	lines, err := text.Parse(scenario, header, &p)
	if err != nil {
		return nil, err
	}
	if wrong := p.missing(); wrong != "" {
		return nil, &text.SyntaxError{Line: lines, What: wrong}
	}
	return p.s, nil
}

// parser reads the scenario s.
type parser struct {
	s      *Scenario // as far as it is read
	seeded bool      // the line that begins with seed was read
}

// Comment keeps the comments at the top.
func (p *parser) Comment(comment string, heading bool) {
	if heading {
		p.s.Comments = append(p.s.Comments, comment)
	}
}

// Statement reads a line: what all connections share, a connection, a fault, or
// an expectation.
func (p *parser) Statement(_ int, c *text.Cursor) {
	switch {
	case c.Take("seed"):
		p.readSettings(c)
	case !p.seeded:
		c.Unexpected("want a line that begins with seed")
	case c.Take("connect"):
		p.readConn(c)
	case c.Take("fault"):
		p.readFault(c)
	case c.Take("expect"):
		c.Need("mark")
		m := c.Quoted()
		if !slices.Contains(markNames[:], m) {
			c.Fail("there is no mark " + strconv.Quote(m))
		}
		p.s.Marks = append(p.s.Marks, m)
	default:
		c.Unexpected("want connect, fault or expect")
	}
}

// readSettings reads what stands behind "seed".
func (p *parser) readSettings(c *text.Cursor) {
	s := p.s
	p.seeded = true
	s.Seed = c.Number(64)
	if s.Curve = c.Take("curve"); !s.Curve {
		c.Need("null")
	}
	c.Need("payload")
	s.PayloadMax = c.Within(1, payloadBytesMax)
	c.Need("handshake")
	if s.Handshake = moment(c); s.Handshake == 0 {
		c.Fail("want a handshake of some time: without bound it need not end")
	}
	if c.Take("heartbeat") {
		s.Interval, s.Timeout = moment(c), moment(c)
	}
	c.Need("halfopen")
	s.HalfOpenMax = c.Within(1, connsMax)
}

// ref reads the number of a connection that stands above.
func (p *parser) ref(c *text.Cursor) int {
	c.Need("#")
	n := c.Count()
	if n >= len(p.s.Conns) {
		c.Fail("there is no connection " + connNumber(n) + " above; they count from 0")
	}
	return n
}

// readConn reads what stands behind "connect".
func (p *parser) readConn(c *text.Cursor) {
	peer := slices.Index(peerNames[:], c.Word("a kind of dialling end"))
	if peer < 0 {
		c.Fail("want one of " + strings.Join(peerNames[:], ", "))
	}
	if len(p.s.Conns) == connsMax {
		c.Fail("want at most " + strconv.Itoa(connsMax) + " connections")
	}
	x := Conn{Peer: Peer(peer)}
	if x.Peer == Replayer {
		c.Need("like")
		x.Like = p.ref(c)
	}
	for c.More() {
		switch {
		case c.Take("at"):
			x.At = moment(c)
		case c.Take("sends"):
			x.Sends = c.Within(0, messagesMax)
		case c.Take("gets"):
			x.Gets = c.Within(0, messagesMax)
		case c.Take("sizes"):
			for c.AtNumber() {
				x.Sizes = append(x.Sizes, c.Within(0, p.s.PayloadMax))
			}
		case c.Take("every"):
			x.Every = moment(c)
		case c.Take("piece"):
			x.Piece = c.Count()
		case c.Take("window"):
			x.Window = c.Count()
		case c.Take("latency"):
			if x.Latency = c.Delay(); x.Latency.Max > timeMax/60 {
				c.Fail("want a latency of at most " + text.FormatDuration(timeMax/60))
			}
		case c.Take("admit"):
			x.Admit = moment(c)
		case c.Take("refuse"):
			x.Refuse = true
		case c.Take("breaks"):
			x.Breaks = moment(c)
		default:
			c.Unexpected("want at, sends, gets, sizes, every, piece, window, latency, admit, refuse or breaks")
		}
	}
	if x.messages()*x.largest() > carriedBytesMax {
		c.Fail("want at most " + strconv.Itoa(carriedBytesMax) + " bytes in all")
	}
	p.s.Conns = append(p.s.Conns, x)
}

// moment reads a duration that is short enough for sums of many.
func moment(c *text.Cursor) time.Duration {
	d := c.Duration()
	if d > timeMax {
		c.Fail("want at most " + text.FormatDuration(timeMax))
	}
	return d
}

// readFault reads what stands behind "fault".
func (p *parser) readFault(c *text.Cursor) {
	f := Fault{Conn: p.ref(c)}
	if c.Take(Listening.String()) {
		f.From = Listening
	} else {
		c.Need(Dialling.String())
	}
	c.Need("byte")
	f.At = c.Count()
	kind := slices.Index(faultNames[:], c.Word("a fault"))
	if kind < 0 {
		c.Fail("want one of " + strings.Join(faultNames[:], ", "))
	}
	f.Kind = FaultKind(kind)
	switch f.Kind {
	case Split, Stall:
		c.Need("for")
		f.For = moment(c)
	case Sever:
	case Flip:
		f.N = c.Within(0, 7)
	default:
		f.N = c.Within(0, addedBytesMax)
	}
	if f.Kind == Replay {
		c.Need("of")
		f.Like = p.ref(c)
		c.Need("from")
		f.Skip = c.Count()
	}
	p.s.Faults = append(p.s.Faults, f)
}

// missing says what is missing when everything was read, or "".
func (p *parser) missing() string {
	switch {
	case !p.seeded:
		return "want a line that begins with seed"
	case len(p.s.Conns) == 0:
		return "want a line that begins with connect"
	}
	return ""
}
