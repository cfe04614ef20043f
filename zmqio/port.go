package zmqio

import "github.com/bitmark-inc/bilateralrpc/core"

// port is a node's side of one of its transports: the Sink of the carrier there.
type port struct {
	driver    *Driver
	transport Transport
	schemes   []string // of transport
	bit       uint64   // in effects.flush
	carrier   Carrier  // nil until the first use; set once, with the lock
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
	if d.phase == phaseClosed || (link.Half == core.Dialling && !dialled) {
		return // the node is closed, or has hung up meanwhile
	}
	if !dialled {
		d.router.add(link, p, name)
	}
	d.step(&core.Event{Kind: core.EvLinkUp, Peer: name, Link: link}, false)
	d.readmitLater(link, name)
}

func (p *port) LinkLost(link core.Link, name string, cause core.Cause, why error) {
	d := p.driver
	if d.phase == phaseClosed {
		return
	}
	if _, ok := d.router.remove(link); !ok {
		return // the node has hung up meanwhile
	}
	if cause == core.CauseHandshake {
		d.logHandshake(name, link)
	}
	d.step(&core.Event{Kind: core.EvLinkLost, Peer: name, Link: link, Cause: cause}, false)
}

func (p *port) Frame(link core.Link, name string, command, payload []byte, keep bool) {
	d := p.driver
	if d.phase == phaseClosed {
		return
	}
	d.step(&core.Event{
		Kind: core.EvFrame, Peer: name, Link: link,
		Command: core.ParseCommand(command), Body: payload,
	}, keep)
}

func (p *port) Malformed(core.Link, string) { p.driver.malformed.Add(1) }

func (p *port) TurnedAway(name, address string, why error) { p.driver.turnedAway.Add(1) }

func (p *port) Fail(err error) { p.driver.fail(err) }
