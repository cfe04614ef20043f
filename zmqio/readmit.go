package zmqio

import (
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Readmit asks Config.Node.Admit again about the peer of every link of the
// listening half, with an empty address, and hangs up those that it turns down.
func (d *Driver) Readmit() {
	if d.config.Node.Admit != nil {
		d.readmit(d.linksToReadmit())
	}
}

// peerLink is a link and the name at its other end.
type peerLink struct {
	link core.Link
	peer string
}

// linksToReadmit returns the links of the listening half, in no order. Links that
// come up later are asked about when they do (readmitLater).
func (d *Driver) linksToReadmit() []peerLink {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.readmitted = true
	var links []peerLink
	for link, to := range d.router.routes.All() {
		if link.Half == core.Listening {
			links = append(links, peerLink{link, to.peer})
		}
	}
	return links
}

// readmit hangs up those of links whose peers Admit, which is not nil, turns down.
// It must be called without the lock.
func (d *Driver) readmit(links []peerLink) {
	admit := d.config.Node.Admit
	turnedDown := slices.DeleteFunc(links, func(l peerLink) bool { return admit(l.peer, "") })
	if len(turnedDown) == 0 {
		return
	}
	d.lock()
	defer d.unlockAndDispatch()
	if d.phase == phaseClosed {
		return
	}
	for _, l := range turnedDown {
		if _, up := d.router.routes.Find(l.link); !up {
			continue // it has ended meanwhile; its number is not used again
		}
		d.router.hangUp(l.link)
		d.step(&core.Event{Kind: core.EvLinkLost, Peer: l.peer, Link: l.link, Cause: core.CauseHandshake}, false)
	}
}

// readmitLater has Admit asked again about a link that has just come up, if Readmit
// was ever called: the carrier may have asked before that, and the answer may be
// another one since. It does so on a goroutine of its own, because Admit may take
// its time and a carrier must not wait for it. Requires the lock.
func (d *Driver) readmitLater(link core.Link, peer string) {
	if d.readmitted && link.Half == core.Listening {
		d.background.start(func() { d.readmit([]peerLink{{link, peer}}) })
	}
}
