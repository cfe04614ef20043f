package incident

import (
	"cmp"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// connection is a link as its dialler and its listener know it.
type connection struct {
	from, to *life     // the dialler and the listener
	dial     core.Link // at the dialler
	accepted core.Link // at the listener
}

// linkKey names a link of a life.
type linkKey struct {
	of   *life
	link core.Link
}

// matched are the connections of which both ends are known.
type matched struct {
	connections []*connection
	by          map[linkKey]*connection
}

// match finds the two ends of each connection, and of each frame on it.
//
// A frame that went out on one link only, among all between two lives, tells which it is
// that came in with it: a TICK has a number, a call an id. The link that most of them speak
// for is the other end.
func match(lives []*life) *matched {
	m := &matched{by: map[linkKey]*connection{}}
	var found []*candidate
	for _, from := range lives {
		for _, to := range lives {
			if from.node != to.node {
				found = append(found, candidates(from, to)...)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *candidate) int { return cmp.Compare(b.votes, a.votes) })
	for _, x := range found {
		dial, accepted := linkKey{x.from, x.dial}, linkKey{x.to, x.accepted}
		if m.by[dial] != nil || m.by[accepted] != nil {
			continue
		}
		c := &x.connection
		m.connections = append(m.connections, c)
		m.by[dial], m.by[accepted] = c, c
		frames(c.from, c.dial, c.to, c.accepted)
		frames(c.to, c.accepted, c.from, c.dial)
	}
	return m
}

// otherEnd returns the other end of the link of an entry, nil if it is not known.
func (m *matched) otherEnd(e *entry) (*life, core.Link) {
	switch c := m.by[linkKey{e.of, e.link}]; {
	case c == nil:
		return nil, core.Link{}
	case e.of == c.from:
		return c.to, c.accepted
	default:
		return c.from, c.dial
	}
}

// candidate is a connection that there may have been, and how many frames speak for it.
type candidate struct {
	connection
	votes int
}

// candidates returns the connections that from may have dialled to, in a fixed order.
func candidates(from, to *life) (found []*candidate) {
	type ends struct{ dial, accepted core.Link }
	by := map[ends]*candidate{}
	vote := func(x ends) {
		if by[x] == nil {
			by[x] = &candidate{connection: connection{from, to, x.dial, x.accepted}}
			found = append(found, by[x])
		}
		by[x].votes++
	}
	out := uniqueFrames(from, to.node, core.Dialling)
	for _, e := range to.log {
		if e.kind == received && e.peer == from.node && e.link.Half == core.Listening && out[e.frame].N != 0 {
			vote(ends{out[e.frame], e.link})
		}
	}
	out = uniqueFrames(to, from.node, core.Listening)
	for _, e := range from.log {
		if e.kind == received && e.peer == to.node && e.link.Half == core.Dialling && out[e.frame].N != 0 {
			vote(ends{e.link, out[e.frame]})
		}
	}
	return found
}

// uniqueFrames returns the link of each frame that went to a peer on one link only of that
// half.
func uniqueFrames(l *life, peer string, half core.Half) map[frameID]core.Link {
	links := map[frameID]core.Link{}
	for _, e := range l.log {
		if e.kind != sent || e.refused || e.peer != peer || e.link.Half != half {
			continue
		}
		if link, there := links[e.frame]; there && link != e.link {
			links[e.frame] = core.Link{} // on several
		} else {
			links[e.frame] = e.link
		}
	}
	return links
}

// frames finds the other end of each frame that went one way. Frames of a connection come
// in in the order in which they went out.
func frames(sender *life, out core.Link, receiver *life, in core.Link) {
	var waiting []*entry
	for _, e := range sender.log {
		if e.kind == sent && !e.refused && e.link == out && e.peer == receiver.node {
			waiting = append(waiting, e)
		}
	}
	for _, e := range receiver.log {
		if e.kind != received || e.link != in || e.peer != sender.node {
			continue
		}
		for i, s := range waiting {
			if s.frame == e.frame {
				s.other, e.other = e, s
				waiting = waiting[i+1:]
				break
			}
		}
	}
}
