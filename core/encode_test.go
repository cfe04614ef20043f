package core

import (
	"bytes"
	"testing"
	"time"
)

// richMachine returns a machine in which every field of the encoding means
// something: a dial in Check beside a served half, a pending call, running
// requests, and a stranger that got PART.
func richMachine(t *testing.T) *Machine {
	t.Helper()
	m := newMachine(t, Config{Name: "m", Network: "net", Seed: 1, LinksReported: true})
	at := Instant(time.Hour)
	for _, ev := range []Event{
		{Kind: EvConnect, Peer: "z", Address: "there"},
		{Kind: EvTimeout, At: Instant(200 * time.Millisecond)},
		{Kind: EvLinkUp, Peer: "z", Link: dialN(1)},
		{Kind: EvFrame, Peer: "z", Link: dialN(1), Command: PART, Body: []byte{extensionVersion, byte(partNotJoined)}},
		{Kind: EvFrame, Peer: "z", Link: dialN(1), Command: STAY, Body: meetBody(7)},
		{Kind: EvFrame, Peer: "z", Link: dialN(1), Command: MEET, Body: meetBody(7)},
		{Kind: EvFrame, Peer: "z", Link: dialN(1), Command: CALL, Body: requestBody(CALL, 5)},
		{Kind: EvFrame, Peer: "z", Link: listenN(1), Command: JOIN, Body: []byte("net")},
		{Kind: EvFrame, Peer: "z", Link: listenN(1), Command: MEET, Body: meetBody(7)},
		{Kind: EvCall, Call: 1, Method: []byte("S.M"), Timeout: time.Minute},
		{Kind: EvFrame, Peer: "q", Link: listenN(2), Command: TICK},
		{Kind: EvFrame, Peer: "o", Link: listenN(3), Command: JOIN, Body: []byte("net")},
		{Kind: EvFrame, Peer: "o", Link: listenN(3), Command: CAST, Body: requestBody(CAST, 9)},
		{Kind: EvFrame, Peer: "z", Link: listenN(1), Command: TICK, At: Instant(time.Second)},
	} {
		ev.At += at
		m.Step(nil, &ev)
	}
	if st, _ := m.Status("z"); st.Dialling != Check || st.Listening != Serving || m.Stats().Serving != 2 || m.Stats().CallsPending != 1 {
		t.Fatalf("not as rich as meant: %+v", st)
	}
	return m
}

func requestBody(c Command, id uint32) []byte {
	return AppendPayload(nil, &Action{Command: c, ID: id, Method: []byte("S.M")})
}

// TestStateChangesWithEachField changes one field after another.
func TestStateChangesWithEachField(t *testing.T) {
	changes := map[string]func(*Machine, *peer){
		"stopped":      func(m *Machine, _ *peer) { m.stopped = true },
		"address":      func(_ *Machine, p *peer) { p.address = "elsewhere" },
		"incarnation":  func(_ *Machine, p *peer) { p.dialling.told.Incarnation++ },
		"doubt":        func(_ *Machine, p *peer) { p.dialling.doubt++ },
		"ours":         func(_ *Machine, p *peer) { p.ours = !p.ours },
		"serving":      func(_ *Machine, p *peer) { p.serving++ },
		"dial state":   func(_ *Machine, p *peer) { p.dialling.state = Connected },
		"failures":     func(_ *Machine, p *peer) { p.dialling.failures++ },
		"new":          func(_ *Machine, p *peer) { p.dialling.stage = stageNew },
		"joining":      func(_ *Machine, p *peer) { p.dialling.stage = stageJoining },
		"told":         func(_ *Machine, p *peer) { p.dialling.stage = stageTold },
		"resumed":      func(_ *Machine, p *peer) { p.dialling.stage = stageMetResumed },
		"answered":     func(_ *Machine, p *peer) { p.dialling.answered = !p.dialling.answered },
		"resumable":    func(_ *Machine, p *peer) { p.dialling.resumable = !p.dialling.resumable },
		"overdue":      func(_ *Machine, p *peer) { p.dialling.overdue = !p.dialling.overdue },
		"joins":        func(_ *Machine, p *peer) { p.dialling.joins++ },
		"nextJoin":     func(m *Machine, p *peer) { p.dialling.nextJoin = m.now + 1 },
		"tick":         func(_ *Machine, p *peer) { p.dialling.tick++ },
		"tickAt":       func(_ *Machine, p *peer) { p.dialling.tickAt-- },
		"since":        func(_ *Machine, p *peer) { p.dialling.since-- },
		"pause":        func(_ *Machine, p *peer) { p.dialling.pause++ },
		"uses":         func(_ *Machine, p *peer) { p.dialling.uses++ },
		"listen state": func(_ *Machine, p *peer) { p.listening.state = Idle },
		"proven":       func(_ *Machine, p *peer) { p.listening.proven = !p.listening.proven },
		"listen met":   func(_ *Machine, p *peer) { p.listening.met = !p.listening.met },
		"replacing":    func(m *Machine, _ *peer) { m.replacing = replacing{"z", 9} },
		"former":       func(_ *Machine, p *peer) { p.listening.former.met = true },
		"gone":         func(_ *Machine, p *peer) { p.listening.gone.add(p.listening.n) },
		"newer gone":   func(_ *Machine, p *peer) { p.listening.gone.add(p.listening.n + 1) },
		"heard":        func(_ *Machine, p *peer) { p.listening.heard-- },
		"sent":         func(_ *Machine, p *peer) { p.listening.sent = p.listening.heard + 1 },
		"timer":        func(m *Machine, p *peer) { m.timers.set(p, timerServe, m.now.Add(7)) },
		"no timer":     func(m *Machine, p *peer) { m.timers.stop(p, timerTock) },
		"seen":         func(_ *Machine, p *peer) { p.seen[0].mark(p.seen[0].top + 1); p.seen[0].mark(p.seen[0].top - 1) },
		"call id":      func(m *Machine, _ *peer) { m.calls.slots[0].id-- },
		"call timer":   func(m *Machine, _ *peer) { m.timers.setCall(&m.calls.slots[0].timer, m.now.Add(3)) },
		"idempotent":   func(m *Machine, _ *peer) { m.calls.slots[0].idempotent = true },
		"method":       func(m *Machine, _ *peer) { m.calls.slots[0].method = []byte("S.Other") },
		"body":         func(m *Machine, _ *peer) { m.calls.slots[0].body = []byte("other") },
		"row pending":  func(m *Machine, _ *peer) { m.calls.slots[0].rows[0].pending = false },
		"at most once": func(m *Machine, _ *peer) { m.calls.slots[0].rows[0].atMostOnce = !m.calls.slots[0].rows[0].atMostOnce },
		"row unrun":    func(m *Machine, _ *peer) { m.calls.slots[0].rows[0].unrun = true },
		"row link":     func(m *Machine, _ *peer) { m.calls.slots[0].rows[0].link = dialN(99) },
		"row life":     func(m *Machine, _ *peer) { m.calls.slots[0].rows[0].incarnation++ },
		"head":         func(m *Machine, _ *peer) { m.calls.slots[0].head = []byte("head") },
		"tell":         func(m *Machine, _ *peer) { m.calls.slots[0].tellDeadline = true },
		"canceled":     func(m *Machine, _ *peer) { m.requests.slots[0].canceled = true },
		"voided":       func(m *Machine, _ *peer) { m.requests.slots[0].voided = true },
		"wants reply":  func(m *Machine, _ *peer) { m.requests.slots[0].wantsReply = false },
		"request life": func(m *Machine, _ *peer) { m.requests.slots[0].incarnation++ },
		"request link": func(m *Machine, _ *peer) { m.requests.slots[0].link = dialN(99) },
		"parted":       func(m *Machine, _ *peer) { m.peers.named("q").parted = false },
		"partAt":       func(m *Machine, _ *peer) { m.peers.named("q").partAt-- },
		"unrun":        func(_ *Machine, p *peer) { p.noteUnrun(requestBody(CALL, 8)) },
		"early":        func(m *Machine, _ *peer) { m.peers.named("o").early.mark(8) },
		"early link":   func(m *Machine, _ *peer) { m.peers.named("o").early.link = dialN(0) },
	}
	m := richMachine(t)
	state := m.AppendState(nil)
	for name, change := range changes {
		c := m.Clone()
		change(c, c.peers.named("z"))
		if bytes.Equal(state, c.AppendState(nil)) {
			t.Errorf("%s was changed, and the encoding was not", name)
		}
	}
}
