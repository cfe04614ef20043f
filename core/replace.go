package core

import "time"

// An accepted link gives way to a newer one of the same peer. Two nodes with one name
// do that to each other; this file says what each end makes of it.

// replacedLink is an accepted link that a JOIN on a newer one has replaced while it
// was up, as far as anybody knew.
type replacedLink struct {
	n           uint64 // its number; zero: there is none
	met         bool   // its dialler had told its incarnation:
	incarnation uint64 // this one
}

// replacing is the link that the last JOIN replaced, until it has been told so. The
// zero value is none.
type replacing struct {
	peer string // whose it is
	n    uint64 // its number; zero: none waits
}

// partReplaced ends the accepted link that the last JOIN replaced: an event that is no
// EvSendRefused shows that the STAY has been taken. The first one comes soon, since
// the dialler answers the STAY.
//
// PROTOCOL 2.7: "The older one gets PART with the reason replaced, and is hung up."
func (m *Machine) partReplaced() {
	r := m.replacing
	if r.n == 0 {
		return
	}
	m.replacing = replacing{}
	link := Link{Listening, r.n}
	m.out.send(r.peer, link, PART).Body = m.out.part(partReplaced)
	m.out.hangUp(r.peer, link)
	if p := m.peers.find(r.peer); p != nil {
		m.cancelUnlinked(p)
	}
}

// replacedBy compares the incarnation that the present listening link of p has told
// with that of the link it replaced.
//
// PROTOCOL 2.7: "A listener whose new link tells another incarnation than the one it
// replaced says so to its driver, once": the peer has been restarted, or two nodes
// have one name.
func (m *Machine) replacedBy(p *peer, told Meet) {
	former := p.listening.former
	p.listening.former = replacedLink{}
	if former.met && former.incarnation != told.Incarnation {
		m.out.drop(p.name, Link{Listening, former.n}, MEET, DropTwin)
	}
}

// twinWait is how long a node stays away whose name another one has taken. Two that
// take it from each other have it by turns, and the random part keeps these turns
// from falling into step at several listeners.
//
// PROTOCOL 6.9: "It waits RETRY_TIME and up to as long again, at random."
func (t *Timing) twinWait(r *random) time.Duration {
	return t.Retry + time.Duration(r.below(uint64(t.Retry)))
}
