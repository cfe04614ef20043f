package stream

import (
	"strconv"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// String returns the scenario as text, in the one form that Parse reads back as
// the same scenario.
func (s *Scenario) String() string {
	var b strings.Builder
	text.WriteComments(&b, s.Comments)
	text.WriteLine(&b, header.String())
	mechanism := "null"
	if s.Curve {
		mechanism = "curve"
	}
	heartbeat := ""
	if s.Interval > 0 || s.Timeout > 0 {
		heartbeat = text.Words("heartbeat", text.FormatDuration(s.Interval), text.FormatDuration(s.Timeout))
	}
	text.WriteLine(&b, "seed", strconv.FormatUint(s.Seed, 10), mechanism, "payload", strconv.Itoa(s.PayloadMax),
		"handshake", text.FormatDuration(s.Handshake), heartbeat, "halfopen", strconv.Itoa(s.HalfOpenMax))
	for i := range s.Conns {
		text.WriteLine(&b, s.Conns[i].String())
	}
	for i := range s.Faults {
		text.WriteLine(&b, s.Faults[i].String())
	}
	for _, m := range s.Marks {
		text.WriteLine(&b, "expect mark", strconv.Quote(m))
	}
	return b.String()
}

// String returns the connection's line of a scenario.
func (c *Conn) String() string {
	var b strings.Builder
	add := func(is bool, parts ...string) {
		if is {
			b.WriteString(" " + text.Words(parts...))
		}
	}
	b.WriteString("connect " + c.Peer.String())
	if c.Peer == Absent {
		return b.String()
	}
	add(c.Peer == Replayer, "like", connNumber(c.Like))
	add(true, "at", text.FormatDuration(c.At))
	add(c.Sends > 0, "sends", strconv.Itoa(c.Sends))
	add(c.Gets > 0, "gets", strconv.Itoa(c.Gets))
	add(len(c.Sizes) > 0, "sizes")
	for _, n := range c.Sizes {
		add(true, strconv.Itoa(n))
	}
	add(c.Every > 0, "every", text.FormatDuration(c.Every))
	add(c.Piece > 0, "piece", strconv.Itoa(c.Piece))
	add(c.Window > 0, "window", strconv.Itoa(c.Window))
	add(c.Latency != dice.Delay{}, "latency", text.FormatDelay(c.Latency))
	add(c.Admit > 0, "admit", text.FormatDuration(c.Admit))
	add(c.Refuse, "refuse")
	add(c.Breaks > 0, "breaks", text.FormatDuration(c.Breaks))
	return b.String()
}

// connNumber writes the number of a connection.
func connNumber(n int) string { return "#" + strconv.Itoa(n) }

// String returns the fault's line of a scenario.
func (f *Fault) String() string {
	head := text.Words("fault", connNumber(f.Conn), f.From.String(), "byte", strconv.Itoa(f.At), f.Kind.String())
	switch f.Kind {
	case Split, Stall:
		return text.Words(head, "for", text.FormatDuration(f.For))
	case Sever:
		return head
	case Replay:
		return text.Words(head, strconv.Itoa(f.N), "of", connNumber(f.Like), "from", strconv.Itoa(f.Skip))
	}
	return text.Words(head, strconv.Itoa(f.N))
}
