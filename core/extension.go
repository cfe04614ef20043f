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
)

// Meet is what a node of ours tells of itself: the payload of STAY and MEET.
type Meet struct {
	Extensions  uint32
	Incarnation uint64
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

// appendMeet returns the payload that tells p who we are.
func (m *Machine) appendMeet(p *peer) []byte {
	n := len(m.scratch)
	m.scratch = AppendMeet(m.scratch, Meet{extAtMostOnce | extPartReason | extVoid, p.self})
	return m.scratch[n:len(m.scratch):len(m.scratch)]
}

// bytes returns s as bytes that live until the next Step.
func (m *Machine) bytes(s string) []byte {
	n := len(m.scratch)
	m.scratch = append(m.scratch, s...)
	return m.scratch[n:len(m.scratch):len(m.scratch)]
}

// meet: the other end says who it is (from the dialler), or has learnt who we
// are (from the listener).
//
// PROTOCOL 8.2: "The dialler answers STAY with MEET; the listener answers MEET
// with MEET. Neither end uses an extension on a link before the other's MEET."
func (m *Machine) meet(p *peer, ev *Event) {
	told, ok := parseMeet(ev.Body)
	if !ok {
		m.drop(p.name, ev.Link, MEET, DropUndecodable)
		return
	}
	p.ours = true
	m.setIncarnation(p, ev.Link, told)
	if ev.Link.Half == Listening {
		m.send(p, ev.Link, MEET).Body = m.appendMeet(p)
	} else {
		p.dial.met = true
		// The listener had our MEET before the calls that followed it.
		m.eachPending(p, func(_ *call, r *row) {
			r.met = r.met || r.link == ev.Link && r.incarnation == told.Incarnation && p.offers(r.link, extAtMostOnce)
		})
	}
	m.resend(p)
}

// toldOn returns the incarnation that p has told on link, if it has.
func (p *peer) toldOn(link Link) (incarnation uint64, known bool) {
	switch {
	case link == p.listenLink() && p.listen.met:
		return p.listen.told.Incarnation, true
	case link == p.dialLink() && p.dial.known:
		return p.dial.told.Incarnation, true
	}
	return 0, false
}

// offers says whether an extension may be used on link.
//
// PROTOCOL 8.6: "An extension is used where both ends offer its bit."
func (p *peer) offers(link Link, extension uint32) bool {
	switch {
	case link == p.listenLink() && p.listen.met:
		return p.listen.told.Extensions&extension != 0
	case link == p.dialLink() && p.dial.met:
		return p.dial.told.Extensions&extension != 0
	}
	return false
}

// setIncarnation notes which life of p is at the other end of link.
//
// PROTOCOL 8.3: "A call sent to another incarnation than the present one ends
// with an error that says: restarted, may have run." An idempotent one is sent
// again instead, by resend; one whose link still leads to that other life may
// yet be answered.
func (m *Machine) setIncarnation(p *peer, link Link, told Meet) {
	incarnation := told.Incarnation
	if link.Half == Listening {
		p.listen.met, p.listen.told = true, told
	} else {
		p.dial.known, p.dial.told = true, told
	}
	p.adoptEarly(link, incarnation)
	m.eachPending(p, func(c *call, r *row) {
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
