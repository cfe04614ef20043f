package zmqio

import (
	"errors"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// refusedSend is a Send that the transport did not take.
type refusedSend struct {
	peer    string
	link    core.Link
	command core.Command
	id      uint32
	cause   core.Cause
}

// perform does what one action says. It requires ownership.
func (d *Driver) perform(a *core.Action) {
	switch a.Kind {
	case core.ActSend:
		d.send(a)
	case core.ActDial:
		d.router.dial(a.Link, a.Peer, a.Address)
	case core.ActHangUp:
		d.router.hangUp(a.Link)
	case core.ActServe:
		d.takeRequest(a)
	case core.ActCancel:
		// A handler can't be interrupted, and hardly ever still waits to be started.
	case core.ActResult:
		d.pending.at(a.Call).add(a, d.kept)
	case core.ActDone:
		call := d.pending.remove(a.Call)
		call.next, d.done = d.done, call
	case core.ActPeerUp, core.ActPeerDown:
		d.tellChanged()
		d.note(a)
	case core.ActDrop:
		d.note(a)
	case core.ActRefuse:
		d.refuse = a.Refusal
	case core.ActStopped:
		// Close looks at the handlers and the linger time itself.
	}
}

// send hands a message to the transport of its link. A payload is written as a
// head of ours and a body that is not copied here.
func (d *Driver) send(a *core.Action) {
	command, id, body := a.Command, a.ID, a.Body
	a.Body = nil
	d.head = core.AppendPayload(d.head[:0], a)
	err := d.router.send(a.Link, command, d.head, body)
	if err == nil {
		return
	}
	r := refusedSend{peer: a.Peer, link: a.Link, command: command, cause: sendCause(err)}
	if command == core.CALL {
		r.id = id
	}
	d.refused = append(d.refused, r)
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
