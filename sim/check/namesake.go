package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// PROTOCOL 2.7: "A listener whose new link tells another incarnation than the one it
// replaced says so to its driver, once"
//
// namesakes is the part of P16 that is about what a driver is told of a link that was
// replaced: it is as true as what the peer is told.
type namesakes struct {
	perPeer[namesake]
	sure bool      // a JOIN is about to be taken, and what it may replace is certain
	is   core.Link // the one that serves; zero if none does
}

// namesake is what a listener knows of the links of one name.
type namesake struct {
	own            uint64       // the incarnation that it told the peer last; another one shows that it has forgotten it
	latest, former accountOf    // the one that was told STAY last, and the one that it replaced
	undo           [2]accountOf // both, before the latest STAY
	unsure         bool         // whether there is a former one is not known
}

// accountOf is what the dialler of a link has told. The zero value is no link.
type accountOf struct {
	link        packed // that was told STAY
	met         bool   // its dialler has told its incarnation:
	incarnation uint64 // this one
}

// before looks at which link serves the peer of a JOIN. Where timers are due, which come
// before it, that is not certain.
func (c *namesakes) before(s *Step) {
	ev, m := s.Event, s.Node.Machine
	st, _ := m.Status(ev.Peer)
	c.is, c.sure = core.Link{}, m.Deadline() > ev.At
	if st.Listening == core.Serving {
		c.is = st.ListeningLink
	}
}

// step holds what the driver is told against what the links have told. It reports
// whether there was something to judge.
func (c *namesakes) step(s *Step) (judged bool, wrong string) {
	ev := s.Event
	if ev.Link.Half != core.Listening {
		return false, ""
	}
	switch {
	case ev.Kind == core.EvSendRefused && ev.Command == core.STAY:
		if p := c.of(s.Node, ev.Peer); p.latest.link == pack(ev.Link) {
			p.latest, p.former = p.undo[0], p.undo[1]
		}
	case ev.Kind != core.EvFrame:
	case ev.Command == core.JOIN:
		for i := range s.Actions {
			if a := &s.Actions[i]; a.Kind == core.ActSend && a.Command == core.STAY && a.Link == ev.Link {
				own, _, _ := parseMeet(a.Body)
				c.of(s.Node, ev.Peer).joined(ev.Link, own, c.is, c.sure)
			}
		}
	case ev.Command == core.MEET && !dropped(s):
		return c.of(s.Node, ev.Peer).meets(s)
	}
	return false, ""
}

// joined enters that a link has been told STAY and an incarnation, while another link
// served or none did. One that joins again is its dialler's still.
func (p *namesake) joined(link core.Link, own uint64, served core.Link, sure bool) {
	p.undo = [2]accountOf{p.latest, p.former}
	known := own == p.own
	p.own = own
	if link == served {
		return
	}
	p.former, p.unsure = accountOf{}, !sure || served != core.Link{} && pack(served) != p.latest.link
	if served != (core.Link{}) {
		p.former = p.latest
	}
	if !known || p.latest.link != pack(link) {
		p.latest = accountOf{link: pack(link)}
	}
}

// meets enters what a link tells, and compares.
func (p *namesake) meets(s *Step) (judged bool, wrong string) {
	ev := s.Event
	incarnation, _, ok := parseMeet(ev.Body)
	if !ok || pack(ev.Link) != p.latest.link {
		return false, ""
	}
	former := p.former
	p.latest.met, p.latest.incarnation, p.former = true, incarnation, accountOf{}
	if p.unsure {
		p.unsure = false
		return false, ""
	}
	another, says := former.met && former.incarnation != incarnation, false
	for i := range s.Actions {
		a := &s.Actions[i]
		says = says || a.Kind == core.ActDrop && a.Drop == core.DropTwin && a.Command == core.MEET && a.Peer == ev.Peer
	}
	switch {
	case another && !says:
		wrong = fmt.Sprintf("%s does not tell its driver that %v of %s is of another incarnation than %v, which it has replaced", s.Node.Name, ev.Link, ev.Peer, former.link)
	case says && !another:
		wrong = fmt.Sprintf("%s tells its driver that %v of %s is of another incarnation than the link that it has replaced, which is not so", s.Node.Name, ev.Link, ev.Peer)
	}
	return another || says || former.met, wrong
}
