package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 3.8: "STAY is a promise: from STAY until PART, hang-up or SERVE_TIME of
// silence, frames on that link are served."
//
// promise is P12. It binds the end that serves, at once and in every state: a
// TICK is answered, and a request is run, answered or refused for a reason that the
// peer can be told of. An original's limbo breaks it, and so did three defects
// that would show in a bound on convergence only hours later.
//
// A link that a newer one has replaced is promised nothing any more once it has been
// told, by PART: until then its dialler lists this end as active, and is deaf.
type promise struct {
	tally
	perPeer[promised]
}

// promised is the listening link of a peer that was told STAY.
type promised struct {
	link  core.Link    // zero if it was told nothing, or the promise has ended
	heard core.Instant // the last frame that counts as a sign of life
	older core.Link    // the link before it, while PART has not ended that one's promise; zero: there is none
	since core.Instant // when that one was last heard
}

// replace makes link the one that was told STAY.
func (p *promised) replace(link core.Link, at core.Instant) {
	if p.link != link && p.link != (core.Link{}) {
		p.older, p.since = p.link, p.heard
	}
	p.link, p.heard = link, at
}

func newPromise() *promise { return &promise{} }

func (*promise) Property() report.Property { return PropPromise }

func (c *promise) Step(w World, s *Step) string {
	n, ev := s.Node, s.Event
	if n.Machine == nil {
		return ""
	}
	if wrong := c.event(w, s); wrong != "" {
		return wrong
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		if a.Kind != core.ActSend || a.Link.Half != core.Listening {
			continue
		}
		p := c.of(n, a.Peer)
		switch {
		case a.Command == core.STAY:
			p.replace(a.Link, ev.At)
		case a.Command == core.PART && a.Link == p.link:
			p.link = core.Link{}
		case a.Command == core.PART && a.Link == p.older:
			p.older = core.Link{}
		}
	}
	return ""
}

// event holds a frame against the promise, and notes what ends it.
func (c *promise) event(w World, s *Step) string {
	n, ev := s.Node, s.Event
	if ev.Link.Half != core.Listening {
		return ""
	}
	p := c.of(n, ev.Peer)
	if p.older == ev.Link {
		return c.replaced(w, s, p)
	}
	if p.link != ev.Link {
		return ""
	}
	switch {
	case ev.Kind == core.EvSendRefused && ev.Command == core.STAY: // the JOIN changed nothing
		*p = promised{link: p.older, heard: p.since}
		return ""
	case ev.Kind == core.EvLinkLost,
		ev.Kind == core.EvFrame && ev.Command == core.PART:
		p.link = core.Link{}
		return ""
	case ev.Kind != core.EvFrame:
		return ""
	}
	// After so long a silence a node may have ended the link, and need not have.
	if ev.At.Sub(p.heard) >= w.Timing().Serve {
		p.link = core.Link{}
		return ""
	}
	c.judge()
	if !serves(s) {
		return fmt.Sprintf("%s said STAY to %s on %v and ignores its %v", n.Name, ev.Peer, ev.Link, ev.Command)
	}
	if !dropped(s) {
		p.heard = ev.At
	}
	return ""
}

// replaced holds a frame of a link that a newer one has replaced against the promise:
// it is the last one that may be ignored, since PART is on its way by now.
func (c *promise) replaced(w World, s *Step, p *promised) string {
	n, ev := s.Node, s.Event
	link := p.older
	p.older = core.Link{}
	if ev.Kind != core.EvFrame || ev.Command == core.PART || ev.At.Sub(p.since) >= w.Timing().Serve {
		return ""
	}
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActSend && a.Command == core.PART && a.Link == link {
			return ""
		}
	}
	return fmt.Sprintf("%s said STAY to %s on %v, serves a newer link, and ignores a %v without PART", n.Name, ev.Peer, link, ev.Command)
}

// dropped says whether a step did nothing with its frame. One that was run before, or
// is too much at present, is answered, and shows that its peer lives.
func dropped(s *Step) bool {
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActDrop && a.Link == s.Event.Link && a.Drop != core.DropDuplicate && a.Drop != core.DropOverload {
			return true
		}
	}
	return false
}

// serves says whether a step did what a served peer can expect of it: nothing, if
// the frame asks for nothing.
func serves(s *Step) bool {
	ev := s.Event
	for i := range s.Actions {
		a := &s.Actions[i]
		switch {
		case a.Kind == core.ActServe && a.Link == ev.Link:
			return true
		case a.Kind == core.ActSend && a.Link == ev.Link && (a.Command == core.TOCK || a.Command == core.BACK):
			return true
		case a.Kind == core.ActDrop && (a.Drop == core.DropOverload || a.Drop == core.DropDuplicate ||
			a.Drop == core.DropUndecodable || a.Drop == core.DropOversize || a.Drop == core.DropOwnName):
			return true
		}
	}
	return ev.Command != core.TICK && ev.Command != core.CALL && ev.Command != core.CAST
}
