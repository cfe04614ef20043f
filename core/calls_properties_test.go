package core_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// callRef is what calls have to do: a row for each addressed peer, once, by the
// timeout, whatever else arrives. A Skip in one of its actions is rapid's: the action
// does not apply at the moment, and another is drawn. No test is skipped.
type callRef struct {
	m     *core.Machine
	now   core.Instant
	links map[string]core.Link
	calls []*refCall
}

type refCall struct {
	handle   core.CallID
	id       uint32
	deadline core.Instant
	waiting  []string             // peers without an outcome
	sent     map[string]core.Link // by which link it went to each
	done     bool
	got      []core.Action // results of the present step
}

var callPeers = []string{"b", "c", "d"}

func (r *callRef) Init(t *rapid.T) {
	m, err := core.New(core.Config{Name: "a", Network: "net", Seed: rapid.Uint64().Draw(t, "seed"), LinksReported: true})
	if err != nil {
		t.Fatal(err)
	}
	r.m, r.links = m, map[string]core.Link{}
	for i, p := range callPeers {
		r.links[p] = core.Link{Half: core.Listening, N: uint64(i + 1)}
		r.step(t, core.Event{Kind: core.EvLinkUp, Peer: p, Link: r.links[p]})
		r.step(t, core.Event{Kind: core.EvFrame, Peer: p, Link: r.links[p], Command: core.JOIN, Body: []byte("net")})
	}
}

func (r *callRef) step(t *rapid.T, ev core.Event) {
	ev.At = r.now
	for _, a := range r.m.Step(nil, &ev) {
		switch a.Kind {
		case core.ActSend:
			if a.Command == core.CALL && len(a.Method) > 0 {
				r.sent(&a)
			}
		case core.ActResult:
			c := r.calls[a.Call-1]
			i := slices.Index(c.waiting, a.Peer)
			if i < 0 || c.done {
				t.Fatalf("an outcome of %s for call %d, which does not wait for it: %v", a.Peer, a.Call, a.Outcome)
			}
			c.waiting = slices.Delete(c.waiting, i, i+1)
			a.Body = bytes.Clone(a.Body)
			c.got = append(c.got, a)
		case core.ActDone:
			c := r.calls[a.Call-1]
			if c.done || len(c.waiting) > 0 {
				t.Fatalf("call %d is over, and %v have no outcome (over before: %v)", a.Call, c.waiting, c.done)
			}
			c.done = true
		}
	}
}

// sent notes the id of a new call, and the link by which it goes to a peer.
func (r *callRef) sent(a *core.Action) {
	for _, c := range r.calls {
		if c.id == a.ID || c.id == 0 && !c.done {
			c.id = a.ID
			c.sent[a.Peer] = a.Link
			return
		}
	}
}

// Calls makes a call, with names twice, unknown and the caller's own.
func (r *callRef) Calls(t *rapid.T) {
	to := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "nobody"}), 0, 5).Draw(t, "to")
	timeout := time.Duration(rapid.Int64Range(1, int64(20*time.Second)).Draw(t, "timeout"))
	c := &refCall{handle: core.CallID(len(r.calls) + 1), deadline: r.now.Add(timeout), sent: map[string]core.Link{}}
	if len(to) == 0 {
		c.waiting = slices.Clone(r.m.Active(nil))
	}
	for _, p := range to {
		if p != "a" && !slices.Contains(c.waiting, p) {
			c.waiting = append(c.waiting, p)
		}
	}
	r.calls = append(r.calls, c)
	r.step(t, core.Event{Kind: core.EvCall, Call: c.handle, To: to, Method: []byte("S.M"), Body: []byte("args"), Timeout: timeout})
}

func (r *callRef) some(t *rapid.T) *refCall {
	if len(r.calls) == 0 {
		t.Skip("there is no call")
	}
	return rapid.SampledFrom(r.calls).Draw(t, "call")
}

// BackArrives brings a BACK of any peer for any call, ended ones included, with
// the right method or another.
func (r *callRef) BackArrives(t *rapid.T) {
	c, from := r.some(t), rapid.SampledFrom(callPeers).Draw(t, "from")
	method := rapid.SampledFrom([]string{"S.M", "S.M", "S.Other"}).Draw(t, "method")
	link := r.links[from]
	st, _ := r.m.Status(from)
	counts := !c.done && slices.Contains(c.waiting, from) && method == "S.M" && st.ListeningLink == link && st.Active
	c.got = nil
	text := []byte(rapid.SampledFrom([]string{"", "it failed"}).Draw(t, "error"))
	body := core.AppendPayload(nil, &core.Action{Command: core.BACK, ID: c.id, Method: []byte(method), Err: text, Body: []byte(from)})
	r.step(t, core.Event{Kind: core.EvFrame, Peer: from, Link: link, Command: core.BACK, Body: body})
	if !counts {
		if len(c.got) > 0 {
			t.Fatalf("a BACK of %s that does not count gave %v", from, c.got)
		}
		return
	}
	if len(c.got) != 1 || c.got[0].Peer != from {
		t.Fatalf("the BACK of %s gave %v", from, c.got)
	}
	if a := c.got[0]; len(text) == 0 && (a.Outcome != core.Replied || string(a.Body) != from) || len(text) > 0 && (a.Outcome != core.Failed || string(a.Err) != "it failed") {
		t.Fatalf("the BACK of %s gave %v %q %q", from, a.Outcome, a.Err, a.Body)
	}
}

func (r *callRef) Cancels(t *rapid.T) {
	c := r.some(t)
	r.step(t, core.Event{Kind: core.EvCancel, Call: c.handle})
	if !c.done {
		t.Fatal("a canceled call goes on")
	}
}

func (r *callRef) SendIsRefused(t *rapid.T) {
	c, p := r.some(t), rapid.SampledFrom(callPeers).Draw(t, "peer")
	if c.id == 0 {
		t.Skip("it was never sent")
	}
	r.step(t, core.Event{Kind: core.EvSendRefused, Peer: p, Link: c.sent[p], Command: core.CALL, ID: c.id, Cause: core.CauseWouldBlock})
	if slices.Contains(c.waiting, p) && !c.done {
		t.Fatalf("call %d still waits for %s, to which it could not be sent", c.handle, p)
	}
}

func (r *callRef) TimePasses(t *rapid.T) {
	to := r.now.Add(time.Duration(rapid.Int64Range(0, int64(10*time.Second)).Draw(t, "d")))
	for r.m.Deadline() <= to {
		r.now = max(r.now, r.m.Deadline())
		r.step(t, core.Event{Kind: core.EvTimeout})
	}
	r.now = to
}

// PeerComesBack has a peer join on a new link; what waited for the old one waits on.
func (r *callRef) PeerComesBack(t *rapid.T) {
	p := rapid.SampledFrom(callPeers).Draw(t, "peer")
	r.step(t, core.Event{Kind: core.EvLinkLost, Peer: p, Link: r.links[p], Cause: core.CauseLost})
	r.links[p] = core.Link{Half: core.Listening, N: r.links[p].N + 10}
	r.step(t, core.Event{Kind: core.EvLinkUp, Peer: p, Link: r.links[p]})
	r.step(t, core.Event{Kind: core.EvFrame, Peer: p, Link: r.links[p], Command: core.JOIN, Body: []byte("net")})
}

func (r *callRef) Check(t *rapid.T) {
	pending := 0
	for _, c := range r.calls {
		if !c.done {
			pending++
		}
		if !c.done && c.deadline <= r.now && c.deadline < r.m.Deadline() {
			t.Fatalf("call %d was due at %d, and it is %d", c.handle, c.deadline, r.now)
		}
	}
	if got := r.m.Stats().CallsPending; got != pending {
		t.Fatalf("the machine has %d calls, the model %d", got, pending)
	}
}

func TestEveryCallEndsOnceWithOneOutcomeForEachPeer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &callRef{}
		r.Init(t)
		t.Repeat(map[string]func(*rapid.T){
			"": r.Check, "call": r.Calls, "BACK": r.BackArrives, "cancel": r.Cancels, "refused": r.SendIsRefused,
			"time passes": r.TimePasses, "a peer comes back": r.PeerComesBack,
		})
	})
}
