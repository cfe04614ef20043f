package record

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// pair is two recorded machines and a connection between them that breaks now and then.
type pair struct {
	t     *testing.T
	rng   *rand.Rand
	now   core.Instant
	ends  [2]*end
	calls core.CallID
}

// end is one of them.
type end struct {
	name     string
	m        *core.Machine
	recorder *Recorder
	lock     sync.Mutex
	other    *end
	links    map[core.Link]core.Link // to what they are at the other end
	accepted uint64
	served   []core.Action
	fed      []core.Event
	refused  []core.Event
}

func newPair(t *testing.T, seed uint64, o Options) *pair {
	t.Helper()
	p := &pair{t: t, rng: rand.New(rand.NewPCG(seed, 0))}
	for i, name := range [2]string{"a", "b"} {
		e := &end{name: name, links: map[core.Link]core.Link{}, recorder: New(o)}
		var err error
		if e.m, err = core.New(core.Config{Name: name, Network: "net", Seed: seed, Incarnation: seed, LinksReported: true}); err != nil {
			t.Fatal(err)
		}
		if err := e.recorder.Attach(e.m, &e.lock, About{Epoch: time.Unix(1000, 0), Silence: 12 * time.Second}); err != nil {
			t.Fatal(err)
		}
		p.ends[i] = e
	}
	p.ends[0].other, p.ends[1].other = p.ends[1], p.ends[0]
	p.feed(p.ends[0], &core.Event{Kind: core.EvConnect, Peer: "b", Address: "b's address"})
	return p
}

// feed feeds an event and performs what comes of it.
func (p *pair) feed(e *end, ev *core.Event) {
	e.lock.Lock()
	defer e.lock.Unlock()
	ev.At = p.now
	e.fed = append(e.fed, *ev)
	for _, a := range e.recorder.Step(nil, ev) {
		p.perform(e, a)
	}
	for len(e.refused) > 0 {
		ev := e.refused[0]
		e.refused = e.refused[1:]
		ev.At = p.now
		for _, a := range e.recorder.Step(nil, &ev) {
			p.perform(e, a)
		}
	}
}

// later is what happens at the other end.
func (p *pair) later(e *end, ev core.Event) {
	ev.Peer = e.other.name
	p.t.Helper()
	p.queue(func() { p.feed(e, &ev) })
}

// queue runs f when the machine under way is done with its step.
func (p *pair) queue(f func()) { queued = append(queued, f) }

// queued is what has yet to happen, of the one pair that is at work.
var queued []func()

func (p *pair) settle() {
	for len(queued) > 0 {
		f := queued[0]
		queued = queued[1:]
		p.now += core.Instant(p.rng.IntN(1_000_000))
		f()
	}
}

func (p *pair) perform(e *end, a core.Action) {
	switch a.Kind {
	case core.ActDial:
		e.other.accepted++
		there := core.Link{Half: core.Listening, N: e.other.accepted}
		e.links[a.Link], e.other.links[there] = there, a.Link
		p.later(e, core.Event{Kind: core.EvLinkUp, Link: a.Link})
		p.later(e.other, core.Event{Kind: core.EvLinkUp, Link: there})
	case core.ActHangUp:
		if there, ok := e.links[a.Link]; ok {
			delete(e.links, a.Link)
			delete(e.other.links, there)
			p.later(e.other, core.Event{Kind: core.EvLinkLost, Link: there, Cause: core.CauseLost})
		}
	case core.ActSend:
		there, ok := e.links[a.Link]
		if !ok || p.rng.IntN(50) == 0 {
			e.refused = append(e.refused, core.Event{Kind: core.EvSendRefused, Peer: a.Peer, Link: a.Link, Command: a.Command, ID: a.ID, Cause: core.CauseUnroutable})
			return
		}
		p.later(e.other, core.Event{Kind: core.EvFrame, Link: there, Command: a.OnWire(), Body: core.AppendPayload(nil, &a)})
	case core.ActServe:
		a.Method, a.Body = bytes.Clone(a.Method), bytes.Clone(a.Body)
		e.served = append(e.served, a)
	}
}

// run lets so many things happen.
func (p *pair) run(events int) {
	for range events {
		e := p.ends[p.rng.IntN(2)]
		switch p.rng.IntN(12) {
		case 0:
			p.now = max(p.now, min(e.m.Deadline(), p.now.Add(time.Minute)))
			p.feed(e, &core.Event{Kind: core.EvTimeout})
		case 1:
			for link, there := range e.links {
				delete(e.links, link)
				delete(e.other.links, there)
				p.later(e, core.Event{Kind: core.EvLinkLost, Link: link, Cause: core.CauseLost})
				p.later(e.other, core.Event{Kind: core.EvLinkLost, Link: there, Cause: core.CauseLost})
				break
			}
			p.now = p.now.Add(time.Second)
		case 2:
			p.feed(e, &core.Event{Kind: core.EvCast, Method: []byte("S.Cast"), Body: p.bytes(30)})
		case 3:
			p.feed(e, &core.Event{Kind: core.EvCancel, Call: p.calls})
		case 4, 5, 6:
			if len(e.served) > 0 {
				a := e.served[0]
				e.served = e.served[1:]
				p.feed(e, &core.Event{Kind: core.EvReply, Ticket: a.Ticket, Method: a.Method, Body: p.bytes(30), Err: p.bytes(3), Head: p.bytes(4)})
			}
		default:
			p.calls++
			p.feed(e, &core.Event{
				Kind: core.EvCall, Call: p.calls, Method: []byte("Some.Method"), Body: p.bytes(50), Head: p.bytes(4), Timeout: 20 * time.Second,
				Idempotent: p.rng.IntN(2) == 0, TellDeadline: p.rng.IntN(2) == 0, To: [][]string{nil, {e.other.name}, {"x", "a", "b"}}[p.rng.IntN(3)],
			})
		}
		p.settle()
	}
}

func (p *pair) bytes(n int) []byte {
	b := make([]byte, p.rng.IntN(n))
	for i := range b {
		b[i] = "secret"[i%6]
	}
	return b
}

// written returns what a recorder writes.
func written(t *testing.T, r *Recorder) []byte {
	t.Helper()
	var file bytes.Buffer
	if n, err := r.WriteTo(&file); err != nil || n != int64(file.Len()) {
		t.Fatal(n, err)
	}
	return file.Bytes()
}
