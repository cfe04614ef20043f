package core

import (
	"bytes"
	"testing"
	"time"
)

// Changes that keep the length of what they change, and such as only a delimiter
// tells apart.
func TestStateTellsNeighboursApart(t *testing.T) {
	changes := map[string]func(*Machine, *peer){
		"name":             func(_ *Machine, p *peer) { p.name = "y" },
		"address":          func(_ *Machine, p *peer) { p.address = "thera" },
		"name and address": func(_ *Machine, p *peer) { p.name, p.address = "zt", "here" },
		"method":           func(m *Machine, _ *peer) { m.calls.slots[0].method = []byte("S.X") },
		"method and body":  func(m *Machine, _ *peer) { m.calls.slots[0].method, m.calls.slots[0].body = []byte("S."), []byte("M") },
		"part link":        func(m *Machine, _ *peer) { m.peers.named("q").partN = m.peers.named("q").listening.n },
		"request's peer": func(m *Machine, _ *peer) {
			m.requests.slots[0].peer, m.requests.slots[0].link = m.peers.named("o").slot, m.peers.named("o").listeningLink()
		},
		"row's peer": func(m *Machine, _ *peer) {
			m.calls.slots[0].rows[0].peer, m.calls.slots[0].rows[0].link = m.peers.named("o").slot, m.peers.named("o").listeningLink()
		},
		"heard and sent":   func(_ *Machine, p *peer) { p.listening.heard -= 7; p.listening.sent -= 7 },
		"seen before":      func(_ *Machine, p *peer) { p.seen[1] = &window{incarnation: 6, used: true, top: 1} },
		"early on neither": func(m *Machine, _ *peer) { m.peers.named("o").early.link = Link{} },
		"early on dial":    func(m *Machine, _ *peer) { m.peers.named("o").early.link = m.peers.named("o").diallingLink() },
		"no timer":         func(m *Machine, p *peer) { m.timers.stop(p, timerTock) },
		"stranger's name":  func(m *Machine, _ *peer) { m.peers.named("q").name = "r" },
		"not gone":         func(_ *Machine, p *peer) { p.listening.gone = goneLinks{} },
		"newer gone":       func(_ *Machine, p *peer) { p.listening.gone.add(p.listening.n + 1) },
		"due now":          func(m *Machine, p *peer) { m.timers.heap[p.timers[timerTock]].at = m.now },
		"due soon":         func(m *Machine, p *peer) { m.timers.heap[p.timers[timerTock]].at = m.now + 1 },
		"told extensions":  func(_ *Machine, p *peer) { p.dialling.told.Extensions++ },
		"listen told":      func(_ *Machine, p *peer) { p.listening.told.Incarnation++ },
		"listen extension": func(_ *Machine, p *peer) { p.listening.told.Extensions++ },
		"replaced once":    func(_ *Machine, p *peer) { p.listening.former = replacedLink{1, true, 7} },
		"replaced by one":  func(_ *Machine, p *peer) { p.listening.former = replacedLink{1, true, 8} },
		"replacing z":      func(m *Machine, _ *peer) { m.replacing = replacing{"z", 9} },
		"replacing q":      func(m *Machine, _ *peer) { m.replacing = replacing{"q", 9} },
		"timer later":      func(m *Machine, p *peer) { m.timers.set(p, timerTock, m.timers.heap[p.timers[timerTock]].at+1) },
	}
	m := richMachine(t)
	z := m.peers.named("z")
	z.listening.gone.add(z.listening.n)
	m.peers.named("o").early.link = m.peers.named("o").listeningLink()
	changed := map[string]string{string(m.AppendState(nil)): "nothing"}
	for name, change := range changes {
		c := m.Clone()
		change(c, c.peers.named("z"))
		state := string(c.AppendState(nil))
		if other := changed[state]; other != "" {
			t.Errorf("the encoding is the same for a change of %s and of %s", name, other)
		}
		changed[state] = name
	}
}

// Numbers that only rise, and times that are long past, decide nothing any more.
func TestStateLeavesOutWhatMakesNoDifference(t *testing.T) {
	changes := map[string]func(*Machine, *peer){
		"links dialled":   func(m *Machine, _ *peer) { m.dialSeq += 5 },
		"entries made":    func(m *Machine, _ *peer) { m.peers.made += 5 },
		"ticks":           func(_ *Machine, p *peer) { p.dialling.tick += 5; p.dialling.tickBase += 5 },
		"JOIN long since": func(_ *Machine, p *peer) { p.dialling.nextJoin = 0 },
		"sent before":     func(_ *Machine, p *peer) { p.listening.sent = p.listening.heard - 9 },
		"parted long ago": func(m *Machine, _ *peer) {
			if q := m.peers.named("q"); m.now.Sub(q.partAt) < m.cfg.Timing.Join {
				q.partAt = m.now.Add(-m.cfg.Timing.Join)
			}
		},
	}
	m := richMachine(t)
	m.peers.named("q").partAt = m.now.Add(-time.Hour)
	m.peers.named("z").dialling.nextJoin, m.peers.named("z").listening.sent = m.now, m.peers.named("z").listening.heard
	state := m.AppendState(nil)
	for name, change := range changes {
		c := m.Clone()
		change(c, c.peers.named("z"))
		if !bytes.Equal(state, c.AppendState(nil)) {
			t.Errorf("%s was changed, and so was the encoding", name)
		}
	}
}

// fed returns a machine that got these events.
func fed(t *testing.T, events ...Event) *Machine {
	t.Helper()
	return fedWithSeed(t, 1, events...)
}

func fedWithSeed(t *testing.T, seed uint64, events ...Event) *Machine {
	t.Helper()
	m := newMachine(t, Config{Name: "m", Network: "net", Seed: seed, LinksReported: true})
	for i := range events {
		m.Step(nil, &events[i])
	}
	return m
}

func TestStateDoesNotDependOnTheOrderOfPeers(t *testing.T) {
	join := func(peer string, n uint64) Event {
		return Event{Kind: EvFrame, Peer: peer, Link: listenN(n), Command: JOIN, Body: []byte("net")}
	}
	a, b := fed(t, join("b", 1), join("c", 2)), fed(t, join("c", 1), join("b", 2))
	if !bytes.Equal(a.AppendState(nil), b.AppendState(nil)) {
		t.Error("the order in which two peers came shows in the encoding")
	}
}

func TestStateOfAStoppedMachine(t *testing.T) {
	if bytes.Equal(fed(t).AppendState(nil), fed(t, Event{Kind: EvStop}).AppendState(nil)) {
		t.Error("a machine that has stopped is not told apart from a new one")
	}
	busy := richMachine(t)
	busy.Step(nil, &Event{Kind: EvStop})
	before := busy.AppendState(nil)
	busy.Step(nil, &Event{Kind: EvReply, Ticket: ticket(0, busy.requests.slots[0].generation)})
	if bytes.Equal(before, busy.AppendState(nil)) {
		t.Error("a handler has ended, and the encoding has not changed")
	}
}

// Some fields are encoded in some states only: in a probe of an old peer, and in a
// limbo.
func TestStateOfADialToAnOldPeer(t *testing.T) {
	at := Instant(time.Hour)
	m := fed(t, []Event{
		{Kind: EvConnect, Peer: "o", Address: "there", At: at},
		{Kind: EvTimeout, At: at + Instant(200*time.Millisecond)},
		{Kind: EvLinkUp, Peer: "o", Link: dialN(1)},
		{Kind: EvTimeout, At: at + Instant(400*time.Millisecond)}, // TICK has no answer, and JOIN goes out
		{Kind: EvFrame, Peer: "o", Link: dialN(1), Command: STAY},
	}...)
	if st, _ := m.Status("o"); st.Dialling != Limbo {
		t.Fatalf("the dial is %v, want Limbo", st.Dialling)
	}
	limbo := m.Clone()
	m.Step(nil, &Event{Kind: EvLinkLost, Peer: "o", Link: dialN(1), Cause: CauseLost})
	m.Step(nil, &Event{Kind: EvTimeout, At: m.Deadline()})
	m.Step(nil, &Event{Kind: EvLinkUp, Peer: "o", Link: dialN(2)})
	if st, _ := m.Status("o"); st.Dialling != Probe {
		t.Fatalf("the dial is %v, want Probe", st.Dialling)
	}
	for name, probe := range map[string]*Machine{"limbo": limbo, "probe": m} {
		for field, change := range map[string]func(*peer){
			"heard":  func(p *peer) { p.dialling.heard -= 7 },
			"tick":   func(p *peer) { p.dialling.tick++ },
			"tickAt": func(p *peer) { p.dialling.tickAt -= 7 },
		} {
			c := probe.Clone()
			change(c.peers.named("o"))
			if bytes.Equal(probe.AppendState(nil), c.AppendState(nil)) {
				t.Errorf("%s: %s was changed, and the encoding was not", name, field)
			}
		}
	}
}

// Whether a peer has answered this incarnation of us decides what goes first on the next
// link; when it did decides only to an old one.
func TestStateTellsWhetherAPeerHasAnswered(t *testing.T) {
	m := richMachine(t)
	m.peers.named("z").dialling.resumable = false
	never, before := m.Clone(), m.Clone()
	never.peers.named("z").dialling.heard = 0
	before.peers.named("z").dialling.heard -= 7
	state := m.AppendState(nil)
	if bytes.Equal(state, never.AppendState(nil)) {
		t.Error("a peer that has not answered yet is not told apart from one that has")
	}
	if !bytes.Equal(state, before.AppendState(nil)) {
		t.Error("when one of ours has answered shows in the encoding")
	}
}

// When the last PART went to a link that had not joined matters for as long as the next
// one waits for it; and while nothing else keeps its peer, for as long as that is known.
func TestStateTellsWhenAPartWentOut(t *testing.T) {
	rich := richMachine(t)
	timing := &rich.cfg.Timing
	for _, c := range []struct {
		peer   string
		ago    time.Duration // when it went out
		counts bool
	}{
		{"z", timing.Join - 2, true},
		{"z", timing.Join, false},
		{"q", timing.Join, true}, // it is forgettable
		{"q", timing.Serve - 2, true},
		{"q", timing.Serve, false},
	} {
		parted := func(ago time.Duration) []byte {
			m := rich.Clone()
			p := m.peers.named(c.peer)
			p.parted, p.partN, p.partAt = true, 9, m.now.Add(-ago)
			return m.AppendState(nil)
		}
		if told := !bytes.Equal(parted(c.ago), parted(c.ago+1)); told != c.counts {
			t.Errorf("%s, %v ago: an earlier PART is told apart: %v, want %v", c.peer, c.ago, told, c.counts)
		}
	}
}

// The encoding of a window says which ids it has, and passes over words that are empty.
func TestWindowIsEncodedAsItsIDs(t *testing.T) {
	for name, c := range map[string]struct {
		marked, unmarked []uint32
	}{
		"the highest alone":         {[]uint32{7}, nil},
		"the highest taken back":    {[]uint32{7, 9000}, []uint32{9000}},
		"none left":                 {[]uint32{9000}, []uint32{9000}},
		"neighbours":                {[]uint32{9000, 8999, 8997}, nil},
		"the ends of a word":        {[]uint32{9023, 8960, 8959, 8896}, nil},
		"a word from its end on":    {[]uint32{9023, 8961}, nil},
		"a word that is empty":      {[]uint32{9023, 8895}, nil},
		"many that are":             {[]uint32{9023, 5056, 5055}, nil},
		"the ends of the window":    {[]uint32{9000, 9000 - windowBits + 1}, nil},
		"the same, of a whole word": {[]uint32{9023, 9023 - windowBits + 1}, nil},
		"the word of the highest":   {[]uint32{9000, 9023 - windowBits, 9022 - windowBits}, []uint32{9000}},
		"an empty word's middle":    {[]uint32{9000, 8959}, []uint32{9000}},
		"ids that have wrapped":     {[]uint32{1<<32 - 2, 1<<32 - 65, 3}, nil},
	} {
		w := window{incarnation: 300}
		for _, id := range c.marked {
			w.mark(id)
		}
		for _, id := range c.unmarked {
			w.unmark(id)
		}
		want := encoder{}
		want.uint(w.incarnation)
		for back := range uint32(windowBits) {
			if w.has(w.top - back) {
				want.uint(uint64(back) + 1)
			}
		}
		want.uint(0)
		got := encoder{}
		if got.window(&w); !bytes.Equal(got.dst, want.dst) {
			t.Errorf("%s: encoded as %v, want %v", name, got.dst, want.dst)
		}
	}
}

// Ids begin at random and only rise, and a call that is over has left nothing.
func TestStateLeavesOutIDsAndPastCalls(t *testing.T) {
	join := Event{Kind: EvFrame, Peer: "b", Link: listenN(1), Command: JOIN, Body: []byte("net")}
	call := Event{Kind: EvCall, Call: 1, Method: []byte("S.M"), Timeout: time.Minute}
	a, b := fedWithSeed(t, 1, join, call), fedWithSeed(t, 2, join, call)
	if !bytes.Equal(a.AppendState(nil), b.AppendState(nil)) {
		t.Error("where the call ids began shows in the encoding")
	}
	a, b = fed(t, join), fed(t, join, call, Event{Kind: EvCancel, Call: 1})
	if !bytes.Equal(a.AppendState(nil), b.AppendState(nil)) {
		t.Error("a call that is over shows in the encoding")
	}
}
