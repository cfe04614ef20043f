package sim

import (
	"encoding/hex"
	"strconv"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// appendStep appends the step's line of the trace, without a line feed:
//
//	12.345678901s b frame dial#3 a STAY 0102 | send dial#3 a TICK 0000000000000001
func appendStep(dst []byte, s *Step) []byte {
	dst = report.AppendTime(dst, s.Now)
	dst = append(dst, ' ')
	dst = append(dst, s.Node.Name...)
	dst = append(dst, ' ')
	dst = appendEvent(dst, s.Event)
	for i := range s.Actions {
		dst = append(dst, " | "...)
		dst = appendAction(dst, &s.Actions[i])
	}
	return dst
}

// isHeartbeat says whether a step is about nothing but whether somebody is still there.
func isHeartbeat(s *Step) bool {
	about := func(c core.Command) bool { return c == core.TICK || c == core.TOCK }
	if s.Event.Kind != core.EvTimeout && (s.Event.Kind != core.EvFrame || !about(s.Event.Command)) {
		return false
	}
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind != core.ActSend || !about(a.Command) {
			return false
		}
	}
	return true
}

// EventLine returns an event as it stands in a line of a trace.
func EventLine(ev *core.Event) string { return string(appendEvent(nil, ev)) }

// ActionLine returns an action as it stands in a line of a trace.
func ActionLine(a *core.Action) string { return string(appendAction(nil, a)) }

// appendEvent writes what happened to the node.
func appendEvent(dst []byte, ev *core.Event) []byte {
	dst = append(dst, ev.Kind.String()...)
	dst = appendLink(dst, ev.Link)
	dst = appendWord(dst, ev.Peer)
	switch ev.Kind {
	case core.EvFrame, core.EvSendRefused:
		dst = appendWord(dst, ev.Command.String())
	case core.EvConnect:
		dst = appendWord(dst, "at "+ev.Address)
	case core.EvCall, core.EvCast, core.EvCancel:
		dst = appendNumber(dst, "k", uint64(ev.Call))
		dst = appendWord(dst, formatTo(ev.To))
	case core.EvReply:
		dst = appendNumber(dst, "ticket", uint64(ev.Ticket))
	}
	if ev.Timeout != 0 {
		dst = appendWord(dst, ev.Timeout.String())
	}
	if ev.Idempotent {
		dst = append(dst, " idempotent"...)
	}
	if ev.ID != 0 {
		dst = appendNumber(dst, "id", uint64(ev.ID))
	}
	if ev.Cause != 0 {
		dst = appendWord(dst, ev.Cause.String())
	}
	if ev.TellDeadline {
		dst = append(dst, " tell"...)
	}
	dst = appendHead(dst, ev.Head, ev.Left)
	return appendBytes(dst, ev.Method, ev.Err, ev.Body)
}

// appendAction writes what the machine wants done about it.
func appendAction(dst []byte, a *core.Action) []byte {
	dst = append(dst, a.Kind.String()...)
	dst = appendLink(dst, a.Link)
	dst = appendWord(dst, a.Peer)
	switch a.Kind {
	case core.ActSend, core.ActServe, core.ActDrop:
		dst = appendWord(dst, a.Command.String())
	case core.ActDial:
		dst = appendWord(dst, "at "+a.Address)
	case core.ActResult, core.ActDone:
		dst = appendNumber(dst, "k", uint64(a.Call))
	}
	if a.ID != 0 {
		dst = appendNumber(dst, "id", uint64(a.ID))
	}
	if a.Ticket != 0 {
		dst = appendNumber(dst, "ticket", uint64(a.Ticket))
	}
	for _, why := range [...]string{nonZero(a.Outcome != 0, a.Outcome), nonZero(a.Cause != 0, a.Cause),
		nonZero(a.Drop != 0, a.Drop), nonZero(a.Refusal != 0, a.Refusal)} {
		dst = appendWord(dst, why)
	}
	dst = appendHead(dst, a.Head, a.Left)
	return appendBytes(dst, a.Method, a.Err, a.Body)
}

// nonZero returns the name of a value of an enumeration that has no name for zero.
func nonZero(is bool, s interface{ String() string }) string {
	if !is {
		return ""
	}
	return s.String()
}

// appendWord appends a word behind a blank, unless it is empty.
func appendWord(dst []byte, s string) []byte {
	if s == "" {
		return dst
	}
	dst = append(dst, ' ')
	return append(dst, s...)
}

// appendNumber appends a number behind its name, as "k#3".
func appendNumber(dst []byte, what string, n uint64) []byte {
	dst = append(dst, ' ')
	dst = append(dst, what...)
	dst = append(dst, '#')
	return strconv.AppendUint(dst, n, 10)
}

// appendLink appends a link, unless there is none.
func appendLink(dst []byte, l core.Link) []byte {
	if l == (core.Link{}) {
		return dst
	}
	dst = append(dst, ' ')
	return append(dst, l.String()...)
}

// appendHead writes what goes with a request or reply.
func appendHead(dst, head []byte, left core.Left) []byte {
	if left != 0 {
		dst = appendWord(dst, "left "+left.Deadline(0).Sub(0).String())
	}
	if len(head) > 0 {
		dst = append(dst, " head "...)
		dst = hex.AppendEncode(dst, head[:min(len(head), 64)])
	}
	return dst
}

// appendBytes writes the method and the error as text, and the body in hex.
func appendBytes(dst, method, err, body []byte) []byte {
	if len(method) > 0 {
		dst = append(dst, ' ')
		dst = strconv.AppendQuote(dst, string(method))
	}
	if len(err) > 0 {
		dst = append(dst, " error "...)
		dst = strconv.AppendQuote(dst, string(err))
	}
	if len(body) > 0 {
		dst = append(dst, ' ')
		dst = hex.AppendEncode(dst, body[:min(len(body), 64)])
		if len(body) > 64 {
			dst = append(dst, ".."...)
			dst = strconv.AppendInt(dst, int64(len(body)), 10)
		}
	}
	return dst
}
