package sim

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// Step is one step of one node: what checkers see, and what the trace and the
// digest are made of. It is the world's own and valid during the call.
type Step struct {
	N       uint64 // the steps of a run, from 1
	Now     time.Duration
	Node    *Node
	Event   *core.Event
	Actions []core.Action

	peer   string // whose status is kept here, if any
	status core.PeerStatus
	known  bool
}

// Status returns what the node, one of ours, thinks of a peer after the step.
// What it points to is valid until the next call.
func (s *Step) Status(peer string) (*core.PeerStatus, bool) {
	if s.peer != peer {
		s.peer = peer
		s.status, s.known = s.Node.core.Status(peer)
	}
	return &s.status, s.known
}

// AppendStep appends the step's line of the trace, without a line feed:
//
//	12.345678901s b frame dial#3 a STAY 0102 | send dial#3 a TICK 0000000000000001
func AppendStep(dst []byte, s *Step) []byte {
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
	return appendBytes(dst, ev.Method, ev.Err, ev.Body)
}

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
	return appendBytes(dst, a.Method, a.Err, a.Body)
}

func nonZero(is bool, s interface{ String() string }) string {
	if !is {
		return ""
	}
	return s.String()
}

func appendWord(dst []byte, s string) []byte {
	if s == "" {
		return dst
	}
	dst = append(dst, ' ')
	return append(dst, s...)
}

func appendNumber(dst []byte, what string, n uint64) []byte {
	dst = append(dst, ' ')
	dst = append(dst, what...)
	dst = append(dst, '#')
	return strconv.AppendUint(dst, n, 10)
}

func appendLink(dst []byte, l core.Link) []byte {
	if l == (core.Link{}) {
		return dst
	}
	dst = append(dst, ' ')
	return append(dst, l.String()...)
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

// digest is SHA-256 over (time, node, event, actions) of every step, in a
// binary form that is as canonical as the trace and cheaper to write.
type digest struct {
	report.Digest
	// sums, if kept, holds the digest's state after every step, to find the first
	// one that differs between two runs.
	keep bool
	sums []uint64
	sum  uint64
}

func (d *digest) step(s *Step) {
	if !d.On() {
		return
	}
	b := d.Buffer()
	start := len(b)
	b = binary.BigEndian.AppendUint64(b, uint64(s.Now))
	b = binary.BigEndian.AppendUint32(b, uint32(s.Node.index))
	b = digestEvent(b, s.Event)
	b = append(b, byte(len(s.Actions)))
	for i := range s.Actions {
		b = digestAction(b, &s.Actions[i])
	}
	if d.keep {
		for _, c := range b[start:] {
			d.sum = (d.sum ^ uint64(c)) * 1099511628211
		}
		d.sums = append(d.sums, d.sum)
	}
	d.Commit(b)
}

// note adds a line that is not a step: a fault.
func (d *digest) note(at time.Duration, line string) {
	if d.On() {
		d.Commit(append(binary.BigEndian.AppendUint64(d.Buffer(), uint64(at)), line...))
	}
}

func digestEvent(b []byte, ev *core.Event) []byte {
	again := byte(0)
	if ev.Idempotent {
		again = 1
	}
	b = append(b, byte(ev.Kind), byte(ev.Command), byte(ev.Cause), again, byte(ev.Link.Half))
	b = binary.BigEndian.AppendUint64(b, ev.Link.N)
	b = binary.BigEndian.AppendUint64(b, uint64(ev.At))
	b = digestText(b, ev.Peer)
	switch ev.Kind {
	case core.EvFrame:
		return digestBytes(b, ev.Body)
	case core.EvTimeout, core.EvLinkUp, core.EvLinkLost:
		return b
	}
	b = binary.BigEndian.AppendUint32(b, ev.ID)
	b = binary.BigEndian.AppendUint64(b, uint64(ev.Call))
	b = binary.BigEndian.AppendUint64(b, uint64(ev.Ticket))
	b = binary.BigEndian.AppendUint64(b, uint64(ev.Timeout))
	b = digestText(b, ev.Address)
	b = append(b, byte(len(ev.To)))
	for _, to := range ev.To {
		b = digestText(b, to)
	}
	return digestBytes(digestBytes(digestBytes(b, ev.Method), ev.Err), ev.Body)
}

func digestAction(b []byte, a *core.Action) []byte {
	b = append(b, byte(a.Kind), byte(a.Command), byte(a.Outcome), byte(a.Cause), byte(a.Drop), byte(a.Refusal), byte(a.Link.Half))
	b = binary.BigEndian.AppendUint64(b, a.Link.N)
	b = binary.BigEndian.AppendUint32(b, a.ID)
	b = binary.BigEndian.AppendUint64(b, uint64(a.Call)^uint64(a.Ticket))
	b = digestText(b, a.Peer)
	b = digestText(b, a.Address)
	return digestBytes(digestBytes(digestBytes(b, a.Method), a.Err), a.Body)
}

func digestText(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}

func digestBytes(b, s []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}

// Digest returns the SHA-256 of the run so far, in hex; empty without
// Options.Digest.
func (w *World) Digest() string { return w.digest.Sum() }

// noteFault writes a fault into the trace and the digest.
func (w *World) noteFault(f Fault) {
	w.tell(nil, f)
	if !w.digest.On() && w.opts.Trace == nil {
		return
	}
	text := f.String()
	w.digest.note(w.now, text)
	if w.opts.Trace != nil {
		w.line = report.AppendTime(w.line[:0], w.now)
		w.line = append(w.line, " -- "...)
		w.line = append(w.line, text...)
		w.opts.Trace(w.line)
	}
}

// Observe has f called with every step, after it was taken, and with every
// fault that happens, then with a nil Step.
func (w *World) Observe(f func(w *World, s *Step, f Fault)) { w.observers = append(w.observers, f) }

func (w *World) tell(s *Step, f Fault) {
	for _, o := range w.observers {
		o(w, s, f)
	}
}
