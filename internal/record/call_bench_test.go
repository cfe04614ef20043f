package record

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// callPair is two machines that call each other, with recorders or without.
type callPair struct {
	m       [2]*core.Machine
	r       [2]*Recorder
	link    [2]core.Link
	now     core.Instant
	call    core.CallID
	actions [2][]core.Action
	body    []byte
	args    []byte
	method  []byte
	reply   []byte
}

const callerName, calledName = "a caller of forty characters, as keys are", "called node of forty characters, as keys"

func newCallPair(b *testing.B, o *Options) *callPair {
	p := &callPair{args: make([]byte, 30), method: []byte("Arith.SumDiff"), reply: make([]byte, 30)}
	for i, name := range [2]string{callerName, calledName} {
		m, err := core.New(core.Config{Name: name, Network: "net", LinksReported: true, Incarnation: uint64(i) + 1})
		if err != nil {
			b.Fatal(err)
		}
		p.m[i] = m
		if o != nil {
			r := New(*o)
			if err := r.Attach(m, &sync.Mutex{}, About{}); err != nil {
				b.Fatal(err)
			}
			p.r[i] = r
		}
	}
	names := [2]string{callerName, calledName}
	p.link[1] = core.Link{Half: core.Listening, N: 1}
	type item struct {
		to int
		ev core.Event
	}
	var queue []item
	var do func(i int, ev core.Event)
	do = func(i int, ev core.Event) {
		p.now += 1000
		ev.At = p.now
		for _, a := range p.step(i, nil, &ev) {
			switch a.Kind {
			case core.ActDial:
				p.link[0] = a.Link
				queue = append(queue, item{0, core.Event{Kind: core.EvLinkUp, Peer: names[1], Link: a.Link}}, item{1, core.Event{Kind: core.EvLinkUp, Peer: names[0], Link: p.link[1]}})
			case core.ActSend:
				queue = append(queue, item{1 - i, core.Event{Kind: core.EvFrame, Peer: names[i], Link: p.link[1-i], Command: a.OnWire(), Body: core.AppendPayload(nil, &a)}})
			}
		}
	}
	do(0, core.Event{Kind: core.EvConnect, Peer: names[1], Address: "there"})
	for range 20 {
		for len(queue) > 0 {
			it := queue[0]
			queue = queue[1:]
			do(it.to, it.ev)
		}
		p.now += core.Instant(20 * time.Millisecond)
		do(0, core.Event{Kind: core.EvTimeout})
		do(1, core.Event{Kind: core.EvTimeout})
	}
	return p
}

func (p *callPair) step(i int, dst []core.Action, ev *core.Event) []core.Action {
	if p.r[i] != nil {
		return p.r[i].Step(dst, ev)
	}
	return p.m[i].Step(dst, ev)
}

func (p *callPair) one(b *testing.B) {
	p.now += core.Instant(time.Microsecond)
	p.call++
	ev := core.Event{Kind: core.EvCall, At: p.now, Call: p.call, Timeout: time.Second, Method: p.method, Body: p.args}
	as := p.step(0, p.actions[0][:0], &ev)
	if len(as) != 1 || as[0].Kind != core.ActSend {
		b.Fatalf("%+v", as)
	}
	p.body = core.AppendPayload(p.body[:0], &as[0])
	p.actions[0] = as
	ev = core.Event{Kind: core.EvFrame, At: p.now, Peer: callerName, Link: p.link[1], Command: core.CALL, Body: p.body}
	as = p.step(1, p.actions[1][:0], &ev)
	ev = core.Event{Kind: core.EvReply, At: p.now, Ticket: as[0].Ticket, Method: as[0].Method, Body: p.reply}
	as = p.step(1, as[:0], &ev)
	if len(as) != 1 || as[0].Kind != core.ActSend {
		b.Fatalf("%+v", as)
	}
	p.body = core.AppendPayload(p.body[:0], &as[0])
	p.actions[1] = as
	ev = core.Event{Kind: core.EvFrame, At: p.now, Peer: calledName, Link: p.link[0], Command: core.BACK, Body: p.body}
	as = p.step(0, p.actions[0][:0], &ev)
	if len(as) != 2 {
		b.Fatalf("%+v", as)
	}
	p.actions[0] = as
}

func BenchmarkCall(b *testing.B) {
	pairs := [2]*callPair{newCallPair(b, nil), newCallPair(b, &Options{})}
	n := 4000 * b.N
	junk := make([]byte, 256<<10)
	for _, dirty := range []bool{false, true} {
		var took [2][]float64
		for round := range n {
			for i := range 2 {
				which := (i + round) % 2
				p := pairs[which]
				began := time.Now()
				for range 100 {
					p.one(b)
					if dirty {
						for j := 0; j < 8<<10; j += 64 {
							junk[(j+round*4096)&(256<<10-1)]++
						}
					}
				}
				took[which] = append(took[which], float64(time.Since(began).Nanoseconds())/100)
			}
		}
		for i := range took {
			slices.Sort(took[i])
		}
		q := func(i int) float64 { return took[i][len(took[i])/10] }
		m := func(i int) float64 { return took[i][len(took[i])/2] }
		b.Logf("dirty %v: off %.0f on %.0f added p10 %.0f median %.0f ns/call", dirty, q(0), q(1), q(1)-q(0), m(1)-m(0))
	}
}
