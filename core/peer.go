package core

import "time"

// peer is everything a machine knows of one name: its two halves, what is
// pending between the two nodes, and its timers.
type peer struct {
	name    string // as it claims, or has authenticated
	address string // what the user gave to connect; empty: only served
	slot    int32  // in the table of peers
	up      bool   // ActPeerUp was the last word to the driver
	// ours says that the peer has shown to speak our extensions; PROTOCOL 3.4
	// and 11.2 are about those that have not.
	ours bool
	// self is the incarnation that we tell this peer. It is new for every entry
	// of the table, because what it promises, that a call is not run twice,
	// holds no longer than our memory of the peer does (PROTOCOL 8.1).
	self uint64
	// roundTrip is how long the latest exchange took that one end answers at once (roundtrip.go).
	roundTrip time.Duration
	pending   int32 // rows of calls that wait for this peer
	serving   int32 // its requests that are being served

	parted bool    // a PART went out because a link had not joined:
	partAt Instant // when the last one did,
	partN  uint64  // and on which listening link

	dialling  diallingHalf  // our dial to it
	listening listeningHalf // its dial to us

	// seen holds the ids of requests already run, by the peer's incarnation, the one
	// that asked last first. early holds those of a link on which the incarnation has
	// not been told.
	seen  [livesMax]*window
	early *window
	// unrun holds the ids of CALLs that were not run, because their link had not joined,
	// until the peer has joined and been told of them; nil: there are none.
	unrun *window

	timers     [peerTimers]int32 // positions in the heap of the timer queue
	prev, next int32             // neighbours in the list of forgettable peers: slots, or noSlot
	idle       bool              // in that list
}

// diallingLink returns the current link of the dialling half; its number is zero
// where there was none yet.
func (p *peer) diallingLink() Link { return Link{Dialling, p.dialling.n} }

// listeningLink returns the current link of the listening half; its number is zero
// where there was none yet.
func (p *peer) listeningLink() Link { return Link{Listening, p.listening.n} }

// armed says whether a timer of p is armed.
func (p *peer) armed(kind timerKind) bool { return p.timers[kind] != notArmed }

// linked says whether the dialling half has a link, or is opening one, whose
// frames count.
func (p *peer) linked() bool {
	switch p.dialling.state {
	case Idle, Waiting:
		return false
	case Reaching: // between two attempts there is none
		return p.armed(timerReach)
	}
	return true
}

// active says whether requests can be offered to p: either half is healthy.
func (p *peer) active() bool { return p.listening.state == Serving || p.dialling.healthy() }

// forgettable says whether p is neither dialled nor served.
func (p *peer) forgettable() bool {
	return p.address == "" && p.dialling.state == Idle && p.listening.state == Idle
}

// carries says whether link is established and can still bring a reply.
func (p *peer) carries(link Link) bool {
	if link.Half == Listening {
		return p.listening.state == Serving && link.N == p.listening.n
	}
	return p.dialling.established() && link.N == p.dialling.n
}

// route returns the link that new requests to p go by, and whether p runs a
// request of that link at most once. The node's own name decides between two
// links. It needs an active peer.
//
// PROTOCOL 5.3: "Until the lower's dial is proven, new requests go from the
// lower name by the listening half and from the higher name by its dial; then
// both use the lower's dial."
func (p *peer) route(own string) (link Link, atMostOnce bool) {
	dial := p.dialling.healthy()
	if dial && p.listening.state == Serving {
		if own < p.name {
			dial = p.dialling.answered
		} else {
			dial = !p.listening.proven
		}
	}
	link = p.listeningLink()
	if dial {
		link = p.diallingLink()
	}
	return link, p.offers(link, extAtMostOnce)
}

// addUse notes that one call or request more needs link.
func (p *peer) addUse(link Link) {
	if link.Half == Dialling {
		p.dialling.uses++
	}
}

// dropUse notes that one call or request less needs link. It reports whether that
// was the last one that a drain past JOIN_TIME has waited for.
func (p *peer) dropUse(link Link) (drained bool) {
	d := &p.dialling
	if link != p.diallingLink() || d.uses == 0 {
		return false
	}
	d.uses--
	return d.state == Draining && d.overdue && d.uses == 0
}

// toldOn returns the incarnation that p has told on link, false if it has not.
func (p *peer) toldOn(link Link) (incarnation uint64, told bool) {
	switch {
	case link == p.listeningLink() && p.listening.met:
		return p.listening.told.Incarnation, true
	case link == p.diallingLink() && p.dialling.stage.told():
		return p.dialling.told.Incarnation, true
	}
	return 0, false
}

// askerOn returns which life of p asks what comes by link, as far as it has been told.
func (p *peer) askerOn(link Link) asker {
	incarnation, _ := p.toldOn(link)
	return asker{p.slot, incarnation}
}

// offers says whether an extension may be used on link.
//
// PROTOCOL 8.6: "An extension is used where both ends offer its bit."
func (p *peer) offers(link Link, extension uint32) bool {
	switch {
	case link == p.listeningLink() && p.listening.met:
		return p.listening.told.Extensions&extension != 0
	case link == p.diallingLink() && p.dialling.stage.met():
		return p.dialling.told.Extensions&extension != 0
	}
	return false
}

// mayPart says whether a PART may tell listening link n that it has not joined,
// once in every period and link, and notes that it does.
func (p *peer) mayPart(n uint64, now Instant, every time.Duration) bool {
	if p.parted && p.partN == n && now < p.partAt.Add(every) {
		return false
	}
	p.parted, p.partN, p.partAt = true, n, now
	return true
}

// partCounts says for how long it matters when the last PART of mayPart went out.
func (p *peer) partCounts(t *Timing) time.Duration {
	if p.idle {
		return t.Serve // it is not forgotten before
	}
	return t.Join
}

// partRefused notes that such a PART could not be sent: it counts as one that went out
// at that time.
func (p *peer) partRefused(link Link, as Instant) {
	if link == (Link{Listening, p.partN}) {
		p.partAt = min(p.partAt, as)
	}
}

// status returns the snapshot of p.
func (p *peer) status(timers *timerQueue) PeerStatus {
	s := PeerStatus{
		Name: p.name, Address: p.address,
		Dialling: p.dialling.state, Listening: p.listening.state,
		DiallingLink: p.diallingLink(), ListeningLink: p.listeningLink(),
		Active: p.active(), Ours: p.ours, Proven: p.listening.proven,
		Backoff: int(p.dialling.failures), Pending: int(p.pending), Serving: int(p.serving), RoundTrip: p.roundTrip,
	}
	if p.dialling.state == Waiting && p.armed(timerDial) {
		s.NextDial = timers.dueAt(p, timerDial)
	}
	return s
}
