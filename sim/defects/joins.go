package defects

import (
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// limbo is K1, K2 and half of K9. A JOIN that finds an entry takes it to the
// original's MakeServer: STAY goes out, but until the deadline that the entry
// had before, every frame but JOIN is ignored. The entry outlives its connection,
// since an original is not told of one that is lost.
//
// Not doubled: that such a node does not list the peer as active meanwhile. It
// only makes the defect harder to find.
type limbo struct {
	within
	fromServing bool                   // a JOIN of a peer that is served leads to limbo
	fromWaiting func(peer string) bool // whether one of a peer in Waiting does
	entries     map[string]*limboEntry // by the peer's name
}

// limboEntry is what an original keeps of a peer that dials it.
type limboEntry struct {
	heard core.Instant // frames count from then on
	until core.Instant // when the entry will be given up
}

func newServingLimbo(m *core.Machine) sim.Machine {
	return &limbo{within{m}, true, func(string) bool { return false }, map[string]*limboEntry{}}
}

func newWaitingLimbo(m *core.Machine) sim.Machine {
	return &limbo{within{m}, false, func(string) bool { return true }, map[string]*limboEntry{}}
}

func (l *limbo) Step(dst []core.Action, ev *core.Event) []core.Action {
	if ev.Kind != core.EvFrame || ev.Link.Half != core.Listening {
		return l.Machine.Step(dst, ev)
	}
	e := l.entries[ev.Peer]
	if e == nil {
		e = &limboEntry{}
		l.entries[ev.Peer] = e
	}
	switch serve := l.Config().Timing.Serve; {
	case l.ownNetwork(ev):
		l.join(e, ev)
	case ev.At < e.heard:
		return l.skip(dst, ev)
	case ev.At < e.until:
		e.until = ev.At.Add(serve)
	}
	return l.Machine.Step(dst, ev)
}

// join decides from when on frames of a peer that has just joined count.
func (l *limbo) join(e *limboEntry, ev *core.Event) {
	if ev.At < e.heard {
		return // in limbo already, and no deadline moves
	}
	end := ev.At
	switch {
	case l.fromServing && ev.At < e.until:
		end = e.until
	case l.fromWaiting(ev.Peer) && l.beforeFrame(ev).Dialling == core.Waiting:
		end = l.waitEnds(ev)
	}
	e.heard, e.until = end, end.Add(l.Config().Timing.Serve)
}

// waitEnds finds out when the machine would dial the peer again.
func (l *limbo) waitEnds(ev *core.Event) core.Instant {
	m := l.Clone()
	for range 1000 {
		at := m.Deadline()
		if at == core.Never {
			break
		}
		acts := m.Step(nil, &core.Event{Kind: core.EvTimeout, At: at})
		for i := range acts {
			if a := &acts[i]; a.Kind == core.ActDial && a.Peer == ev.Peer {
				return max(at, ev.At)
			}
		}
	}
	return ev.At
}

// crossing is K9. A JOIN in Handshake gets PART without a reason. So both ends
// of a simultaneous join wait, and the first that joins again is told STAY by
// one that still waits, and ignores it until that wait is over.
type crossing struct {
	*limbo
	parted map[string]bool // peers whose PART we wait for to be over
}

func newCrossing(m *core.Machine) sim.Machine {
	c := &crossing{parted: map[string]bool{}}
	c.limbo = &limbo{within{m}, false, func(peer string) bool { return c.parted[peer] }, map[string]*limboEntry{}}
	return c
}

func (c *crossing) Step(dst []core.Action, ev *core.Event) []core.Action {
	if c.ownNetwork(ev) && ev.Link.Half == core.Listening && c.beforeFrame(ev).Dialling == core.Handshake {
		dst = c.skip(dst, ev)
		return append(dst, core.Action{Kind: core.ActSend, Peer: ev.Peer, Link: ev.Link, Command: core.PART})
	}
	if ev.Kind == core.EvFrame && ev.Command == core.PART && ev.Link.Half == core.Dialling && len(ev.Body) == 0 {
		c.parted[ev.Peer] = true
	}
	from := len(dst)
	dst = c.limbo.Step(dst, ev)
	for i := from; i < len(dst); i++ {
		if a := &dst[i]; a.Kind == core.ActDial {
			delete(c.parted, a.Peer)
		}
	}
	return dst
}

// anyNetwork is K5: a JOIN of a peer that has an entry, for instance because
// this node dials it, is accepted whatever network it names.
type anyNetwork struct{ within }

func newAnyNetwork(m *core.Machine) sim.Machine { return anyNetwork{within{m}} }

func (a anyNetwork) Step(dst []core.Action, ev *core.Event) []core.Action {
	if ev.Kind == core.EvFrame && ev.Command == core.JOIN {
		if _, known := a.Status(ev.Peer); known {
			own := *ev
			own.Body = []byte(a.Config().Network)
			return a.Machine.Step(dst, &own)
		}
	}
	return a.Machine.Step(dst, ev)
}

// joinFirst is K15: JOIN is the first word on the first link to a peer of which nothing
// is known. An original that serves an earlier life of this node falls into limbo at it.
type joinFirst struct {
	within
	answered map[string]bool // peers that have said something on a dial
}

func newJoinFirst(m *core.Machine) sim.Machine { return &joinFirst{within{m}, map[string]bool{}} }

func (j *joinFirst) Step(dst []core.Action, ev *core.Event) []core.Action {
	if ev.Kind == core.EvFrame && ev.Link.Half == core.Dialling {
		j.answered[ev.Peer] = true
	}
	from := len(dst)
	dst = j.Machine.Step(dst, ev)
	for i := from; i < len(dst); i++ {
		a := dst[i]
		if a.Kind != core.ActSend || a.Command != core.TICK || a.Link.Half != core.Dialling || j.answered[a.Peer] {
			continue
		}
		if st, _ := j.Status(a.Peer); st.Dialling != core.Probe {
			continue
		}
		// In the place of the TICK comes the JOIN that would answer a PART.
		own(dst[from:])
		dst = slices.Delete(dst, i, i+1)
		part := core.Event{Kind: core.EvFrame, At: ev.At, Peer: a.Peer, Link: a.Link, Command: core.PART, Body: []byte(partNotJoined)}
		dst = j.Machine.Step(dst, &part)
		i--
	}
	return dst
}

// halfUndone is K16: a JOIN whose STAY can't be sent is taken back as if its peer had
// left. The link that was served before is not any more, and what the JOIN did to our
// dial and to timers stays.
type halfUndone struct{ within }

func newHalfUndone(m *core.Machine) sim.Machine { return halfUndone{within{m}} }

func (h halfUndone) Step(dst []core.Action, ev *core.Event) []core.Action {
	if ev.Kind != core.EvSendRefused || ev.Command != core.STAY {
		return h.Machine.Step(dst, ev)
	}
	part := core.Event{Kind: core.EvFrame, At: ev.At, Peer: ev.Peer, Link: ev.Link, Command: core.PART, Body: []byte(partLeaving)}
	return h.Machine.Step(dst, &part)
}
