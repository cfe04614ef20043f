package core_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// served is a machine that serves one peer on one link, without sockets.
type served struct {
	machine *core.Machine
	now     core.Instant
	actions []core.Action
	event   core.Event
}

var servedLink = core.Link{Half: core.Listening, N: 1}

func newServed(b *testing.B) *served {
	m, err := core.New(core.Config{Name: "served", Network: "bench", Seed: 1, LinksReported: true})
	if err != nil {
		b.Fatal(err)
	}
	s := &served{machine: m}
	s.step(core.Event{Kind: core.EvLinkUp, Peer: "caller", Link: servedLink})
	if a := s.frame(core.JOIN, []byte("bench")); len(a) == 0 || a[0].Command != core.STAY {
		b.Fatalf("JOIN is answered by %+v, want STAY", a)
	}
	b.ReportAllocs()
	b.ResetTimer()
	return s
}

// step feeds one event, a microsecond after the one before.
func (s *served) step(ev core.Event) []core.Action {
	s.now = s.now.Add(time.Microsecond)
	s.event = ev
	s.event.At = s.now
	s.actions = s.machine.Step(s.actions[:0], &s.event)
	return s.actions
}

func (s *served) frame(c core.Command, body []byte) []core.Action {
	return s.step(core.Event{Kind: core.EvFrame, Peer: "caller", Link: servedLink, Command: c, Body: body})
}

// BenchmarkStep is what the machine takes for each part of a link's daily life.
// One call takes two Steps at either end.
func BenchmarkStep(b *testing.B) {
	b.Run("TICK to TOCK", benchStepTick)
	b.Run("CALL to BACK", benchStepServe)
	b.Run("call to result", benchStepCall)
}

func benchStepTick(b *testing.B) {
	s := newServed(b)
	var body [8]byte
	for n := range b.N {
		binary.BigEndian.PutUint64(body[:], uint64(n))
		if a := s.frame(core.TICK, body[:]); len(a) != 1 || a[0].Command != core.TOCK {
			b.Fatalf("TICK is answered by %+v, want TOCK", a)
		}
	}
}

func benchStepServe(b *testing.B) {
	s := newServed(b)
	request := core.Action{Command: core.CALL, Method: []byte("Arith.SumDiff"), Body: make([]byte, 16)}
	var payload []byte
	for n := range b.N {
		request.ID = uint32(n + 1)
		payload = core.AppendPayload(payload[:0], &request)
		a := s.frame(core.CALL, payload)
		if len(a) != 1 || a[0].Kind != core.ActServe {
			b.Fatalf("CALL leads to %+v, want one serve", a)
		}
		a = s.step(core.Event{Kind: core.EvReply, Ticket: a[0].Ticket, Method: request.Method, Body: request.Body})
		if len(a) != 1 || a[0].Command != core.BACK {
			b.Fatalf("the reply leads to %+v, want BACK", a)
		}
	}
}

func benchStepCall(b *testing.B) {
	s := newServed(b)
	method, body := []byte("Arith.SumDiff"), make([]byte, 16)
	to := []string{"caller"}
	var payload []byte
	for n := range b.N {
		a := s.step(core.Event{Kind: core.EvCall, Call: core.CallID(n + 1), To: to, Method: method, Body: body, Timeout: time.Second})
		if len(a) != 1 || a[0].Command != core.CALL {
			b.Fatalf("a call leads to %+v, want one CALL", a)
		}
		back := core.Action{Command: core.BACK, ID: a[0].ID, Method: method, Body: body}
		payload = core.AppendPayload(payload[:0], &back)
		if a = s.frame(core.BACK, payload); len(a) != 2 || a[0].Outcome != core.Replied || a[1].Kind != core.ActDone {
			b.Fatalf("BACK leads to %+v, want a result and done", a)
		}
	}
}
