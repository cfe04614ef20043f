package core

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// Events and actions as the lines that a person reads. A field that is zero is
// left out, so that a line says only what matters.

type line struct{ strings.Builder }

func (l *line) add(format string, args ...any) {
	if l.Len() > 0 {
		l.WriteByte(' ')
	}
	fmt.Fprintf(l, format, args...)
}

func (l *line) field(name, value string) {
	if value != "" {
		l.add("%s=%s", name, value)
	}
}

// eventLine shows an event without its time.
func eventLine(ev *Event) string {
	var l line
	l.add("%v", ev.Kind)
	switch ev.Kind {
	case EvFrame:
		l.add("%s %v %v", ev.Peer, ev.Link, ev.Command)
		l.body(ev.Command, ev.Body)
	case EvConnect:
		l.add("%s %s", ev.Peer, ev.Address)
	case EvDisconnect, EvRedial:
		l.add("%s", ev.Peer)
	case EvCall:
		l.add("#%d to=%v %s %q timeout=%v", ev.Call, ev.To, ev.Method, ev.Body, ev.Timeout)
		if ev.Idempotent {
			l.add("idempotent")
		}
		if ev.TellDeadline {
			l.add("tell")
		}
		l.field("head", quoted(ev.Head))
	case EvCast:
		l.add("to=%v %s %q", ev.To, ev.Method, ev.Body)
		l.field("head", quoted(ev.Head))
	case EvCancel:
		l.add("#%d", ev.Call)
	case EvReply:
		l.add("ticket %x %s %q", uint64(ev.Ticket), ev.Method, ev.Body)
		l.field("err", string(ev.Err))
		l.field("head", quoted(ev.Head))
	case EvLinkUp:
		l.add("%s %v", ev.Peer, ev.Link)
	case EvLinkLost:
		l.add("%s %v %v", ev.Peer, ev.Link, ev.Cause)
	case EvSendRefused:
		l.add("%s %v %v %v", ev.Peer, ev.Link, ev.Command, ev.Cause)
	}
	return l.String()
}

// actionLine shows an action.
func actionLine(a *Action) string {
	var l line
	l.add("%v", a.Kind)
	switch a.Kind {
	case ActSend:
		l.add("%s %v %v", a.Peer, a.Link, a.Command)
		switch a.Command {
		case CALL, CAST, BACK:
			l.add("id=%d %s %q", a.ID, a.Method, a.Body)
			l.field("err", quoted(a.Err))
			l.head(a.Head, a.Left)
		case VOID:
			l.add("id=%d", a.ID)
		default:
			l.body(a.Command, a.Body)
		}
	case ActDial:
		l.add("%s %v %s", a.Peer, a.Link, a.Address)
	case ActHangUp:
		l.add("%s %v", a.Peer, a.Link)
	case ActServe:
		l.add("%s %v %v id=%d %s %q", a.Peer, a.Link, a.Command, a.ID, a.Method, a.Body)
		l.head(a.Head, a.Left)
	case ActCancel:
		l.cause(a.Cause)
	case ActResult:
		l.add("#%d %s %v", a.Call, a.Peer, a.Outcome)
		l.field("body", quoted(a.Body))
		l.field("err", quoted(a.Err))
		l.head(a.Head, 0)
		l.cause(a.Cause)
	case ActDone:
		l.add("#%d", a.Call)
	case ActPeerUp:
		l.add("%s", a.Peer)
	case ActPeerDown:
		l.add("%s", a.Peer)
		l.cause(a.Cause)
	case ActDrop:
		l.add("%s %v %v: %v", a.Peer, a.Link, a.Command, a.Drop)
	case ActRefuse:
		l.add("%v", a.Refusal)
		l.field("peer", a.Peer)
		if a.Call != 0 {
			l.add("#%d", a.Call)
		}
	}
	return l.String()
}

func (l *line) cause(c Cause) {
	if c != 0 {
		l.add("(%v)", c)
	}
}

// head shows what goes with a request or reply.
func (l *line) head(head []byte, left Left) {
	l.field("head", quoted(head))
	if left != 0 {
		l.add("left=%v", left.Deadline(0).Sub(0))
	}
}

func quoted(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return fmt.Sprintf("%q", b)
}

// body shows the payload of a frame that is not a request.
func (l *line) body(c Command, body []byte) {
	if len(body) == 0 {
		return
	}
	switch c {
	case STAY, MEET:
		if told, ok := parseMeet(body); ok {
			l.add("incarnation=%s ext=%b", shortHash(told.Incarnation), told.Extensions)
			if unrun := body[meetBytes:]; len(unrun) > 0 {
				l.add("unrun=%x", unrun)
			}
			return
		}
	case PART:
		names := [...]string{partNone: "", partNotJoined: "not-joined", partWrongNetwork: "wrong-network", partLeaving: "leaving", partReplaced: "replaced"}
		if r := parsePart(body); r != partNone && int(r) < len(names) {
			l.add("%s", names[r])
			return
		}
	case TICK, TOCK:
		if len(body) == 8 {
			l.add("%d", binary.BigEndian.Uint64(body))
			return
		}
	case WITH:
		ev := Event{Body: body}
		if ev.Open() {
			l.add("%v", ev.Command)
			l.head(ev.Head, ev.Left)
			l.body(ev.Command, ev.Body)
			return
		}
	case CALL, CAST, BACK, VOID:
		if p, _, ok := ParsePayload(c, body); ok {
			l.add("id=%d", p.ID)
			if c != VOID {
				l.add("%s %q", p.Method, p.Rest)
			}
			if c == BACK && !p.HasErr {
				l.add("without err")
			}
			l.field("err", quoted(p.Err))
			return
		}
	}
	l.add("%q", body)
}

// shortHash shows enough of a number to tell it from others.
func shortHash(v uint64) string { return fmt.Sprintf("%04x", v>>48) }

// seconds shows an instant as seconds since the beginning.
func seconds(t Instant) string {
	if t == Never {
		return "never"
	}
	return fmt.Sprintf("%.3f", time.Duration(t).Seconds())
}
