package defects

import (
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// ownNameCrash is K6.
type ownNameCrash struct{ within }

func newOwnNameCrash(m *core.Machine) sim.Machine { return ownNameCrash{within{m}} }

func (o ownNameCrash) Step(dst []core.Action, ev *core.Event) []core.Action {
	if ev.Kind == core.EvFrame && ev.Peer == o.Config().Name {
		panic("there is no entry for a peer of that name")
	}
	return o.Machine.Step(dst, ev)
}

// anyPart is K8. An original has one socket for all its dials, and knows of a
// PART only whom it came from: it ends the present dial, or the serving of that
// peer.
//
// Not doubled: that such a PART also begins anew a wait that is under way.
type anyPart struct{ within }

func newAnyPart(m *core.Machine) sim.Machine { return anyPart{within{m}} }

func (a anyPart) Step(dst []core.Action, ev *core.Event) []core.Action {
	if ev.Kind != core.EvFrame || ev.Command != core.PART || ev.Link.Half != core.Dialling {
		return a.Machine.Step(dst, ev)
	}
	part := *ev
	st, _ := a.Status(ev.Peer)
	switch {
	case st.DiallingLink == ev.Link:
	case st.Dialling == core.Idle && st.Listening == core.Serving:
		part.Link, part.Body = st.ListeningLink, []byte{1, 3} // as the other end does when it leaves
	default:
		part.Link = st.DiallingLink
	}
	return a.Machine.Step(dst, &part)
}

// anyTock is K10: a TOCK of an earlier TICK, or of an earlier dial, passes for
// the one that is due.
type anyTock struct {
	within
	ticks map[string][]byte // the last TICK to each peer
}

func newAnyTock(m *core.Machine) sim.Machine { return &anyTock{within{m}, map[string][]byte{}} }

func (t *anyTock) Step(dst []core.Action, ev *core.Event) []core.Action {
	if tick := t.ticks[ev.Peer]; tick != nil && ev.Kind == core.EvFrame && ev.Command == core.TOCK && ev.Link.Half == core.Dialling {
		tock := *ev
		st, _ := t.Status(ev.Peer)
		tock.Link, tock.Body = st.DiallingLink, tick
		ev = &tock
	}
	from := len(dst)
	dst = t.Machine.Step(dst, ev)
	for i := from; i < len(dst); i++ {
		if a := &dst[i]; a.Kind == core.ActSend && a.Command == core.TICK {
			t.ticks[a.Peer] = slices.Clone(a.Body)
		}
	}
	return dst
}

// leftConnected is the first half of K13: the other end is told nothing, and
// the connection stays.
type leftConnected struct{ within }

func newLeftConnected(m *core.Machine) sim.Machine { return leftConnected{within{m}} }

func (l leftConnected) Step(dst []core.Action, ev *core.Event) []core.Action {
	from := len(dst)
	dst = l.Machine.Step(dst, ev)
	if ev.Kind != core.EvDisconnect {
		return dst
	}
	kept := slices.DeleteFunc(dst[from:], func(a core.Action) bool {
		return a.Peer == ev.Peer && (a.Kind == core.ActHangUp || a.Kind == core.ActSend && a.Command == core.PART)
	})
	return dst[:from+len(kept)]
}

// deadEntry is the second half of K13: an original never removes the entry of a
// peer that it served and that fell silent, and refuses to connect while there
// is one. Only a disconnect removes it.
type deadEntry struct {
	within
	served map[string]bool // peers that have an entry, and were served
}

func newDeadEntry(m *core.Machine) sim.Machine { return &deadEntry{within{m}, map[string]bool{}} }

func (d *deadEntry) Step(dst []core.Action, ev *core.Event) []core.Action {
	switch ev.Kind {
	case core.EvDisconnect:
		delete(d.served, ev.Peer)
	case core.EvConnect:
		if st, _ := d.Status(ev.Peer); d.served[ev.Peer] && !st.Active {
			dst = d.skip(dst, ev)
			return append(dst, core.Action{Kind: core.ActRefuse, Peer: ev.Peer, Refusal: core.RefuseConnected})
		}
	}
	from := len(dst)
	dst = d.Machine.Step(dst, ev)
	for i := from; i < len(dst); i++ {
		if a := &dst[i]; a.Kind == core.ActSend && a.Command == core.STAY {
			d.served[a.Peer] = true
		}
	}
	return dst
}

// silentlyReplaced is K14: an accepted link that a newer one has replaced is told
// nothing and left up, so that its dialler lists this node and is not heard.
type silentlyReplaced struct{ within }

func newSilentlyReplaced(m *core.Machine) sim.Machine { return silentlyReplaced{within{m}} }

func (r silentlyReplaced) Step(dst []core.Action, ev *core.Event) []core.Action {
	from := len(dst)
	dst = r.Machine.Step(dst, ev)
	var replaced core.Link
	kept := slices.DeleteFunc(dst[from:], func(a core.Action) bool {
		if a.Kind == core.ActSend && a.Command == core.PART && string(a.Body) == partReplaced {
			replaced = a.Link
			return true
		}
		return a.Kind == core.ActHangUp && a.Link == replaced
	})
	return dst[:from+len(kept)]
}
