package core

import (
	"encoding/binary"
	"testing"
	"time"
)

// callers is a steady machine with a number of calls to z pending. Each caller has
// memory of its own, as in life: much of what a step touches is not in the
// nearest cache.
type callers struct {
	*steady
	all    []caller
	oldest int
}

type caller struct {
	to     []string
	method []byte
	body   []byte
	back   []byte // what z answers; the id of the call stands at 4:8
}

func newCallers(t testing.TB, n int) *callers {
	t.Helper()
	cs := &callers{steady: newSteady(t), all: make([]caller, n)}
	cs.m.calls.lastID = 1 << 30 // every id has four bytes
	for i := range cs.all {
		c := &cs.all[i]
		c.to, c.method, c.body = []string{"z"}, []byte("Service.Method"), make([]byte, 64)
		c.back = AppendPayload(nil, &Action{Command: BACK, ID: cs.m.calls.lastID, Method: c.method, Body: c.body})
		cs.begin(t, i)
	}
	for range n { // sizes the lists of what is free
		cs.next(t)
	}
	return cs
}

// begin lets caller i call.
func (cs *callers) begin(t testing.TB, i int) {
	c := &cs.all[i]
	cs.now += 100
	cs.ev = Event{Kind: EvCall, Call: CallID(i + 1), To: c.to, Method: c.method, Body: c.body, Timeout: time.Minute}
	cs.step(t, ActSend, 1)
	binary.BigEndian.PutUint32(c.back[4:8], cs.dst[0].ID)
}

// next answers the oldest call, and its caller calls again.
func (cs *callers) next(t testing.TB) {
	i := cs.oldest
	cs.oldest = (i + 1) % len(cs.all)
	cs.now += 100
	cs.ev = Event{Kind: EvFrame, Peer: "z", Link: dialN(1), Command: BACK, Body: cs.all[i].back}
	cs.step(t, ActResult, 2)
	cs.begin(t, i)
}

// handlers is a steady machine that serves a number of y's requests.
type handlers struct {
	*steady
	all    []handler
	oldest int
}

type handler struct {
	call   []byte // what y asks; the id stands at 4:8
	ticket Ticket
	method []byte
	reply  []byte
}

func newHandlers(t testing.TB, n int) *handlers {
	t.Helper()
	hs := &handlers{steady: newSteady(t), all: make([]handler, n)}
	for i := range hs.all {
		h := &hs.all[i]
		h.method, h.reply = []byte("Service.Method"), make([]byte, 64)
		h.call = AppendPayload(nil, &Action{Command: CALL, ID: 1 << 30, Method: h.method, Body: make([]byte, 64)})
		hs.begin(t, i)
	}
	for range n {
		hs.next(t)
	}
	return hs
}

// begin lets y ask handler i.
func (hs *handlers) begin(t testing.TB, i int) {
	h := &hs.all[i]
	hs.now += 100
	hs.id = (hs.id + 1) % (1 << 29) // every id has four bytes
	binary.BigEndian.PutUint32(h.call[4:8], 1<<30+hs.id)
	hs.ev = Event{Kind: EvFrame, Peer: "y", Link: listenN(1), Command: CALL, Body: h.call}
	hs.step(t, ActServe, 1)
	h.ticket = hs.dst[0].Ticket
}

// next lets the oldest handler return, and y ask again.
func (hs *handlers) next(t testing.TB) {
	i := hs.oldest
	h := &hs.all[i]
	hs.oldest = (i + 1) % len(hs.all)
	hs.now += 100
	hs.ev = Event{Kind: EvReply, Ticket: h.ticket, Method: h.method, Body: h.reply}
	hs.step(t, ActSend, 1)
	hs.begin(t, i)
}

func TestLoadDoesNotAllocate(t *testing.T) {
	callers, handlers := newCallers(t, 256), newHandlers(t, 256)
	for name, step := range map[string]func(){
		"256 calls pending":         func() { callers.next(t) },
		"256 requests being served": func() { handlers.next(t) },
	} {
		if n := testing.AllocsPerRun(1000, step); n != 0 {
			t.Errorf("%s: %v allocations a call, want none", name, n)
		}
	}
	for _, m := range []*Machine{callers.m, handlers.m} {
		if err := broken(m); err != nil {
			t.Error(err)
		}
	}
}
