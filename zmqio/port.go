package zmqio

import (
	"fmt"
	"log/slog"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/buffers"
)

// port is a node's side of one of its transports: the Sink of the carrier there.
type port struct {
	driver    *Driver
	transport Transport
	schemes   []string // of transport
	bit       uint64   // in effects.flush
	carrier   Carrier  // nil until the first use; set once, with the lock
	recycles  bool     // carrier is a buffers.User
	remote    bool     // it is a bulk.Remote
}

func (p *port) Lock()              { p.driver.lock() }
func (p *port) UnlockAndDispatch() { p.driver.unlockAndDispatch() }

func (p *port) NextLink() core.Link {
	r := &p.driver.router
	r.lastListening++
	return core.Link{Half: core.Listening, N: r.lastListening}
}

func (p *port) LinkUp(link core.Link, name, address string) {
	d := p.driver
	_, dialled := d.router.routes.Find(link)
	switch {
	case d.phase == phaseClosed || (link.Half == core.Dialling && !dialled):
		return // the node is closed, or has hung up meanwhile
	case !dialled && !p.welcome(link, name, address):
		return
	}
	d.step(&core.Event{Kind: core.EvLinkUp, Peer: name, Link: link}, false)
	d.readmitLater(link, name)
}

func (p *port) LinkLost(link core.Link, name string, cause core.Cause, why error) {
	d := p.driver
	if d.phase == phaseClosed {
		return
	}
	to, ok := d.router.remove(link)
	if !ok {
		return // the node has hung up meanwhile
	}
	d.logLost(link, to, cause, why)
	if d.matters(link, name) { // before the step, in which the peer may go down for that reason
		d.failed(name, lost(cause, why))
	}
	if cause == core.CauseHandshake {
		d.refused(name, to.address, cause, lost(cause, why))
	}
	d.step(&core.Event{Kind: core.EvLinkLost, Peer: name, Link: link, Cause: cause}, false)
}

func (p *port) Frame(link core.Link, name string, command, payload []byte, keep bool) {
	d := p.driver
	if d.phase == phaseClosed || string(command) == Beat {
		return
	}
	if keep && p.recycles {
		d.scratch.payload = payload
	}
	d.step(&core.Event{
		Kind: core.EvFrame, Peer: name, Link: link,
		Command: core.ParseCommand(command), Body: payload,
	}, keep)
	if d.scratch.payload != nil { // nobody has it
		buffers.Process.Put(d.takePayload())
	}
}

func (p *port) Malformed(core.Link, string) { p.driver.malformed.Add(1) }

func (p *port) TurnedAway(name, address string, why error) {
	d := p.driver
	d.turnedAway.Add(1)
	d.failed(name, fmt.Errorf("it was turned away: %w", why))
	d.refused(name, address, 0, why)
	if d.logs {
		if name == "" && address == "" {
			address = "unknown" // a line without either is not known for one that a peer causes
		}
		d.log(&logLines{{level: slog.LevelWarn, text: turnedAwayText, peer: name, address: address, err: why}})
	}
}

func (p *port) Fail(err error) { p.driver.fail(err) }
