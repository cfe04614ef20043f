package zmqio

import "github.com/bitmark-inc/bilateralrpc/core"

// port is where a node meets one of its transports: the Sink of its carrier there.
type port struct {
	driver    *Driver
	transport Transport
	schemes   []string // of transport
	bit       uint64   // in router.unflushed
	carrier   Carrier  // nil until the first use; set once, with ownership
}

func (p *port) Lock()              { p.driver.own() }
func (p *port) UnlockAndDispatch() { p.driver.release() }

func (p *port) NextLink() core.Link {
	r := &p.driver.router
	r.accepted++
	return core.Link{Half: core.Listening, N: r.accepted}
}

func (p *port) LinkUp(link core.Link, name string) {
	d := p.driver
	_, known := d.router.links.Find(link)
	if d.gone || (link.Half == core.Dialling && !known) {
		return // the node is closed, or has hung up meanwhile
	}
	d.router.links.Put(link, farEnd{port: p, name: name})
	d.step(&core.Event{Kind: core.EvLinkUp, Peer: name, Link: link})
}

func (p *port) LinkLost(link core.Link, name string, cause core.Cause) {
	d := p.driver
	if _, known := d.router.links.Find(link); d.gone || !known {
		return // the node is closed, or has hung up meanwhile
	}
	d.router.links.Delete(link)
	if cause == core.CauseHandshake {
		d.noteHandshake(name, link)
	}
	d.step(&core.Event{Kind: core.EvLinkLost, Peer: name, Link: link, Cause: cause})
}

func (p *port) Frame(link core.Link, name string, command, payload []byte, keep bool) {
	d := p.driver
	if d.gone {
		return
	}
	d.kept = keep
	d.frames++
	d.step(&core.Event{
		Kind: core.EvFrame, Peer: name, Link: link,
		Command: core.ParseCommand(command), Body: payload,
	})
}

func (p *port) Malformed(core.Link, string) { p.driver.malformed.Add(1) }

func (p *port) TurnedAway() { p.driver.turnedAway.Add(1) }

func (p *port) Fail(err error) { p.driver.fail(err) }
