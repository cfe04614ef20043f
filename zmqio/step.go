package zmqio

import (
	"errors"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// scratch is the memory that steps use again and again.
type scratch struct {
	actions []core.Action
	lent    *[]core.Action // where actions come from, and go to; nil while there are none
	used    int            // most actions of one step, since the lock was taken
	head    []byte         // of the message being sent
	refused []refusedSend  // sends that the machine has yet to hear about
	calls   int            // messages CALL that were sent or refused, ever
	payload []byte         // of the frame that is looked at, if it is the node's and nobody keeps it yet
}

// takePayload returns the payload of the frame that is looked at, for one who keeps bytes
// of it. Requires the lock.
func (d *Driver) takePayload() []byte {
	payload := d.scratch.payload
	d.scratch.payload = nil
	return payload
}

// refusedSend is a Send that the transport did not take.
type refusedSend struct {
	peer    string       // whom the message was for
	link    core.Link    // to the peer
	command core.Command // of the message
	id      uint32       // of a CALL
	cause   core.Cause   // why it was refused
}

// step feeds an event to the machine, performs the actions, and then feeds what
// they led to: sends that were refused, before any other event can come, and
// requests that are turned away. It returns what the machine refused of ev, or
// zero. With keep, the payload of ev belongs to the node from now on; otherwise it
// is copied where it has to live longer. Requires the lock.
func (d *Driver) step(ev *core.Event, keep bool) core.Refusal {
	if d.isHosted() {
		return d.stepInWorld(ev)
	}
	refusal := d.feed(ev, keep)
	for i := 0; i < len(d.scratch.refused); i++ {
		r := &d.scratch.refused[i]
		d.feed(&core.Event{
			Kind: core.EvSendRefused, Peer: r.peer, Link: r.link,
			Command: r.command, ID: r.id, Cause: r.cause,
		}, false)
	}
	d.scratch.refused = d.scratch.refused[:0]
	if d.served.away.first != nil {
		d.answerAway()
	}
	return refusal
}

// feed is step for one event alone.
func (d *Driver) feed(ev *core.Event, keep bool) (refusal core.Refusal) {
	s := &d.scratch
	if s.lent == nil {
		s.lent = actionsPool.Get().(*[]core.Action)
		s.actions = *s.lent
	}
	ev.At = d.now
	if d.config.Recorder == nil {
		s.actions = d.machine.Step(s.actions[:0], ev)
	} else {
		s.actions = d.config.Recorder.Step(s.actions[:0], ev)
	}
	for i := range s.actions {
		if a := &s.actions[i]; a.Kind == core.ActRefuse {
			refusal = a.Refusal
		} else {
			d.perform(a, keep)
		}
	}
	s.used = max(s.used, len(s.actions))
	return refusal
}

// perform does what one action says. Requires the lock.
func (d *Driver) perform(a *core.Action, keep bool) {
	switch a.Kind {
	case core.ActSend:
		d.send(a)
	case core.ActDial:
		d.router.dial(a.Link, a.Peer, a.Address)
	case core.ActHangUp:
		d.router.hangUp(a.Link)
	case core.ActServe:
		d.takeRequest(a, keep)
	case core.ActCancel:
		d.unwanted(a)
	case core.ActResult:
		c := d.pending.at(a.Call)
		d.addOutcome(c, a, keep)
		if c.stream != nil {
			c.stream.asked--
			d.effects.tell(c.stream)
		}
	case core.ActDone:
		d.effects.finish(d.pending.remove(a.Call))
	case core.ActPeerUp:
		d.tellChanged()
		d.noteUp(a)
		d.logAction(a)
	case core.ActPeerDown:
		d.tellChanged()
		d.noteDown(a)
		d.logAction(a)
	case core.ActDrop:
		d.noteDrop(a)
		d.logAction(a)
	case core.ActStopped:
		// Close looks at the handlers and the linger time itself. A world may stop a node
		// by itself.
		d.worldStopped()
	}
}

// send hands a message to the carrier of its link. The payload is a head written
// here, and a body that is not copied.
func (d *Driver) send(a *core.Action) {
	command, id, body := a.Command, a.ID, a.Body
	a.Body = nil
	if command == core.CALL {
		d.scratch.calls++
	}
	err := ErrUnroutable
	if to, ok := d.router.routes.Find(a.Link); ok {
		d.effects.flush |= to.port.bit
		d.scratch.head = core.AppendPayload(d.scratch.head[:0], a)
		err = to.port.carrier.Send(a.Link, a.OnWire(), d.scratch.head, body)
		if size := len(body) + len(a.Err); size > SmallBytes && command == core.BACK && errors.Is(err, ErrWouldBlock) {
			// Its caller would wait in vain, and this may still fit in.
			a.Err, a.Head = []byte(textReplyOverloaded), nil
			d.scratch.head = core.AppendPayload(d.scratch.head[:0], a)
			err = to.port.carrier.Send(a.Link, command, d.scratch.head, nil)
		}
	}
	if err == nil {
		return
	}
	r := refusedSend{peer: a.Peer, link: a.Link, command: command, cause: sendCause(err)}
	if command == core.CALL {
		r.id = id
	}
	d.scratch.refused = append(d.scratch.refused, r)
}

func sendCause(err error) core.Cause {
	switch {
	case errors.Is(err, ErrWouldBlock):
		return core.CauseWouldBlock
	case errors.Is(err, ErrTooLarge):
		return core.CauseTooLarge
	}
	return core.CauseUnroutable
}

// forgetActions drops what the actions refer to of callers and transports, and leaves their
// memory to others, but for that of a burst of them. Requires the lock.
func (d *Driver) forgetActions() {
	s := &d.scratch
	if s.lent == nil {
		return
	}
	clear(s.actions[:s.used])
	if cap(s.actions) <= actionsPooledMax {
		*s.lent = s.actions[:0]
		actionsPool.Put(s.lent)
	}
	s.actions, s.lent, s.used = nil, nil, 0
}

// actionsPool keeps memory for the actions of a step, for all nodes of the process: of many,
// few are at work at a time.
var actionsPool = sync.Pool{New: func() any { return new([]core.Action) }}

// actionsPooledMax bounds the actions whose memory is used again.
const actionsPooledMax = 4096
