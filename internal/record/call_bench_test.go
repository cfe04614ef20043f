package record

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// caller is a machine that calls another one, with recorders or without.
type caller struct {
	m                   [2]*core.Machine
	r                   [2]*Recorder // nil: none
	link                [2]core.Link
	now                 core.Instant
	call                core.CallID
	actions             [2][]core.Action
	frame               []byte
	args, method, reply []byte
}

// callNames are names of forty characters, as keys are.
var callNames = [2]string{"caller..................................", "called.................................."}

func newCaller(b *testing.B, recorded bool) *caller {
	b.Helper()
	p := &caller{args: make([]byte, 30), method: []byte("Arith.SumDiff"), reply: make([]byte, 30)}
	for i, name := range callNames {
		var err error
		if p.m[i], err = core.New(core.Config{Name: name, Network: "net", LinksReported: true, Incarnation: uint64(i) + 1}); err != nil {
			b.Fatal(err)
		}
		if recorded {
			p.r[i] = New(Options{})
			if err := p.r[i].Attach(p.m[i], &sync.Mutex{}, About{}); err != nil {
				b.Fatal(err)
			}
		}
	}
	p.link[1] = core.Link{Half: core.Listening, N: 1}
	p.settle(0, core.Event{Kind: core.EvConnect, Peer: callNames[1], Address: "there"})
	for range 20 {
		p.now += core.Instant(20 * time.Millisecond)
		p.settle(0, core.Event{Kind: core.EvTimeout})
	}
	return p
}

// step is a step of one of them.
func (p *caller) step(i int, dst []core.Action, ev *core.Event) []core.Action {
	ev.At = p.now
	if p.r[i] != nil {
		return p.r[i].Step(dst, ev)
	}
	return p.m[i].Step(dst, ev)
}

// settle feeds an event, and what comes of it at both ends.
func (p *caller) settle(i int, ev core.Event) {
	p.now += core.Instant(time.Microsecond)
	for _, a := range p.step(i, nil, &ev) {
		switch a.Kind {
		case core.ActDial:
			p.link[0] = a.Link
			p.settle(1, core.Event{Kind: core.EvLinkUp, Peer: callNames[0], Link: p.link[1]})
			p.settle(0, core.Event{Kind: core.EvLinkUp, Peer: callNames[1], Link: a.Link})
		case core.ActSend:
			p.settle(1-i, core.Event{Kind: core.EvFrame, Peer: callNames[i], Link: p.link[1-i], Command: a.OnWire(), Body: core.AppendPayload(nil, &a)})
		}
	}
}

// one makes a call: four steps.
func (p *caller) one() {
	p.now += core.Instant(time.Microsecond)
	p.call++
	p.actions[0] = p.step(0, p.actions[0][:0], &core.Event{Kind: core.EvCall, Call: p.call, Timeout: time.Second, Method: p.method, Body: p.args})
	p.frame = core.AppendPayload(p.frame[:0], &p.actions[0][0])
	p.actions[1] = p.step(1, p.actions[1][:0], &core.Event{Kind: core.EvFrame, Peer: callNames[0], Link: p.link[1], Command: core.CALL, Body: p.frame})
	served := p.actions[1][0]
	p.actions[1] = p.step(1, p.actions[1][:0], &core.Event{Kind: core.EvReply, Ticket: served.Ticket, Method: served.Method, Body: p.reply})
	p.frame = core.AppendPayload(p.frame[:0], &p.actions[1][0])
	p.actions[0] = p.step(0, p.actions[0][:0], &core.Event{Kind: core.EvFrame, Peer: callNames[1], Link: p.link[0], Command: core.BACK, Body: p.frame})
}

// BenchmarkCall is what recorders add to the four steps of a call, the same calls being
// made with and without them by turns. "added-ns/call" is the difference between the
// quicker tenths of the turns: whatever else a machine does only makes turns slower.
func BenchmarkCall(b *testing.B) {
	const calls = 100 // of a turn
	callers := [2]*caller{newCaller(b, false), newCaller(b, true)}
	var took [2][]time.Duration
	for round := range max(b.N/calls, 10) {
		for i := range callers {
			which := (round + i) % len(callers)
			began := time.Now()
			for range calls {
				callers[which].one()
			}
			took[which] = append(took[which], time.Since(began))
		}
	}
	var quick [2]float64
	for i := range took {
		slices.Sort(took[i])
		quick[i] = float64(took[i][len(took[i])/10].Nanoseconds()) / calls
	}
	for _, p := range callers {
		if outcome := p.actions[0][len(p.actions[0])-1]; outcome.Kind != core.ActDone {
			b.Fatalf("the last call has ended in %+v", outcome)
		}
	}
	b.ReportMetric(quick[0], "off-ns/call")
	b.ReportMetric(quick[1]-quick[0], "added-ns/call")
}
