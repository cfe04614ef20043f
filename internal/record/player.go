package record

import (
	"bytes"
	"fmt"
	"io"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Step is one event of a recording, fed again.
type Step struct {
	// Number counts the events of the machine, those that are not in the recording
	// included, from 1.
	Number uint64
	// Event is what was fed, and Actions what came of it now. Bytes that were not kept
	// are others of the same length. Both are valid until the next step.
	Event   *core.Event
	Actions []core.Action
	// Differs says that the recorded machine has done something else.
	Differs bool
	// Panic is what the machine has panicked with, nil if it has not; after that there is
	// no further step.
	Panic any
	// Unfinished says that the recorded machine had not come back from this event, as it
	// does if it panics.
	Unfinished bool
	// Gap says that the events before this one are not in the recording.
	Gap bool
}

// Player feeds the events of a recording to a machine.
type Player struct {
	recording *Recording
	// Machine is the one that is fed: look at it between two steps.
	Machine *core.Machine

	segment int // of the events being read
	events  decoder
	last    context
	step    Step
	ended   bool

	stand   standIns
	frame   []byte // the body of the present frame
	raw     bool   // the present event has the bytes of users
	actions []core.Action
	event   core.Event
}

// Play returns a player at the beginning of the recording.
func (r *Recording) Play() (*Player, error) {
	p := &Player{recording: r}
	p.step.Number = r.First
	return p, p.begin(0)
}

// begin restores the machine as it was at the beginning of a segment.
func (p *Player) begin(segment int) error {
	s := &p.recording.segments[segment]
	m, err := core.Restore(p.recording.Config, s.snapshot, p)
	if err != nil {
		return fmt.Errorf("the state at the beginning of the recording can't be restored: %w", err)
	}
	p.Machine, p.segment, p.events, p.last = m, segment, decoder{bytes: s.events}, context{}
	return nil
}

// StateError says that the machine that is fed has come to another state than the
// recorded one, though all its actions were the same.
type StateError struct{ Number uint64 }

func (e *StateError) Error() string {
	return fmt.Sprintf("the state after event %d is not the recorded one, though all actions before it are", e.Number)
}

// Next feeds the next event. The error is io.EOF behind the last one.
func (p *Player) Next() (*Step, error) {
	p.step.Gap = false
	for !p.ended && len(p.events.bytes) == 0 {
		if p.segment+1 == len(p.recording.segments) {
			p.ended = true
			break
		}
		if err := p.cross(); err != nil {
			return nil, err
		}
	}
	if p.ended {
		return nil, io.EOF
	}
	if err := p.read(); err != nil {
		p.ended = true
		return nil, fmt.Errorf("event %d: %w", p.step.Number+1, err)
	}
	p.step.Number++
	p.step.Unfinished = len(p.events.bytes) == 0 && p.segment+1 == len(p.recording.segments)
	want := uint32(0)
	if !p.step.Unfinished {
		if want = p.events.sum(); p.events.err != nil {
			p.ended = true
			return nil, fmt.Errorf("event %d: %w", p.step.Number, p.events.err)
		}
	}
	p.feed()
	sum, _ := sumActions(p.last.peer, &p.event, p.actions, p.sumOf)
	p.step.Differs = !p.step.Unfinished && (p.step.Panic != nil || sum != want)
	p.ended = p.step.Panic != nil
	return &p.step, nil
}

// cross goes on to the next segment, whose snapshot has to be the present state.
func (p *Player) cross() error {
	next := &p.recording.segments[p.segment+1]
	if !next.gap && !bytes.Equal(p.Machine.AppendSnapshot(nil, p), next.snapshot) {
		return &StateError{p.step.Number}
	}
	p.step.Gap, p.step.Number = next.gap, next.first
	return p.begin(p.segment + 1)
}

// feed feeds the event, and keeps what the machine panics with.
func (p *Player) feed() {
	defer func() { p.step.Panic = recover() }()
	p.actions = p.actions[:0]
	p.step.Event, p.step.Actions = &p.event, nil
	p.actions = p.Machine.Step(p.actions, &p.event)
	p.step.Actions = p.actions
}

// sumOf returns the recorded sum of bytes of users.
func (p *Player) sumOf(b []byte) uint64 {
	if sum, ok := p.stand.sumOf(b); ok {
		return sum
	}
	return sumBytes(b)
}

// AppendBody writes a body of a pending call into a snapshot, as the recorder does.
func (p *Player) AppendBody(dst, b []byte) []byte {
	if p.recording.Bodies {
		return appendBytes(dst, b)
	}
	return appendOpaque(dst, len(b), p.sumOf(b))
}

// ReadBody reads it.
func (p *Player) ReadBody(src []byte) (b, rest []byte, ok bool) {
	d := decoder{bytes: src}
	p.raw = p.recording.Bodies
	b = p.opaque(&d)
	return b, d.bytes, d.err == nil
}

// opaque reads bytes of users, or what stands for them.
func (p *Player) opaque(d *decoder) []byte {
	if p.raw {
		return d.sized()
	}
	n, hash := d.size(p.recording.Config.Limits.BodyBytesMax+bodySlack), d.hash()
	if d.err != nil {
		return nil
	}
	return p.stand.add(n, hash)
}

// bodySlack is by how much an event of a user may be beyond the limit that it is refused
// for, to be played.
const bodySlack = 64 << 20

// read reads the next event.
func (p *Player) read() error {
	d, ev := &p.events, &p.event
	kind := d.byte()
	p.raw = kind&rawKind != 0
	*ev = core.Event{Kind: core.EventKind(kind &^ rawKind)}
	fields := d.uint()
	if fields&^uint64(hasAll) != 0 {
		d.fail(errTruncated)
	}
	p.last.at += core.Instant(d.int())
	ev.At = p.last.at
	if fields&hasPeer != 0 {
		p.last.peer = string(d.sized())
	}
	if fields&(hasPeer|hasSamePeer) != 0 {
		ev.Peer = p.last.peer
	}
	if fields&hasLink != 0 {
		ev.Link.Half = core.Half(d.byte())
		ev.Link.N = d.uint()
	}
	if fields&hasCommand != 0 {
		ev.Command = core.Command(d.byte())
	}
	if fields&hasBody != 0 {
		p.body(d, ev)
	}
	if fields&hasTicket != 0 {
		ev.Ticket = core.Ticket(d.uint())
	}
	if fields&hasMethod != 0 {
		ev.Method = d.sized()
	}
	p.readRare(d, ev, fields)
	return d.err
}
