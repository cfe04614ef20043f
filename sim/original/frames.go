package original

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// listened: a frame arrived on the listening socket, from a peer that claims to be
// ev.Peer. The socket knows names and no connections: what came by an earlier
// connection of a name is as good as what comes by the present one.
func (p *Peer) listened(ev *core.Event) {
	if ev.Peer == p.name {
		return // an original dies here
	}
	e := p.entries[ev.Peer]
	switch ev.Command {
	case core.JOIN:
		p.joined(e, ev)
	case core.TICK:
		if e != nil && e.state == Serving {
			p.served(e)
			body := append([]byte(nil), ev.Body...)
			p.send(e, core.Listening, core.Action{Command: core.TOCK, Body: body})
		}
	case core.CALL, core.CAST, core.BACK:
		if e != nil && e.state == Serving {
			p.served(e)
			p.dispatch(e, core.Listening, ev)
		}
	}
}

// served: a client that is being served gave a sign of life.
func (p *Peer) served(e *entry) {
	e.backoff = 0
	e.at = p.after(p.timing.Serve)
}

// joined answers a JOIN. The network is checked for unknown names only, and a
// second acceptance leaves the entry in limbo until its old deadline.
func (p *Peer) joined(e *entry, ev *core.Event) {
	switch {
	case e == nil && string(ev.Body) != p.network:
		p.emit(core.Action{Kind: core.ActSend, Peer: ev.Peer, Link: core.Link{Half: core.Listening}, Command: core.PART})
	case e == nil:
		e = p.add(ev.Peer)
		p.enter(e, Serving, p.after(p.timing.Serve))
		p.send(e, core.Listening, core.Action{Command: core.STAY})
	case e.state == Handshake || e.state == Connected || e.state == Check:
		p.send(e, core.Listening, core.Action{Command: core.PART})
	default:
		at := e.at
		if e.state == Stopped {
			at = p.now + 1 // long past: limbo lasts until the next look at the timers
		}
		p.enter(e, Limbo, at)
		p.send(e, core.Listening, core.Action{Command: core.STAY})
	}
}

// answered: a frame arrived on the dialling socket. There is one for all dials, and
// nothing tells which dial a frame belongs to.
func (p *Peer) answered(ev *core.Event) {
	e := p.entries[ev.Peer]
	if e == nil {
		return
	}
	up := e.state == Connected || e.state == Check
	switch ev.Command {
	case core.STAY:
		if e.state == Handshake {
			p.alive(e)
		}
	case core.PART: // in any state
		p.hangUp(e)
		p.enter(e, Waiting, p.after(p.timing.BasePart+time.Duration(p.byte())*p.timing.RandPart))
	case core.TOCK:
		if e.state == Check {
			p.alive(e)
		}
	case core.CALL, core.CAST, core.BACK:
		if up {
			p.alive(e)
			p.dispatch(e, core.Dialling, ev)
		}
	}
}

// alive: the server gave a sign of life.
func (p *Peer) alive(e *entry) {
	e.backoff = 0
	p.enter(e, Connected, p.after(p.timing.Live))
}

// byte draws the random part of a wait.
func (p *Peer) byte() byte {
	return byte(p.random.Next() >> 32)
}
