package sim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of a scenario of bytes: a file from anywhere must not take for ever.
const (
	streamConnsMax   = 1000
	streamPayloadMax = 1 << 24
	streamCountMax   = 10000
	streamBytesMax   = 1 << 20 // that a fault puts in
	streamTotalMax   = 1 << 28 // that a connection carries
	streamTimeMax    = 10 * time.Minute
)

// ParseStream reads a scenario of bytes. What is wrong with it is a
// *SyntaxError, which names the line.
func ParseStream(text string) (*StreamScenario, error) {
	p := streamParser{s: &StreamScenario{}}
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if wrong := p.readLine(line); wrong != "" {
			return nil, &SyntaxError{number, wrong}
		}
	}
	if wrong := p.whole(); wrong != "" {
		return nil, &SyntaxError{number, wrong}
	}
	return p.s, nil
}

type streamParser struct {
	s               *StreamScenario
	version, header bool
}

func (p *streamParser) readLine(text string) string {
	toks, comment, has, wrong := lexLine(text)
	if wrong != "" {
		return wrong
	}
	if has && !p.version && len(toks) == 0 {
		p.s.Comments = append(p.s.Comments, comment)
	}
	if len(toks) == 0 {
		return ""
	}
	c := &cursor{toks: toks}
	switch {
	case !p.version:
		c.need("bytes")
		if c.number(31) != 1 {
			c.fail("this reads version 1")
		}
		p.version = true
	case c.take("seed"):
		p.readHeader(c)
	case !p.header:
		c.unexpected("want a line that begins with seed")
	case c.take("connect"):
		p.readConn(c)
	case c.take("fault"):
		p.readFault(c)
	case c.take("expect"):
		c.need("mark")
		m := c.str()
		if !isStreamMark(m) {
			c.fail("there is no mark " + strconv.Quote(m))
		}
		p.s.Marks = append(p.s.Marks, m)
	default:
		c.unexpected("want connect, fault or expect")
	}
	if c.more() {
		c.unexpected("want the end of the line")
	}
	return c.wrong
}

func isStreamMark(name string) bool {
	for _, m := range streamMarkNames {
		if m == name {
			return true
		}
	}
	return false
}

// readHeader reads what stands behind "seed".
func (p *streamParser) readHeader(c *cursor) {
	s := p.s
	p.header = true
	s.Seed = c.number(64)
	if s.Curve = c.take("curve"); !s.Curve {
		c.need("null")
	}
	c.need("payload")
	s.PayloadMax = c.within(1, streamPayloadMax)
	c.need("handshake")
	if s.Handshake = c.moment(); s.Handshake == 0 && c.wrong == "" {
		c.fail("want a handshake of some time: without bound it need not end")
	}
	if c.take("heartbeat") {
		s.Interval, s.Timeout = c.moment(), c.moment()
	}
	c.need("halfopen")
	s.HalfOpenMax = c.within(1, streamConnsMax)
}

// within reads a number from least to most.
func (c *cursor) within(least, most int) int {
	n := c.count()
	if c.wrong == "" && (n < least || n > most) {
		c.fail("want a number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most) + " instead of " + strconv.Itoa(n))
	}
	return n
}

// ref reads the number of a connection that stands above.
func (p *streamParser) ref(c *cursor) int {
	c.need("#")
	n := c.count()
	if c.wrong == "" && n >= len(p.s.Conns) {
		c.fail("there is no connection " + streamNumber(n) + " above; they count from 0")
	}
	return n
}

func (p *streamParser) readConn(c *cursor) {
	peer, ok := indexOf(streamPeerNames[:], c.word("a kind of dialling end"))
	if !ok {
		c.fail("want one of " + strings.Join(streamPeerNames[:], ", "))
	}
	if len(p.s.Conns) == streamConnsMax {
		c.fail("want at most " + strconv.Itoa(streamConnsMax) + " connections")
	}
	x := StreamConn{Peer: StreamPeer(peer)}
	if x.Peer == Replayer {
		c.need("like")
		x.Like = p.ref(c)
	}
	for c.more() {
		switch {
		case c.take("at"):
			x.At = c.moment()
		case c.take("sends"):
			x.Sends = c.within(0, streamCountMax)
		case c.take("gets"):
			x.Gets = c.within(0, streamCountMax)
		case c.take("sizes"):
			for w := c.peek(); w != "" && w[0] >= '0' && w[0] <= '9'; w = c.peek() {
				x.Sizes = append(x.Sizes, c.within(0, p.s.PayloadMax))
			}
		case c.take("every"):
			x.Every = c.moment()
		case c.take("piece"):
			x.Piece = c.count()
		case c.take("window"):
			x.Window = c.count()
		case c.take("latency"):
			if x.Latency = c.delay(); x.Latency.Max > streamTimeMax/60 {
				c.fail("want a latency of at most " + FormatDuration(streamTimeMax/60))
			}
		case c.take("admit"):
			x.Admit = c.moment()
		case c.take("refuse"):
			x.Refuse = true
		case c.take("breaks"):
			x.Breaks = c.moment()
		default:
			c.unexpected("want at, sends, gets, sizes, every, piece, window, latency, admit, refuse or breaks")
		}
	}
	if c.wrong == "" && max(x.Sends, x.Gets)*x.largest() > streamTotalMax {
		c.fail("want at most " + strconv.Itoa(streamTotalMax) + " bytes in all")
	}
	p.s.Conns = append(p.s.Conns, x)
}

// largest returns the largest payload.
func (c *StreamConn) largest() int { return slices.Max(append(slices.Clone(c.Sizes), 0)) }

// moment reads a duration that is short enough for sums of many.
func (c *cursor) moment() time.Duration {
	d := c.duration()
	if d > streamTimeMax {
		c.fail("want at most " + FormatDuration(streamTimeMax))
	}
	return d
}

func (p *streamParser) readFault(c *cursor) {
	f := StreamFault{Conn: p.ref(c)}
	if c.take("listener") {
		f.From = Listener
	} else {
		c.need("dialler")
	}
	c.need("byte")
	f.At = c.count()
	kind, ok := indexOf(streamFaultNames[:], c.word("a fault"))
	if !ok {
		c.fail("want one of " + strings.Join(streamFaultNames[:], ", "))
	}
	f.Kind = StreamFaultKind(kind)
	switch f.Kind {
	case Split, Stall:
		c.need("for")
		f.For = c.moment()
	case Sever:
	case Flip:
		f.N = c.within(0, 7)
	default:
		f.N = c.within(0, streamBytesMax)
	}
	if f.Kind == Replay {
		c.need("of")
		f.Like = p.ref(c)
		c.need("from")
		f.Skip = c.count()
	}
	p.s.Faults = append(p.s.Faults, f)
}

func indexOf(names []string, name string) (int, bool) {
	for i, n := range names {
		if n == name {
			return i, true
		}
	}
	return 0, false
}

// whole says what is missing when everything was read.
func (p *streamParser) whole() string {
	switch {
	case !p.version:
		return `want "bytes 1" as the first line that is not a comment`
	case !p.header:
		return "want a line that begins with seed"
	case len(p.s.Conns) == 0:
		return "want a line that begins with connect"
	}
	return ""
}
