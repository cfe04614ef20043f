package core

import "encoding/binary"

// extensionVersion is the version that every payload of ours begins with. A
// later version may append fields; this one reads what it knows.
const extensionVersion = 1

// Extensions, a bit each, that a node can offer in STAY and MEET.
const (
	extAtMostOnce = 1 << iota // call ids are remembered, so a CALL may be sent again
	extPartReason             // PART says why
	extVoid                   // VOID takes a CALL back
	extHeads                  // WITH carries a head

	// extensionsOurs are those that this package offers.
	extensionsOurs = extAtMostOnce | extPartReason | extVoid | extHeads
)

// Meet is what a node of ours tells of itself: the payload of STAY and MEET.
type Meet struct {
	Extensions  uint32 // the bits of those that it offers
	Incarnation uint64 // of its memory of the calls that it has run (PROTOCOL 8.1)
}

// meetBytes is the size of that payload: version, extensions, incarnation.
const meetBytes = 1 + 4 + 8

// AppendMeet appends the payload of a STAY or MEET.
func AppendMeet(dst []byte, m Meet) []byte {
	dst = append(dst, extensionVersion)
	dst = binary.BigEndian.AppendUint32(dst, m.Extensions)
	return binary.BigEndian.AppendUint64(dst, m.Incarnation)
}

// parseMeet reads it; ok is false for anything else, as an old peer's STAY.
func parseMeet(body []byte) (m Meet, ok bool) {
	if len(body) < meetBytes || body[0] < extensionVersion {
		return Meet{}, false
	}
	m.Extensions = binary.BigEndian.Uint32(body[1:])
	m.Incarnation = binary.BigEndian.Uint64(body[5:])
	return m, true
}

// meet handles MEET, by which a dialler tells its incarnation and a listener
// acknowledges ours.
//
// PROTOCOL 8.2: "The dialler answers STAY with MEET; the listener answers MEET
// with MEET. Neither end uses an extension on a link before the other's MEET."
func (m *Machine) meet(p *peer, ev *Event) {
	told, ok := parseMeet(ev.Body)
	if !ok {
		m.out.drop(p.name, ev.Link, MEET, DropUndecodable)
		return
	}
	p.ours = true
	if ev.Link.Half == Dialling {
		// One that comes late may be of a life before the last JOIN of the link.
		contradicts, counts := p.dialling.contradicts(told.Incarnation)
		if contradicts {
			m.send(p, ev.Link, MEET).Body = m.out.meet(p.self)
		}
		if !counts {
			return
		}
	}
	m.setIncarnation(p, ev.Link, MEET, told)
	if ev.Link.Half == Listening {
		m.replacedBy(p, told)
		p.unrun = nil // a MEET follows our STAY, which has told of them
		m.send(p, ev.Link, MEET).Body = m.out.meet(p.self)
	} else {
		// The listener had our MEET before the calls that followed it.
		m.calls.eachPending(p, func(_ *call, r *row) {
			r.atMostOnce = r.atMostOnce || r.link == ev.Link && r.incarnation == told.Incarnation && p.offers(r.link, extAtMostOnce)
		})
	}
	m.resend(p)
}

// setIncarnation notes which life of p is at the other end of link, as STAY or
// MEET has told.
//
// PROTOCOL 8.3: "A call sent to another incarnation than the present one ends
// with an error that says: restarted, may have run." An idempotent one is sent
// again instead, by resend; one whose link still leads to that other life may
// yet be answered.
func (m *Machine) setIncarnation(p *peer, link Link, by Command, told Meet) {
	incarnation := told.Incarnation
	switch {
	case link.Half == Listening:
		p.listening.met, p.listening.told = true, told
	case by == MEET:
		p.dialling.stage, p.dialling.told, p.dialling.doubt = p.dialling.stage.afterMeet(), told, 0
	default:
		p.dialling.stage, p.dialling.told, p.dialling.doubt = stageTold, told, 0
	}
	p.adoptEarly(link, incarnation)
	if p.serving > 0 {
		// A JOIN may have come in between, with which adoptEarly does not know them any more.
		m.requests.tell(p.askerOn(link), link, func(id uint32) { p.windowOf(incarnation).mark(id) })
	}
	m.cancelFormer(p)
	m.calls.eachPending(p, func(c *call, r *row) {
		switch {
		case r.incarnation == 0 || r.incarnation == incarnation:
		case r.link != link && p.carries(r.link):
		case c.idempotent:
			m.unsend(p, r)
		default:
			m.endRow(c, r, Restarted)
		}
	})
}
