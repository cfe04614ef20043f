package core

import "encoding/binary"

// A CALL on a link that has not joined is not run. Its caller can't tell it from one
// that was run before this end forgot the caller, and may not send such a one again:
// so the listener says which ones it has not run.

// noteUnrun remembers the id of a CALL of p whose link had not joined, until p has
// joined and been told.
//
// PROTOCOL 2.5: "The ids of the CALLs among them are remembered until the peer has
// joined."
func (p *peer) noteUnrun(body []byte) {
	var payload Payload
	if idOK, _ := payload.parse(CALL, body); !idOK || payload.ID == 0 {
		return
	}
	if p.unrun == nil {
		p.unrun = new(window)
	}
	p.unrun.mark(payload.ID)
}

// callsUnrun notes which pending calls p has not run, as its STAY on link says. One
// that may have gone out before, and been run then, is not meant; nor is one that another
// link may still answer.
//
// PROTOCOL 8.3: "If it went out only once, it is sent again, once, whatever the
// incarnation."
func (m *Machine) callsUnrun(p *peer, link Link, ids unrunIDs) {
	if len(ids) == 0 {
		return
	}
	m.calls.eachPending(p, func(c *call, r *row) {
		if !r.resent && (r.link == link || !p.carries(r.link)) && ids.has(c.id) {
			r.unrun, r.incarnation = true, 0
			m.unsend(p, r) // which may end a drain, and have it sent again
		}
	})
}

// unrunIDs is a set of call ids as it stands in a STAY: the highest one in four bytes,
// then a bit for each id from that one down, the least bit of a byte first.
type unrunIDs []byte

// unrunIDsBytes is the size of the highest id.
const unrunIDsBytes = 4

// appendUnrun appends the ids in w, which may be nil.
func appendUnrun(dst []byte, w *window) []byte {
	if w == nil {
		return dst
	}
	end := len(dst) // of what says something
	dst = binary.BigEndian.AppendUint32(dst, w.top)
	for back := range uint32(windowBits) {
		if back%8 == 0 {
			dst = append(dst, 0)
		}
		if w.has(w.top - back) {
			end = len(dst)
			dst[end-1] |= 1 << (back % 8)
		}
	}
	return dst[:end]
}

// has says whether the set has id. Any bytes are a set.
func (s unrunIDs) has(id uint32) bool {
	if len(s) < unrunIDsBytes {
		return false
	}
	back := binary.BigEndian.Uint32(s) - id
	bits := s[unrunIDsBytes:]
	return uint64(back/8) < uint64(len(bits)) && bits[back/8]>>(back%8)&1 == 1
}
