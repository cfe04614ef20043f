package incident

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// breakMax is how soon two nodes are together again after a connection broke, if nothing
// else was wrong with the way.
const breakMax = time.Second

// note makes an episode of something that shows one, unless it is part of one already.
func (p *pair) note(e *entry, end time.Duration) {
	if p.covers(e.at) || p.covers(e.trouble()) {
		return
	}
	before, after := p.around(e)
	if before == nil {
		return // they had not met yet
	}
	x := episode{from: max(p.began(before.at, e), before.at), to: end, open: true, how: "partition", why: p.what(e)}
	if after != nil {
		x.to, x.open = after.at, false
		for _, up := range p.ups {
			if up.at > e.at {
				x.to = min(x.to, up.at)
				break
			}
		}
	}
	x.perhaps = x.from
	for _, f := range p.failed {
		if f.at > x.from && f.at < x.to {
			x.perhaps = f.at
		}
	}
	if at, broken := p.broke(x); broken {
		x.how, x.from = "break", at
	} else if one, two, ok := p.oneWay(x); ok {
		x.how, x.one, x.two = "cut", one, two
	}
	p.episodes = append(p.episodes, x)
}

// what says what a piece of evidence is, for people.
func (p *pair) what(e *entry) string {
	if e.kind == linkLost {
		return fmt.Sprintf("%s lost %v to %s: %v", e.of.node, e.link, e.peer, e.cause)
	}
	return fmt.Sprintf("%v of %s did not reach %s", e.command, e.of.node, e.peer)
}

// around returns the last frame that arrived before something that shows an episode, and
// the first that was sent after it and arrived; nil if there is none. If that is a frame
// which was lost, only those of its sender count: the other direction may have worked.
func (p *pair) around(e *entry) (before, after *entry) {
	for _, d := range p.delivered {
		switch {
		case e.kind == sent && d.of.node != e.of.node:
		case d.other.at <= e.at:
			before = d
		case d.at > e.at && after == nil:
			after = d
		}
	}
	return before, after
}

// began returns when the way ceased to work. It did until the last frame that arrived was
// sent, and until a silence before a heartbeat was missed; it no longer did when the first
// frame that was lost went out, or a connection was lost. Heartbeats are more frequent than
// frames, so the former is taken where there is one.
func (p *pair) began(before time.Duration, e *entry) time.Duration {
	from := e.at
	for _, x := range p.lost {
		if x.at > before {
			from = min(from, x.at)
			break
		}
	}
	silent := time.Duration(-1)
	for _, x := range p.ended {
		switch heard := x.at - x.of.recording.Silence; {
		case x.at <= before:
		case x.cause != core.CauseHeartbeat:
			from = min(from, x.at)
		case heard <= from:
			silent = max(silent, heard)
		}
	}
	if silent < 0 {
		return from
	}
	return min(from, max(silent, before))
}

// broke says whether an episode is a connection that broke, and was made again at once.
func (p *pair) broke(x episode) (at time.Duration, ok bool) {
	for _, e := range p.ended {
		if e.at >= x.from && e.at <= x.to && e.cause == core.CauseLost {
			return e.at, !x.open && x.to-e.at <= breakMax
		}
	}
	return 0, false
}

// oneWay says whether frames went one way only in an episode.
func (p *pair) oneWay(x episode) (from, to string, ok bool) {
	lost := map[string]time.Duration{} // by sender, the first one
	for _, e := range p.lost {
		if _, there := lost[e.of.node]; !there && e.at >= x.from && e.at <= x.to {
			lost[e.of.node] = e.at
		}
	}
	for _, nodes := range [2][2]string{{p.a, p.b}, {p.b, p.a}} {
		at, there := lost[nodes[0]]
		if _, both := lost[nodes[1]]; !there || both {
			continue
		}
		for _, e := range p.delivered {
			if e.of.node == nodes[1] && e.at > at && e.other.at < x.to {
				return nodes[0], nodes[1], true
			}
		}
	}
	return "", "", false
}
