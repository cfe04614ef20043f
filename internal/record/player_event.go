package record

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// readRare reads the fields that few events have.
func (p *Player) readRare(d *decoder, ev *core.Event, fields uint64) {
	if fields&hasCall != 0 {
		ev.Call = core.CallID(d.uint())
	}
	if fields&hasTo != 0 {
		for range d.size(len(d.bytes)) {
			ev.To = append(ev.To, string(d.sized()))
		}
	}
	if fields&hasTimeout != 0 {
		ev.Timeout = time.Duration(d.int())
	}
	if fields&hasID != 0 {
		ev.ID = uint32(d.uint())
	}
	if fields&hasCause != 0 {
		ev.Cause = core.Cause(d.byte())
	}
	if fields&hasErr != 0 {
		ev.Err = p.opaque(d)
	}
	if fields&hasHead != 0 {
		ev.Head = p.opaque(d)
	}
	if fields&hasLeft != 0 {
		ev.Left = core.Left(d.uint())
	}
	if fields&hasAddress != 0 {
		ev.Address = string(d.sized())
	}
	ev.Idempotent, ev.TellDeadline = fields&hasIdempotent != 0, fields&hasTellDeadline != 0
}

// spansMax is how many parts of a body can be missing: a head, an error text, and the rest.
const spansMax = 3

// body reads the body of an event. That of a call has to live for longer than this step,
// and none of its bytes are looked at; that of a frame has bytes that are.
func (p *Player) body(d *decoder, ev *core.Event) {
	n := d.size(p.recording.Config.Limits.BodyBytesMax + bodySlack)
	spans := int(d.byte())
	if d.err != nil || spans > spansMax || (spans == 0 && n > len(d.bytes)) {
		d.fail(errTruncated)
		return
	}
	if ev.Kind != core.EvFrame && spans == 1 {
		from, size, hash := d.uint(), d.size(n), d.hash()
		if from != 0 || size != n {
			d.fail(errTruncated)
			return
		}
		ev.Body = p.stand.add(n, hash)
		return
	}
	if spans == 0 {
		ev.Body = d.take(n)
		return
	}
	if cap(p.frame) < n {
		p.frame = make([]byte, n)
	}
	ev.Body = p.frame[:n]
	p.fill(d, ev.Body, spans)
}

// fill reads the parts of a body that were not kept, and the bytes between them.
func (p *Player) fill(d *decoder, body []byte, spans int) {
	var where [spansMax]core.Span
	at := 0
	for i := range spans {
		from := at + d.size(len(body)-at)
		size, _ := d.size(len(body)-from), d.hash()
		if d.err != nil || size == 0 {
			d.fail(errTruncated)
			return
		}
		at = from + size
		where[i] = core.Span{From: from, To: at}
	}
	at = 0
	for _, s := range where[:spans] {
		copy(body[at:s.From], d.take(s.From-at))
		at = s.To
	}
	copy(body[at:], d.take(len(body)-at))
}
