package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// listened: a frame arrived on the listening socket, from whoever claims to be
// ev.Peer.
func (o *OldPeer) listened(ev *core.Event) {
	if ev.Peer == o.name {
		return // an original dies here
	}
	e := o.entries[ev.Peer]
	switch ev.Command {
	case core.JOIN:
		o.joined(e, ev)
	case core.TICK:
		if e != nil && e.state == oldServing {
			o.served(e)
			body := append([]byte(nil), ev.Body...)
			o.send(e, core.Listening, core.Action{Command: core.TOCK, Body: body})
		}
	case core.CALL, core.CAST, core.BACK:
		if e != nil && e.state == oldServing {
			o.served(e)
			o.dispatch(e, core.Listening, ev)
		}
	}
}

// served: a client that is being served gave a sign of life.
func (o *OldPeer) served(e *oldEntry) {
	e.backoff = 0
	e.at = o.after(o.timing.Serve)
}

// joined answers a JOIN. The network is checked for unknown names only, and a
// second acceptance leaves the entry in limbo until its old deadline.
func (o *OldPeer) joined(e *oldEntry, ev *core.Event) {
	switch {
	case e == nil && string(ev.Body) != o.network:
		o.emit(core.Action{Kind: core.ActSend, Peer: ev.Peer, Link: core.Link{Half: core.Listening}, Command: core.PART})
	case e == nil:
		e = o.add(ev.Peer)
		o.enter(e, oldServing, o.after(o.timing.Serve))
		o.send(e, core.Listening, core.Action{Command: core.STAY})
	case e.state == oldHandshake || e.state == oldConnected || e.state == oldCheck:
		o.send(e, core.Listening, core.Action{Command: core.PART})
	default:
		at := e.at
		if e.state == oldStopped {
			at = o.now + 1 // long past: limbo lasts until the next look at the timers
		}
		o.enter(e, oldLimbo, at)
		o.send(e, core.Listening, core.Action{Command: core.STAY})
	}
}

// answered: a frame arrived on the dialling socket.
func (o *OldPeer) answered(ev *core.Event) {
	e := o.entries[ev.Peer]
	if e == nil {
		return
	}
	up := e.state == oldConnected || e.state == oldCheck
	switch ev.Command {
	case core.STAY:
		if e.state == oldHandshake {
			o.alive(e)
		}
	case core.PART: // in any state
		o.hangUp(e)
		o.enter(e, oldWaiting, o.after(o.timing.BasePart+time.Duration(o.byte())*o.timing.RandPart))
	case core.TOCK:
		if e.state == oldCheck {
			o.alive(e)
		}
	case core.CALL, core.CAST, core.BACK:
		if up {
			o.alive(e)
			o.dispatch(e, core.Dialling, ev)
		}
	}
}

// alive: the server gave a sign of life.
func (o *OldPeer) alive(e *oldEntry) {
	e.backoff = 0
	o.enter(e, oldConnected, o.after(o.timing.Live))
}

func (o *OldPeer) byte() byte {
	return byte(o.random.Next() >> 32)
}
