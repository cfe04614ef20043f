package zmqio

import (
	"fmt"
	"log/slog"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// guests bounds the accepted links of a node, whatever carries them, so that peers
// can't use up the descriptors which the node needs for its own dials and for others.
//
// An address gets one more link only if afterwards it has no more than are left free
// for everybody, the rule of Budget: n addresses that take all they get have 1/(n+1)
// of the links each. Names need a bound instead of a share, since in plaintext, or
// with keys that are free to make, one node may have as many as it likes.
// The lock of the node guards it.
type guests struct {
	max, peerMax int
	count        int
	byName       map[string]*guest
	byAddress    map[string]int // without those whose address is not known
	refused      uint64         // links that were refused, or ended for newer ones of their name
}

// guest is what one name has.
type guest struct {
	links []core.Link // oldest first
	left  string      // the address of the last link that has ended
}

// Why an accepted link is not kept.
var (
	errLinksMax     = linksError("the node has as many accepted connections as it may have: Limits.LinksMax")
	errLinksAddress = linksError("its address has as many connections as are left free for all others: Limits.LinksMax")
	errLinksPeerMax = linksError("its name has newer connections: Limits.LinksPeerMax")
)

// linksError is an ErrRefusedLinks that says more.
type linksError string

func (e linksError) Error() string { return string(e) }

func (linksError) Is(target error) bool { return target == ErrRefusedLinks }

func newGuests(linksMax, peerMax int) guests {
	return guests{max: linksMax, peerMax: peerMax}
}

// ask decides on one more link of name from address: it may come (nil), or not. A
// name that has links always gets a newer one, in place of the oldest: a peer whose
// connection broke unnoticed has to get in again.
func (g *guests) ask(name, address string) (oldest core.Link, err error) {
	var links []core.Link
	if of := g.byName[name]; of != nil {
		links = of.links
	}
	switch {
	case g.count >= g.max:
		err = errLinksMax
	case address != "" && g.byAddress[address]+1 > g.max-(g.count+1):
		err = errLinksAddress
	case len(links) >= g.peerMax:
		err = errLinksPeerMax
	}
	if err != nil && len(links) > 0 {
		return links[0], nil
	}
	return core.Link{}, err
}

func (g *guests) enter(link core.Link, name, address string) {
	if g.byName == nil { // most nodes of many that dial one have none
		g.byName, g.byAddress = make(map[string]*guest), make(map[string]int)
	}
	g.count++
	of := g.byName[name]
	if of == nil {
		of = &guest{}
		g.byName[name] = of
	}
	of.links = append(of.links, link)
	if address != "" {
		g.byAddress[address]++
	}
}

func (g *guests) leave(link core.Link, name, address string) {
	g.count--
	of := g.byName[name]
	of.left = address
	if i := slices.Index(of.links, link); i >= 0 {
		of.links = slices.Delete(of.links, i, i+1)
	}
	if len(of.links) == 0 {
		delete(g.byName, name)
	}
	if address == "" {
		return
	}
	if g.byAddress[address]--; g.byAddress[address] == 0 {
		delete(g.byAddress, address)
	}
}

// welcome takes an accepted link in and returns true, or hangs it up. Requires the lock.
func (p *port) welcome(link core.Link, name, address string) bool {
	d := p.driver
	g := &d.router.guests
	oldest, err := g.ask(name, address)
	if err != nil {
		g.refused++
		p.carrier.HangUp(link)
		d.logLater(&logLine{level: slog.LevelWarn, text: turnedAwayText, peer: name, address: address, err: err})
		d.failed(name, fmt.Errorf("it was turned away: %w", err))
		d.refused(name, address, 0, err)
		return false
	}
	if oldest.N != 0 {
		g.refused++
		d.logLater(&logLine{level: slog.LevelInfo, text: "connection ended for a newer one", peer: name, link: oldest, address: address, err: errLinksPeerMax})
		d.router.hangUp(oldest)
		d.step(&core.Event{Kind: core.EvLinkLost, Peer: name, Link: oldest, Cause: core.CauseReplaced}, false)
	}
	d.router.add(link, p, name, address)
	return true
}
