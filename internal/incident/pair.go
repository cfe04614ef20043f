package incident

import (
	"fmt"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// pair is two nodes and all that went between them.
type pair struct {
	a, b      string
	delivered []*entry // frames that arrived, as they were sent, by that time
	lost      []*entry // frames that did not, though both ends were recorded then
	ended     []*entry // connections that were lost for no reason of the nodes'
	ups       []*entry // connections that came up
	failed    []*entry // connections that were lost or given up, for any reason
	episodes  []episode
}

// episode is a time in which the way between two nodes did not work.
type episode struct {
	from, to time.Duration // when that began, and was over
	perhaps  time.Duration // from when on it may have been over already
	open     bool          // it was not over when the recordings end
	how      string        // partition, break, cut or clog
	one, two string        // of a cut or a clog: from whom to whom
	why      string        // what shows it
}

// pairOf collects what went between two nodes.
func (m *merger) pairOf(a, b string) *pair {
	p := &pair{a: a, b: b}
	for _, e := range m.all {
		between := e.of.node == a && e.peer == b || e.of.node == b && e.peer == a
		if !between {
			continue
		}
		switch e.kind {
		case sent:
			switch {
			case e.other != nil:
				p.delivered = append(p.delivered, e)
			case !e.refused && m.heard(e.peer, e.at) && !m.isDown(e.peer, e.at) && !m.over(e):
				p.lost = append(p.lost, e)
			}
		case linkUp:
			p.ups = append(p.ups, e)
		case hungUp:
			p.failed = append(p.failed, e)
		case linkLost:
			p.failed = append(p.failed, e)
			if m.unexplained(e) {
				p.ended = append(p.ended, e)
			}
		}
	}
	return p
}

// heard says whether a node has a recording of that moment, and of the time in which what
// is sent then would arrive.
func (m *merger) heard(node string, at time.Duration) bool {
	for _, l := range m.livesOf(node) {
		if l.from <= at && at+flightMax <= l.to {
			return true
		}
	}
	return false
}

// over says whether the other end of the connection had ended when a frame was sent on it,
// or had before it could arrive.
func (m *merger) over(e *entry) bool {
	other, link := m.matched.otherEnd(e)
	if other == nil {
		return false
	}
	for _, x := range other.log {
		if (x.kind == linkLost || x.kind == hungUp) && x.link == link && x.at <= e.at+flightMax {
			return true
		}
	}
	return false
}

// flightMax is more than a frame takes where nothing holds it up.
const flightMax = time.Second

// isDown says whether a node was paused, or had no process, at about that time.
func (m *merger) isDown(node string, at time.Duration) bool {
	for _, s := range m.down[node] {
		if s.has(at, flightMax) {
			return true
		}
	}
	return false
}

// unexplained says whether the loss of a connection is neither what one of the two nodes
// has done, nor what has befallen one of them.
func (m *merger) unexplained(e *entry) bool {
	switch e.cause {
	case core.CauseLost, core.CauseHeartbeat, core.CauseUnreachable, core.CauseHandshake:
	default:
		return false
	}
	for _, node := range [2]string{e.of.node, e.peer} {
		if m.isDown(node, e.at) || m.isDown(node, e.trouble()) {
			return false
		}
	}
	if e.mute() {
		return false
	}
	other, link := m.matched.otherEnd(e)
	if other == nil {
		return true
	}
	for _, x := range other.log {
		if x.kind == hungUp && x.link == link && x.at <= e.at {
			return false
		}
	}
	return true
}

// trouble returns when what an entry shows was wrong already: a silence before a heartbeat
// was missed, and all the time in which a dial came to nothing. What follows an episode at
// once may be the last of it: a dial that began in it and is given up when it is over.
func (e *entry) trouble() time.Duration {
	switch {
	case e.kind != linkLost:
	case e.cause == core.CauseHeartbeat:
		return e.at - e.of.recording.Silence
	case e.cause == core.CauseHandshake || e.cause == core.CauseUnreachable:
		for _, x := range e.of.log {
			if x.kind == dialled && x.link == e.link {
				return x.at
			}
		}
	}
	return e.at
}

// mute says whether the end of a connection was seen by the listener, and nothing had come
// in on it: the dialler has given it up, and knows why.
func (e *entry) mute() bool {
	return e.link.Half == core.Listening && !slices.ContainsFunc(e.of.log, func(x *entry) bool {
		return x.kind == received && x.link == e.link
	})
}

// find finds the episodes of a pair.
func (m *merger) find(p *pair) {
	for _, e := range p.lost { // which tell more than the ends of connections
		p.note(e, m.until)
	}
	for _, e := range p.ended {
		p.note(e, m.until)
	}
	for _, e := range p.delivered {
		slow := e.other.at-e.at >= flightMax
		if slow && !m.isDown(e.peer, e.at) && !m.isDown(e.peer, e.other.at) && !p.covers(e.at) && !p.covers(e.other.at) {
			p.clogged(e)
		}
	}
}

// clogged notes a frame that was held up.
func (p *pair) clogged(e *entry) {
	p.episodes = append(p.episodes, episode{
		from: e.at, to: e.other.at, how: "clog", one: e.of.node, two: e.peer,
		why: fmt.Sprintf("%v took %v", e.command, (e.other.at - e.at).Round(time.Millisecond)),
	})
}

// covers says whether an episode has that moment.
func (p *pair) covers(at time.Duration) bool {
	for _, x := range p.episodes {
		if x.from <= at && at <= x.to {
			return true
		}
	}
	return false
}
