package defects

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// firstInQueue is K7. The original's timeouts of calls stand in a queue in the
// order of the calls, also those of calls that are over, and every 50 ms its
// first one is looked at: a call ends no sooner than all that began before it
// would have timed out.
type firstInQueue struct {
	within
	last core.Instant // when the last one in the queue will be looked at
}

func newFirstInQueue(m *core.Machine) sim.Machine { return &firstInQueue{within{m}, 0} }

func (q *firstInQueue) Step(dst []core.Action, ev *core.Event) []core.Action {
	if ev.Kind != core.EvCall || ev.Timeout <= 0 {
		return q.Machine.Step(dst, ev)
	}
	call := *ev
	at := ev.At.Add(ev.Timeout)
	if q.last >= at {
		at = q.last.Add(q.Config().Timing.Join / 100)
	}
	q.last, call.Timeout = at, at.Sub(ev.At)
	return q.Machine.Step(dst, &call)
}

// sentOrNot is K11: nobody hears of a CALL that could not be sent, and its
// call waits for the reply.
type sentOrNot struct{ within }

func newSentOrNot(m *core.Machine) sim.Machine { return sentOrNot{within{m}} }

func (s sentOrNot) Step(dst []core.Action, ev *core.Event) []core.Action {
	if ev.Kind == core.EvSendRefused && ev.Command == core.CALL {
		return dst
	}
	return s.Machine.Step(dst, ev)
}

// passedOver is the second half of K11.
type passedOver struct{ within }

func newPassedOver(m *core.Machine) sim.Machine { return passedOver{within{m}} }

func (p passedOver) Step(dst []core.Action, ev *core.Event) []core.Action {
	from := len(dst)
	dst = p.Machine.Step(dst, ev)
	kept := slices.DeleteFunc(dst[from:], func(a core.Action) bool {
		return a.Kind == core.ActResult && a.Outcome == core.NotConnected
	})
	return dst[:from+len(kept)]
}

// attempts is how often an original sends a call that gets no reply.
const attempts = 4

// repeater is K12.
//
// The original waits for the whole timeout each time, so that its calls end too
// late as well. Here the attempts share the timeout: what is to be found is that
// a handler runs again.
type repeater struct {
	within
	calls map[core.CallID]*repeated // pending calls without a reply
}

// repeated is a call that has not had a reply.
type repeated struct {
	ev       core.Event    // the call, as the user made it
	sent     int           // attempts begun
	answered bool          // a reply has come
	silent   []core.Action // outcomes of the present attempt
}

func newRepeater(m *core.Machine) sim.Machine {
	return &repeater{within{m}, map[core.CallID]*repeated{}}
}

func (r *repeater) Step(dst []core.Action, ev *core.Event) []core.Action {
	if ev.Kind == core.EvCall && r.calls[ev.Call] == nil {
		r.calls[ev.Call] = &repeated{ev: *ev}
		return r.attempt(dst, r.calls[ev.Call], ev.At, ev.To)
	}
	return r.step(dst, ev)
}

// attempt sends a call to those of whom nothing has been heard.
func (r *repeater) attempt(dst []core.Action, k *repeated, at core.Instant, to []string) []core.Action {
	k.sent++
	k.silent = nil
	call := k.ev
	call.At, call.To = at, to
	if k.ev.Timeout > 0 {
		until := k.ev.At.Add(k.ev.Timeout * time.Duration(k.sent) / attempts)
		call.Timeout = max(until.Sub(at), 1)
	}
	return r.step(dst, &call)
}

// step lets the machine have an event, and begins again with the calls that end
// without a reply.
func (r *repeater) step(dst []core.Action, ev *core.Event) []core.Action {
	from := len(dst)
	acts := slices.Clone(r.Machine.Step(dst, ev)[from:])
	var again []*repeated
	kept := dst[:from]
	for _, a := range acts {
		k := r.calls[a.Call]
		switch {
		case k == nil:
			kept = append(kept, a)
		case a.Kind == core.ActResult && a.Outcome == core.Silent:
			k.silent = append(k.silent, a)
		case a.Kind == core.ActDone && r.wantsMore(k, ev.At):
			again = append(again, k)
		case a.Kind == core.ActDone, a.Kind == core.ActRefuse && ev.Kind == core.EvCall:
			kept = append(append(kept, k.silent...), a)
			delete(r.calls, a.Call)
		default:
			k.answered = k.answered || a.Kind == core.ActResult && a.Outcome != core.NotConnected
			kept = append(kept, a)
		}
	}
	for _, k := range again {
		var to []string
		for _, a := range k.silent {
			to = append(to, a.Peer)
		}
		own(kept[from:])
		kept = r.attempt(kept, k, ev.At, to)
	}
	return kept
}

// wantsMore says whether a call that is over is to be sent once more.
func (r *repeater) wantsMore(k *repeated, now core.Instant) bool {
	return !k.answered && len(k.silent) > 0 && k.sent < attempts && now < k.ev.At.Add(k.ev.Timeout)
}

// firstCome is K17: a request is served as long as the limits of the node and of its
// peer are not reached, whatever others may want.
type firstCome struct {
	within
	extra  map[core.Ticket]core.Action // requests that the machine has turned away, and that are served
	ticket core.Ticket                 // of the last one
	served map[string]int              // requests being served, by peer; those of the machine too
	of     map[core.Ticket]string      // whose each of them is
}

// extraTickets is beyond all tickets of a machine.
const extraTickets = core.Ticket(1 << 63)

func newFirstCome(m *core.Machine) sim.Machine {
	return &firstCome{within{m}, map[core.Ticket]core.Action{}, extraTickets, map[string]int{}, map[core.Ticket]string{}}
}

func (f *firstCome) Step(dst []core.Action, ev *core.Event) []core.Action {
	if ev.Kind == core.EvReply {
		if peer, ok := f.of[ev.Ticket]; ok {
			delete(f.of, ev.Ticket)
			f.served[peer]--
		}
		if a, ok := f.extra[ev.Ticket]; ok {
			delete(f.extra, ev.Ticket)
			return f.reply(f.skip(dst, ev), &a, ev)
		}
	}
	from := len(dst)
	dst = f.Machine.Step(dst, ev)
	dst = f.serve(dst, from, ev)
	for i := from; i < len(dst); i++ {
		if a := &dst[i]; a.Kind == core.ActServe {
			f.of[a.Ticket] = a.Peer
			f.served[a.Peer]++
		}
	}
	return dst
}

// serve has a request served that the machine has turned away, if the limits allow it.
func (f *firstCome) serve(dst []core.Action, from int, ev *core.Event) []core.Action {
	l := f.Config().Limits
	at := slices.IndexFunc(dst[from:], func(a core.Action) bool { return a.Kind == core.ActDrop && a.Drop == core.DropOverload })
	if at < 0 || f.served[ev.Peer] >= l.ServingPeerMax || len(f.of) >= l.ServingMax {
		return dst
	}
	at += from
	payload, _, ok := core.ParsePayload(ev.Command, ev.Body)
	if !ok {
		return dst
	}
	f.ticket++
	dst[at] = core.Action{
		Kind: core.ActServe, Ticket: f.ticket, Peer: ev.Peer, Link: ev.Link, Command: ev.Command,
		ID: payload.ID, Method: payload.Method, Body: payload.Rest,
	}
	f.extra[f.ticket] = core.Action{Peer: ev.Peer, Link: ev.Link, Command: ev.Command, ID: payload.ID}
	if ev.Command == core.CALL { // instead of the BACK that turns it away
		dst = slices.Delete(dst, at+1, at+2)
	}
	return dst
}

// reply answers a request that the machine knows nothing of, if its link is still there.
func (f *firstCome) reply(dst []core.Action, r *core.Action, ev *core.Event) []core.Action {
	st, _ := f.Status(r.Peer)
	if r.Command != core.CALL || st.ListeningLink != r.Link && st.DiallingLink != r.Link || !st.Active {
		return dst
	}
	a := core.Action{Kind: core.ActSend, Peer: r.Peer, Link: r.Link, Command: core.BACK, ID: r.ID, Method: ev.Method, Err: ev.Err}
	if len(ev.Err) == 0 {
		a.Body = ev.Body
	}
	return append(dst, a)
}
