package defects

import (
	"bytes"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// wedge is K3: once a call has ended without a single reply, whether it found
// nobody to ask or nobody answered, the node does nothing any more.
type wedge struct {
	within
	answered map[core.CallID]bool // calls with an answer, until they end
	stuck    bool                 // it does nothing any more
}

func newWedge(m *core.Machine) sim.Machine {
	return &wedge{within: within{m}, answered: map[core.CallID]bool{}}
}

func (w *wedge) Step(dst []core.Action, ev *core.Event) []core.Action {
	if w.stuck {
		return dst
	}
	from := len(dst)
	dst = w.Machine.Step(dst, ev)
	for i := from; i < len(dst); i++ {
		switch a := &dst[i]; a.Kind {
		case core.ActResult:
			switch a.Outcome { // an original knows of no canceled calls, and closes otherwise
			case core.Canceled, core.Closed, core.Disconnected, core.Replied, core.Failed, core.Unserved:
				w.answered[a.Call] = true
			}
		case core.ActDone:
			w.stuck = w.stuck || !w.answered[a.Call]
			delete(w.answered, a.Call)
		}
	}
	return dst
}

func (w *wedge) Deadline() core.Instant {
	if w.stuck {
		return core.Never
	}
	return w.Machine.Deadline()
}

// counter is K4: a call is over when as many BACKs of its id have come in as
// CALLs went out, whoever they are of.
type counter struct {
	within
	calls map[uint32]*counted    // by id on the wire
	ids   map[core.CallID]uint32 // ids on the wire, by call
}

// counted is one pending call.
type counted struct {
	handle          core.CallID // as the user names it
	method          string      // as the user named it
	left            int         // BACKs until it is over
	asked, answered []string    // peers: with a CALL each, with a BACK each
}

func newCounter(m *core.Machine) sim.Machine {
	return &counter{within{m}, map[uint32]*counted{}, map[core.CallID]uint32{}}
}

func (c *counter) Step(dst []core.Action, ev *core.Event) []core.Action {
	from := len(dst)
	k, reply := c.called(ev)
	if k == nil {
		dst = c.Machine.Step(dst, ev)
		c.note(dst[from:], ev)
		return dst
	}
	k.left--
	first := slices.Contains(k.asked, ev.Peer) && !slices.Contains(k.answered, ev.Peer)
	if first {
		k.answered = append(k.answered, ev.Peer)
		dst = c.Machine.Step(dst, ev)
		own(dst[from:])
	} else { // in the place of somebody who was asked
		dst = append(dst, core.Action{Kind: core.ActResult, Call: k.handle, Peer: ev.Peer, Outcome: core.Replied, Body: reply})
	}
	switch {
	case k.left == 0 && len(k.answered) < len(k.asked):
		dst = c.end(dst, k, ev)
	case !first:
		dst = c.skip(dst, ev)
	}
	c.note(dst[from:], ev)
	return dst
}

// called returns the pending call that a BACK names, and the reply.
func (c *counter) called(ev *core.Event) (*counted, []byte) {
	if ev.Kind != core.EvFrame || ev.Command != core.BACK {
		return nil, nil
	}
	st, _ := c.Status(ev.Peer)
	payload, _, ok := core.ParsePayload(core.BACK, ev.Body)
	k := c.calls[payload.ID]
	if !ok || !st.Active || k == nil || k.method != string(payload.Method) {
		return nil, nil
	}
	return k, payload.Rest
}

// end ends a call that the machine still waits for, without the outcomes that
// are missing.
func (c *counter) end(dst []core.Action, k *counted, ev *core.Event) []core.Action {
	from := len(dst)
	dst = c.Machine.Step(dst, &core.Event{Kind: core.EvCancel, At: ev.At, Call: k.handle})
	kept := slices.DeleteFunc(dst[from:], func(a core.Action) bool {
		return a.Call == k.handle && (a.Kind == core.ActRefuse || a.Kind == core.ActResult && a.Outcome == core.Canceled)
	})
	return dst[:from+len(kept)]
}

// note keeps count of the calls that begin and end.
func (c *counter) note(acts []core.Action, ev *core.Event) {
	for i := range acts {
		switch a := &acts[i]; {
		case a.Kind == core.ActDone:
			delete(c.calls, c.ids[a.Call])
			delete(c.ids, a.Call)
		case ev.Kind == core.EvCall && a.Kind == core.ActSend && a.Command == core.CALL && len(a.Method) > 0:
			k := c.calls[a.ID]
			if k == nil {
				k = &counted{handle: ev.Call, method: string(ev.Method)}
				c.calls[a.ID], c.ids[ev.Call] = k, a.ID
			}
			k.left++
			k.asked = append(k.asked, a.Peer)
		}
	}
}

// own copies what actions alias of the machine's memory, for a double that
// steps it twice.
func own(acts []core.Action) {
	for i := range acts {
		a := &acts[i]
		a.Method, a.Err, a.Body = bytes.Clone(a.Method), bytes.Clone(a.Err), bytes.Clone(a.Body)
	}
}

// unnamed is K18: a listener does not say which calls it has not run, because their link
// had not joined.
type unnamed struct{ within }

func newUnnamed(m *core.Machine) sim.Machine { return unnamed{within{m}} }

func (u unnamed) Step(dst []core.Action, ev *core.Event) []core.Action {
	from := len(dst)
	dst = u.Machine.Step(dst, ev)
	for i := from; i < len(dst); i++ {
		if a := &dst[i]; a.Kind == core.ActSend && a.Command == core.STAY {
			a.Body = a.Body[:min(len(a.Body), meetBytes)]
		}
	}
	return dst
}

// meetBytes is the size of a STAY that names no calls.
const meetBytes = 1 + 4 + 8
