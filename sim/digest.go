package sim

import (
	"encoding/binary"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// digest is SHA-256 over (time, node, event, actions) of every step, in a
// binary form that is as canonical as the trace and cheaper to write.
type digest struct {
	report.Digest
	// If keep is set, sums holds a cheaper sum of everything up to each step, to find
	// the first step that differs between two runs.
	keep bool
	sums []uint64
	sum  uint64 // the latest of them
}

// step records a step that has been taken.
func (d *digest) step(s *Step) {
	if !d.On() {
		return
	}
	b := d.Buffer()
	start := len(b)
	b = binary.BigEndian.AppendUint64(b, uint64(s.Now))
	b = binary.BigEndian.AppendUint32(b, uint32(s.Node.Index))
	b = digestEvent(b, s.Event)
	// Their number parts the actions from the step that follows.
	b = append(b, byte(len(s.Actions)))
	for i := range s.Actions {
		b = digestAction(b, &s.Actions[i])
	}
	if d.keep {
		for _, c := range b[start:] {
			d.sum = (d.sum ^ uint64(c)) * 1099511628211 // FNV-1a
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

// digestEvent appends an event: first what all kinds have, then what the kind adds.
func digestEvent(b []byte, ev *core.Event) []byte {
	again := byte(0)
	if ev.Idempotent {
		again = 1
	}
	if ev.TellDeadline {
		again |= 2
	}
	b = append(b, byte(ev.Kind), byte(ev.Command), byte(ev.Cause), again, byte(ev.Link.Half))
	b = binary.BigEndian.AppendUint64(b, ev.Link.N)
	b = binary.BigEndian.AppendUint64(b, uint64(ev.At))
	b = digestText(b, ev.Peer)
	b = digestHead(b, ev.Head, ev.Left)
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

// digestAction appends an action. A call and a ticket are never in the same one.
func digestAction(b []byte, a *core.Action) []byte {
	b = append(b, byte(a.Kind), byte(a.Command), byte(a.Outcome), byte(a.Cause), byte(a.Drop), byte(a.Refusal), byte(a.Link.Half))
	b = binary.BigEndian.AppendUint64(b, a.Link.N)
	b = binary.BigEndian.AppendUint32(b, a.ID)
	b = binary.BigEndian.AppendUint64(b, uint64(a.Call)^uint64(a.Ticket))
	b = digestText(b, a.Peer)
	b = digestText(b, a.Address)
	b = digestHead(b, a.Head, a.Left)
	return digestBytes(digestBytes(digestBytes(b, a.Method), a.Err), a.Body)
}

// digestHead appends what goes with a request or reply, nothing for nothing.
func digestHead(b, head []byte, left core.Left) []byte {
	if len(head) == 0 && left == 0 {
		return b
	}
	return digestBytes(binary.BigEndian.AppendUint64(b, uint64(left)), head)
}

// digestText appends a string behind its length: without it, two strings that follow
// each other could be cut elsewhere and digest alike.
func digestText(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}

// digestBytes is digestText for bytes.
func digestBytes(b, s []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}
