package zmqio

import (
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Readmit asks Config.Node.Admit again about the peer of every link of the
// listening half, with an empty address, and hangs up those that it turns down. It
// also asks about every peer that the node dials: one that is turned down is
// disconnected, and dialled again once a later Readmit finds it admitted.
// Connect itself does not ask: its user wants that peer.
func (d *Driver) Readmit() {
	if d.config.Node.Admit != nil {
		links := d.linksToReadmit()
		d.readmitDialled() // first, since a link that is hung up can't be parted from
		d.readmit(links)
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
	d.readmits++
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
		to, up := d.router.routes.Find(l.link)
		if !up {
			continue // it has ended meanwhile; its number is not used again
		}
		d.failed(l.peer, ErrNotAllowed)
		d.refused(l.peer, to.address, 0, ErrNotAllowed)
		d.leave(l)
		d.router.hangUp(l.link)
		d.step(&core.Event{Kind: core.EvLinkLost, Peer: l.peer, Link: l.link, Cause: core.CauseHandshake}, false)
	}
}

// leave sends PART on a link that is about to be hung up, if the peer is served by it
// and the node does not dial it. Requires the lock.
func (d *Driver) leave(l peerLink) {
	if _, dialled := d.dialled.find(l.peer); dialled {
		return
	}
	if s, ok := d.machine.Status(l.peer); ok && s.Listening == core.Serving && s.ListeningLink == l.link {
		d.step(&core.Event{Kind: core.EvDisconnect, Peer: l.peer}, false)
	}
}

// readmitDialled asks about the peers that the node dials, and again if there was
// another Readmit meanwhile: then the answers may be out of date.
func (d *Driver) readmitDialled() {
	for current := false; !current; {
		d.mu.Lock()
		asked := d.readmits
		d.mu.Unlock()
		admitted := make(map[string]bool)
		for _, name := range d.dialled.names() {
			admitted[name] = d.config.Node.Admit(name, "")
		}
		current = d.applyAdmission(asked, admitted)
	}
}

// applyAdmission disconnects the dialled peers that are not admitted, and connects
// those that are again; or returns false if admitted is not of the last Readmit.
func (d *Driver) applyAdmission(asked int, admitted map[string]bool) bool {
	d.lock()
	defer d.unlockAndDispatch()
	if d.readmits != asked {
		return false
	}
	for name, welcome := range admitted {
		p, ok := d.dialled.find(name)
		switch {
		case !ok || d.phase >= phaseStopped:
		case p.barred && welcome:
			d.unbar(name, p.address)
		case !p.barred && !welcome:
			d.bar(name)
		}
	}
	return true
}

// bar disconnects a peer that the node dials, and keeps its address for unbar.
// Requires the lock.
func (d *Driver) bar(name string) {
	d.failed(name, ErrNotAllowed)
	d.refused(name, d.whereabouts(name), 0, ErrNotAllowed)
	d.dialled.change(name, func(p *dialledPeer) { p.barred = true })
	d.step(&core.Event{Kind: core.EvDisconnect, Peer: name}, false)
}

// unbar has a peer dialled again, unless there are too many. Requires the lock.
func (d *Driver) unbar(name, address string) {
	if d.step(&core.Event{Kind: core.EvConnect, Peer: name, Address: address}, false) == 0 {
		d.dialled.add(name, address)
	}
}

// readmitLater has Admit asked again about a link that has just come up, if Readmit
// was ever called: the carrier may have asked before that, and the answer may be
// another one since. It does so on a goroutine of its own, because Admit may take
// its time and a carrier must not wait for it. Requires the lock.
func (d *Driver) readmitLater(link core.Link, peer string) {
	if d.readmits > 0 && link.Half == core.Listening {
		d.background.start(func() { d.readmit([]peerLink{{link, peer}}) })
	}
}
