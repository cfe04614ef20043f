package core

import (
	"bytes"
	"maps"
	"slices"
	"testing"
	"time"
)

// namesOfAMachine changes what a machine has beside its peers and their calls.
func namesOfAMachine() map[string]func(*Machine, *peer) {
	return map[string]func(*Machine, *peer){
		"random numbers":     func(m *Machine, _ *peer) { m.rng.Uint64() },
		"links dialled":      func(m *Machine, _ *peer) { m.dialSeq += 64 },
		"entries made":       func(m *Machine, _ *peer) { m.peers.made += 64 },
		"replaced link":      func(m *Machine, _ *peer) { m.replacing.n += 64 },
		"first forgettable":  func(m *Machine, _ *peer) { m.peers.idleFirst += 64 },
		"free peers":         func(m *Machine, _ *peer) { m.peers.freeSlots = []int32{3, 4} },
		"free peers, order":  func(m *Machine, _ *peer) { m.peers.freeSlots = []int32{4, 3} },
		"last call id":       func(m *Machine, _ *peer) { m.calls.lastID += 64; m.calls.slots[0].id += 64 },
		"free calls":         func(m *Machine, _ *peer) { m.calls.freeSlots = []int32{3, 4} },
		"free calls, order":  func(m *Machine, _ *peer) { m.calls.freeSlots = []int32{4, 3} },
		"free tickets":       func(m *Machine, _ *peer) { m.requests.freeSlots = []int32{3, 4} },
		"free tickets order": func(m *Machine, _ *peer) { m.requests.freeSlots = []int32{4, 3} },
		"ticket":             func(m *Machine, _ *peer) { m.requests.slots[0].generation += 64 },
		"request id":         func(m *Machine, _ *peer) { m.requests.slots[0].id += 64 },
		"request link":       func(m *Machine, _ *peer) { m.requests.slots[0].link = dialN(64) },
		"request link later": func(m *Machine, _ *peer) { m.requests.slots[0].link = dialN(65) },
		"request link half":  func(m *Machine, _ *peer) { m.requests.slots[0].link = listenN(64) },
	}
}

// namesOfAPeer changes what the peer z has, and the call that waits for it.
func namesOfAPeer() map[string]func(*Machine, *peer) {
	window := func(top uint32, link Link) *window {
		return &window{incarnation: 7, used: true, top: top, link: link}
	}
	return map[string]func(*Machine, *peer){
		"self":               func(_ *Machine, p *peer) { p.self += 64 },
		"parted link":        func(m *Machine, _ *peer) { m.peers.named("o").partN += 64 },
		"next forgettable":   func(_ *Machine, p *peer) { p.next += 64 },
		"dialling link":      func(m *Machine, _ *peer) { m.peers.named("o").dialling.n += 64 },
		"tick":               func(_ *Machine, p *peer) { p.dialling.tick += 64; p.dialling.tickBase += 64 },
		"tick base":          func(m *Machine, _ *peer) { m.peers.named("o").dialling.tickBase += 64 },
		"listening link":     func(m *Machine, _ *peer) { m.peers.named("q").listening.n += 64 },
		"replaced":           func(_ *Machine, p *peer) { p.listening.former.n += 64 },
		"nudge":              func(_ *Machine, p *peer) { p.listening.nudge += 64 },
		"several STAYs":      func(_ *Machine, p *peer) { p.listening.stayed = 0 },
		"lost links":         func(_ *Machine, p *peer) { p.listening.gone = goneLinks{9, 8} },
		"other lost links":   func(_ *Machine, p *peer) { p.listening.gone = goneLinks{9, 7} },
		"first life":         func(_ *Machine, p *peer) { p.seen[0] = window(64, Link{}) },
		"first life, later":  func(_ *Machine, p *peer) { p.seen[0] = window(65, Link{}) },
		"second life":        func(_ *Machine, p *peer) { p.seen[1] = window(64, Link{}) },
		"second life, later": func(_ *Machine, p *peer) { p.seen[1] = window(65, Link{}) },
		"third life":         func(_ *Machine, p *peer) { p.seen[2] = window(64, Link{}) },
		"third life, later":  func(_ *Machine, p *peer) { p.seen[2] = window(65, Link{}) },
		"fourth life":        func(_ *Machine, p *peer) { p.seen[3] = window(64, Link{}) },
		"fourth life, later": func(_ *Machine, p *peer) { p.seen[3] = window(65, Link{}) },
		"early":              func(_ *Machine, p *peer) { p.early = window(64, Link{}) },
		"early, later":       func(_ *Machine, p *peer) { p.early = window(65, Link{}) },
		"early, by a link":   func(_ *Machine, p *peer) { p.early = window(65, dialN(64)) },
		"unrun":              func(_ *Machine, p *peer) { p.unrun = window(64, Link{}) },
		"unrun, later":       func(_ *Machine, p *peer) { p.unrun = window(65, Link{}) },

		"handle":         func(m *Machine, _ *peer) { m.calls.slots[0].handle += 64 },
		"deadline":       func(m *Machine, _ *peer) { m.calls.slots[0].deadline += 64 },
		"peer of a row":  func(m *Machine, _ *peer) { m.calls.slots[0].rows[0].pending, m.calls.slots[0].rows[0].peer = false, 64 },
		"other peer":     func(m *Machine, _ *peer) { m.calls.slots[0].rows[0].pending, m.calls.slots[0].rows[0].peer = false, 65 },
		"resent":         func(m *Machine, _ *peer) { m.calls.slots[0].rows[0].resent = true },
		"link of a row":  func(m *Machine, _ *peer) { m.calls.slots[0].rows[0].link = dialN(64) },
		"its other link": func(m *Machine, _ *peer) { m.calls.slots[0].rows[0].link = dialN(65) },
		"half of a link": func(m *Machine, _ *peer) { m.calls.slots[0].rows[0].link = listenN(64) },
	}
}

// TestFingerprintTellsNamesApart changes what AppendState leaves out, one thing after
// another. No two of the changes have one fingerprint, so that each thing shows by itself.
func TestFingerprintTellsNamesApart(t *testing.T) {
	changes := namesOfAMachine()
	maps.Copy(changes, namesOfAPeer())
	m := richMachine(t)
	z := m.peers.named("z")
	z.listening.stayed = m.now
	m.peers.named("o").early = nil
	changed := map[string]string{string(m.AppendFingerprint(nil)): "nothing"}
	for name, change := range changes {
		c := m.Clone()
		change(c, c.peers.named("z"))
		fingerprint := string(c.AppendFingerprint(nil))
		if other := changed[fingerprint]; other != "" {
			t.Errorf("the fingerprint is the same for a change of %s and of %s", name, other)
		}
		changed[fingerprint] = name
	}
}

// Without a call that is pending, the last call id decides the next one.
func TestFingerprintHasTheLastCallID(t *testing.T) {
	a := fed(t)
	b := a.Clone()
	b.calls.lastID++
	if bytes.Equal(a.AppendFingerprint(nil), b.AppendFingerprint(nil)) {
		t.Error("the next call has another id, and the fingerprint is the same")
	}
}

// Peers are known by the slots that they have, which the order of actions follows.
func TestFingerprintDependsOnTheOrderOfPeers(t *testing.T) {
	join := func(peer string, n uint64) Event {
		return Event{Kind: EvFrame, Peer: peer, Link: listenN(n), Command: JOIN, Body: []byte("net")}
	}
	a, b := fed(t, join("b", 1), join("c", 2)), fed(t, join("c", 1), join("b", 2))
	if bytes.Equal(a.AppendFingerprint(nil), b.AppendFingerprint(nil)) {
		t.Error("the order in which two peers came makes no difference to the fingerprint")
	}
}

// Timers show in the order in which they will fire: by their deadlines, then by the order
// in which they were armed. How the queue holds them does not show.
func TestFingerprintHasTheOrderOfTimers(t *testing.T) {
	const soon, later, latest = time.Minute, 2 * time.Minute, 3 * time.Minute
	type timer struct {
		kind timerKind // of z, or timerCall
		in   time.Duration
		of   string // another peer than z
	}
	rich := richMachine(t)
	fingerprint := func(timers ...timer) []byte {
		m := rich.Clone()
		z, c := m.peers.named("z"), m.calls.slots[0]
		m.timers.stopAll(z)
		for _, t := range timers {
			p := z
			if t.of != "" {
				p = m.peers.named(t.of)
			}
			switch at := m.now.Add(t.in); {
			case t.in == 0:
				m.timers.stop(p, t.kind)
			case t.kind == timerCall:
				m.timers.setCall(&c.timer, at)
			default:
				m.timers.set(p, t.kind, at)
			}
		}
		return m.AppendFingerprint(nil)
	}
	for name, c := range map[string]struct {
		a, b []timer
		same bool
	}{
		"armed in another order": {
			[]timer{{timerServe, soon, ""}, {timerNudge, latest, ""}, {timerTick, later, ""}},
			[]timer{{timerTick, later, ""}, {timerServe, soon, ""}, {timerNudge, latest, ""}}, true},
		"moved about in the heap": {
			[]timer{{timerServe, later, ""}, {timerNudge, later, ""}, {timerTick, later, ""}},
			[]timer{{timerDial, soon, ""}, {timerServe, later, ""}, {timerNudge, later, ""}, {timerTick, later, ""}, {timerDial, 0, ""}}, true},
		"due together, armed in another order": {
			[]timer{{timerServe, soon, ""}, {timerNudge, soon, ""}},
			[]timer{{timerNudge, soon, ""}, {timerServe, soon, ""}}, false},
		"due together, of two peers": {
			[]timer{{timerServe, soon, ""}, {timerServe, soon, "o"}},
			[]timer{{timerServe, soon, "o"}, {timerServe, soon, ""}}, false},
		"due together, one of them a call's": {
			[]timer{{timerServe, latest, ""}, {timerCall, latest, ""}},
			[]timer{{timerCall, latest, ""}, {timerServe, latest, ""}}, false},
	} {
		if same := slices.Equal(fingerprint(c.a...), fingerprint(c.b...)); same != c.same {
			t.Errorf("timers %s: the same fingerprint is %v, want %v", name, same, c.same)
		}
	}
}
