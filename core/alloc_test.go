package core

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// steady is a machine in the middle of its work, and one frame after another of
// the kinds that a node sees all day. Its steps must not allocate.
type steady struct {
	m    *Machine
	dst  []Action
	now  Instant
	tick [8]byte
	call []byte // a CALL of the peer
	with []byte // the same in a WITH
	back []byte // a BACK of the peer
	id   uint32
	ev   Event
}

// peers of the steady machine: z is dialled, y is served.
func newSteady(t testing.TB) *steady {
	t.Helper()
	m, err := New(Config{Name: "m", Network: "net", LinksReported: true})
	if err != nil {
		t.Fatal(err)
	}
	s := &steady{m: m, now: Instant(200 * time.Millisecond)}
	for _, ev := range []Event{
		{Kind: EvConnect, Peer: "z", Address: "there"},
		{Kind: EvTimeout, At: s.now},
		{Kind: EvLinkUp, Peer: "z", Link: dialN(1)},
		{Kind: EvFrame, Peer: "z", Link: dialN(1), Command: STAY, Body: meetBody(7)},
		{Kind: EvFrame, Peer: "z", Link: dialN(1), Command: MEET, Body: meetBody(7)},
		{Kind: EvFrame, Peer: "z", Link: dialN(1), Command: TOCK, Body: binary.BigEndian.AppendUint64(nil, 1)},
		{Kind: EvFrame, Peer: "y", Link: listenN(1), Command: JOIN, Body: []byte("net")},
		{Kind: EvFrame, Peer: "y", Link: listenN(1), Command: MEET, Body: meetBody(8)},
	} {
		m.Step(nil, &ev)
	}
	if m.ActiveCount() != 2 {
		t.Fatalf("%d peers are active, want 2", m.ActiveCount())
	}
	s.call = AppendPayload(nil, &Action{Command: CALL, ID: 1 << 30, Method: []byte("Service.Method"), Body: make([]byte, 64)})
	s.with = AppendPayload(nil, &Action{Command: CALL, ID: 1 << 30, Method: []byte("Service.Method"), Body: make([]byte, 64), Head: make([]byte, 80), Left: 1000})
	s.back = make([]byte, 0, 256)
	s.dst = make([]Action, 0, 8)
	return s
}

// step feeds s.ev and fails the test if it does not give want actions, the first
// of the given kind.
func (s *steady) step(t testing.TB, kind ActionKind, want int) {
	s.ev.At = s.now
	s.dst = s.m.Step(s.dst[:0], &s.ev)
	if len(s.dst) != want || want > 0 && s.dst[0].Kind != kind {
		t.Fatalf("%s gave %d actions, want %d, the first %v: %+v", eventLine(&s.ev), len(s.dst), want, kind, s.dst)
	}
}

// tickIn: the listener answers a TICK.
func (s *steady) tickIn(t testing.TB) {
	s.now += 100 // nanoseconds: the TICK of our own dial is not due in a whole benchmark
	s.ev = Event{Kind: EvFrame, Peer: "y", Link: listenN(1), Command: TICK, Body: s.tick[:]}
	s.step(t, ActSend, 1)
}

// tickOut: the dialler's TICK is due, and is answered.
func (s *steady) tickOut(t testing.TB) {
	s.now = max(s.now, s.m.peers.slots[0].dialling.tickAt.Add(s.m.cfg.Timing.Live))
	s.m.peers.slots[1].listening.heard = s.now // y ticks as well
	s.ev = Event{Kind: EvTimeout}
	s.step(t, ActSend, 1)
	binary.BigEndian.PutUint64(s.tick[:], s.m.peers.slots[0].dialling.tick)
	s.ev = Event{Kind: EvFrame, Peer: "z", Link: dialN(1), Command: TOCK, Body: s.tick[:]}
	s.step(t, 0, 0)
}

// callIn: a CALL is run, and its reply goes out.
func (s *steady) callIn(t testing.TB) {
	s.id = (s.id + 1) % (1 << 29) // every id has four bytes
	binary.BigEndian.PutUint32(s.call[4:8], 1<<30+s.id)
	s.ev = Event{Kind: EvFrame, Peer: "y", Link: listenN(1), Command: CALL, Body: s.call}
	s.step(t, ActServe, 1)
	s.ev = Event{Kind: EvReply, Ticket: s.dst[0].Ticket, Method: s.dst[0].Method, Body: s.call[32:]}
	s.step(t, ActSend, 1)
}

// headIn: a CALL with a head is run, and its reply with a head goes out.
func (s *steady) headIn(t testing.TB) {
	s.id = (s.id + 1) % (1 << 29)
	id := bytes.Index(s.with, s.call[:4]) + 4
	binary.BigEndian.PutUint32(s.with[id:], 1<<30+s.id)
	s.ev = Event{Kind: EvFrame, Peer: "y", Link: listenN(1), Command: WITH, Body: s.with}
	s.step(t, ActServe, 1)
	s.ev = Event{Kind: EvReply, Ticket: s.dst[0].Ticket, Method: s.dst[0].Method, Body: s.call[32:], Head: s.dst[0].Head}
	s.step(t, ActSend, 1)
}

// headOut: a CALL with a head goes out, and its BACK with a head comes in.
func (s *steady) headOut(t testing.TB, to []string, method []byte) {
	s.ev = Event{Kind: EvCall, Call: 1, To: to, Method: method, Body: s.call[32:], Timeout: time.Second, TellDeadline: true, Head: s.call[:20]}
	s.step(t, ActSend, 1)
	if s.dst[0].OnWire() != WITH {
		t.Fatal("the CALL goes without its head")
	}
	s.back = AppendPayload(s.back[:0], &Action{Command: BACK, ID: s.dst[0].ID, Method: method, Body: s.call[32:], Head: s.call[:20]})
	s.ev = Event{Kind: EvFrame, Peer: "z", Link: dialN(1), Command: WITH, Body: s.back}
	s.step(t, ActResult, 2)
}

// callOut: a CALL goes out, and its BACK comes in.
func (s *steady) callOut(t testing.TB, to []string, method []byte) {
	s.ev = Event{Kind: EvCall, Call: 1, To: to, Method: method, Body: s.call[32:], Timeout: time.Second}
	s.step(t, ActSend, 1)
	s.back = AppendPayload(s.back[:0], &Action{Command: BACK, ID: s.dst[0].ID, Method: method, Body: s.call[32:]})
	s.ev = Event{Kind: EvFrame, Peer: "z", Link: dialN(1), Command: BACK, Body: s.back}
	s.step(t, ActResult, 2)
}

// castOut: a CAST goes out.
func (s *steady) castOut(t testing.TB, to []string, method []byte) {
	s.ev = Event{Kind: EvCast, To: to, Method: method, Body: s.call[32:]}
	s.step(t, ActSend, 1)
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	to, method := []string{"z"}, []byte("Service.Method")
	for name, step := range map[string]func(*steady){
		"TICK in":                       func(s *steady) { s.tickIn(t) },
		"TICK out, TOCK in":             func(s *steady) { s.tickOut(t) },
		"CALL in, BACK out":             func(s *steady) { s.callIn(t) },
		"CALL out, BACK in":             func(s *steady) { s.callOut(t, to, method) },
		"CALL in, BACK out, with heads": func(s *steady) { s.headIn(t) },
		"CALL out, BACK in, with heads": func(s *steady) { s.headOut(t, to, method) },
		"CAST out":                      func(s *steady) { s.castOut(t, to, method) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSteady(t)
			for range 100 { // the first steps size the tables
				step(s)
			}
			if n := testing.AllocsPerRun(1000, func() { step(s) }); n != 0 {
				t.Errorf("%v allocations a step, want none", n)
			}
		})
	}
}

// idle returns a machine with n idle links: each dialled, joined, met.
func idle(t testing.TB, n int) *Machine {
	t.Helper()
	limits := DefaultLimits()
	limits.PeersMax = max(n, limits.PeersMax)
	m, err := New(Config{Name: "m", Network: "net", LinksReported: true, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]Action, 0, 512)
	for i := range n {
		name := "peer-" + strconv.Itoa(i)
		dst = m.Step(dst[:0], &Event{Kind: EvConnect, Peer: name, Address: "there"})
	}
	for m.now < Instant(200*time.Millisecond) || m.Deadline() <= m.now {
		dst = m.Step(dst[:0], &Event{Kind: EvTimeout, At: Instant(200 * time.Millisecond)})
	}
	stay, tock := meetBody(7), tickBody(1)
	for i := range n {
		name, link, at := m.peers.slots[i].name, m.peers.slots[i].diallingLink(), m.now.Add(time.Microsecond)
		for _, ev := range []Event{
			{Kind: EvLinkUp, Peer: name, Link: link, At: at},
			{Kind: EvFrame, Peer: name, Link: link, Command: STAY, Body: stay},
			{Kind: EvFrame, Peer: name, Link: link, Command: MEET, Body: stay},
			{Kind: EvFrame, Peer: name, Link: link, Command: TOCK, Body: tock},
		} {
			dst = m.Step(dst[:0], &ev)
		}
	}
	if m.ActiveCount() != n || len(m.timers.heap) != n {
		t.Fatalf("%d peers are active with %d timers, want %d", m.ActiveCount(), len(m.timers.heap), n)
	}
	return m
}

// peerBytesMax is the target for the memory of an idle link in the core.
const peerBytesMax = 2 << 10

func TestIdleLinkIsSmall(t *testing.T) {
	const n = 10_000
	if got := idleBytes(t, n) / n; got > peerBytesMax {
		t.Errorf("an idle link takes %d bytes, want at most %d", got, peerBytesMax)
	}
}

// idleBytes returns what a machine with n idle links holds.
func idleBytes(t testing.TB, n int) int {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m := idle(t, n)
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(m)
	return int(after.HeapAlloc) - int(before.HeapAlloc)
}
