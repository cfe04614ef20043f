package record

import (
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// BenchmarkStep is a request served, two steps, with a recorder and without.
func BenchmarkStep(b *testing.B) {
	for _, bench := range []struct {
		name     string
		recorder *Recorder
	}{{"off", nil}, {"on", New(Options{})}, {"bodies", New(Options{Bodies: true})}} {
		b.Run(bench.name, func(b *testing.B) {
			m, err := core.New(core.Config{Name: "served", Network: "net", LinksReported: true})
			if err != nil {
				b.Fatal(err)
			}
			step := m.Step
			if bench.recorder != nil {
				r := New(bench.recorder.options)
				if err := r.Attach(m, &sync.Mutex{}, About{}); err != nil {
					b.Fatal(err)
				}
				step = r.Step
			}
			link := core.Link{Half: core.Listening, N: 1}
			step(nil, &core.Event{Kind: core.EvFrame, Peer: "a caller of forty characters, as keys are", Link: link, Command: core.JOIN, Body: []byte("net")})
			call, reply := core.Action{Command: core.CALL, Method: []byte("Arith.SumDiff"), Body: make([]byte, 60)}, make([]byte, 40)
			var body []byte
			var actions []core.Action
			var ev core.Event
			b.ReportAllocs()
			for b.Loop() {
				call.ID++
				body = core.AppendPayload(body[:0], &call)
				ev = core.Event{Kind: core.EvFrame, At: core.Instant(call.ID) * core.Instant(time.Microsecond), Peer: "a caller of forty characters, as keys are", Link: link, Command: core.CALL, Body: body}
				actions = step(actions[:0], &ev)
				ev = core.Event{Kind: core.EvReply, At: ev.At, Ticket: actions[0].Ticket, Method: actions[0].Method, Body: reply}
				actions = step(actions[:0], &ev)
			}
		})
	}
}

// BenchmarkSnapshot is what begins a segment: a snapshot of a node with so many peers that
// have called it.
func BenchmarkSnapshot(b *testing.B) {
	m, err := core.New(core.Config{Name: "served", Network: "net", LinksReported: true})
	if err != nil {
		b.Fatal(err)
	}
	const peers = 100
	for i := range uint64(peers) {
		ev := core.Event{Kind: core.EvFrame, Peer: string(rune('a' + i)), Link: core.Link{Half: core.Listening, N: i + 1}, Command: core.JOIN, Body: []byte("net")}
		m.Step(nil, &ev)
		ev.Command, ev.Body = core.MEET, core.AppendMeet(nil, core.Meet{Extensions: 15, Incarnation: i + 1})
		m.Step(nil, &ev)
		for id := range uint32(3000) {
			ev.Command, ev.Body = core.CALL, core.AppendPayload(nil, &core.Action{Command: core.CALL, ID: id + 1, Method: []byte("S.M")})
			for _, a := range m.Step(nil, &ev) {
				if a.Kind == core.ActServe {
					m.Step(nil, &core.Event{Kind: core.EvReply, Ticket: a.Ticket})
				}
			}
		}
	}
	r := New(Options{})
	var snapshot []byte
	for b.Loop() {
		snapshot = m.AppendSnapshot(snapshot[:0], r)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/peers, "ns/peer")
	b.ReportMetric(float64(len(snapshot))/peers, "bytes/peer")
}
