package core

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestConfigDefaults(t *testing.T) {
	m := newMachine(t, Config{Name: "n", Timing: Timing{Join: time.Second}, Limits: Limits{PeersMax: 3}})
	got := m.Config()
	wantTiming, wantLimits := DefaultTiming(), DefaultLimits()
	wantTiming.Join, wantLimits.PeersMax = time.Second, 3
	if got.Timing != wantTiming || got.Limits != wantLimits {
		t.Errorf("got %+v, want what was set and the defaults", got)
	}
}

// PROTOCOL 7.2: "Call ids rise by one from a random start; zero is never used."
func TestFirstCall(t *testing.T) {
	m := newMachine(t, Config{Name: "n", FirstCall: math.MaxUint32})
	for _, want := range []uint32{math.MaxUint32, 1, 2} {
		if id := m.calls.nextID(); id != want {
			t.Fatalf("the id of a call is %d, want %d", id, want)
		}
	}
}

func TestConfigRefused(t *testing.T) {
	long := strings.Repeat("n", 256)
	for _, c := range []struct {
		change func(*Config)
		want   string // what the error names
	}{
		{func(c *Config) { c.Name = "" }, "name"},
		{func(c *Config) { c.Name = long }, "name"},
		{func(c *Config) { c.Name = "\x00n" }, "name"},
		{func(c *Config) { c.Network = long }, "network name of 256 bytes"},
		{func(c *Config) { c.Timing.Live = -1 }, "Timing.Live"},
		{func(c *Config) { c.Timing.Retry = 11 * 365 * 24 * time.Hour }, "Timing.Retry"},
		{func(c *Config) { c.Timing.Serve = durationMax + 1 }, "Timing.Serve"},
		{func(c *Config) { c.Timing.RedialMax = time.Millisecond }, "Timing.RedialMax"},
		{func(c *Config) { c.Timing.JoinsMax = -1 }, "Timing.JoinsMax"},
		{func(c *Config) { c.Timing.JoinsMax = 1<<16 + 1 }, "Timing.JoinsMax"},
		{func(c *Config) { c.Timing.BackoffMax = 17 }, "Timing.BackoffMax"},
		{func(c *Config) { c.Timing.BackoffMax = -1 }, "Timing.BackoffMax"},
		{func(c *Config) { c.Limits.PeersMax = -1 }, "Limits.PeersMax"},
		{func(c *Config) { c.Limits.TimersStepMax = -1 }, "Limits.TimersStepMax"},
	} {
		cfg := Config{Name: "n"}
		c.change(&cfg)
		if m, err := New(cfg); err == nil || m != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want an error about %s", err, c.want)
		}
	}
}

func TestConfigAtItsLimits(t *testing.T) {
	longest := durationMax
	_, err := New(Config{
		Name: strings.Repeat("n", 255), Network: strings.Repeat("\x00", 255),
		Timing: Timing{Retry: longest, Live: longest, Serve: longest, BackoffMax: backoffLimit, JoinsMax: 1 << 16, RedialMin: time.Second, RedialMax: time.Second},
	})
	if err != nil {
		t.Error(err)
	}
	if backedOff := longest << backoffLimit; backedOff < longest {
		t.Errorf("the longest wait overflows: %v", backedOff)
	}
}

func TestTimingScaled(t *testing.T) {
	got := DefaultTiming().Scaled(1, 100)
	if got.Serve != 900*time.Millisecond || got.RandPart != 200*time.Microsecond || got.JoinsMax != 10 || got.BackoffMax != 7 {
		t.Errorf("got %+v, want durations of a hundredth, and counts as they were", got)
	}
	if least := DefaultTiming().Scaled(1, 1<<50); least.Serve != 1 || least.RandPart != 1 {
		t.Errorf("got %+v, want no duration of zero", least)
	}
	if back := got.Scaled(100, 1); back != DefaultTiming() {
		t.Errorf("scaled back: %+v", back)
	}
}

// Every enum has a name for each value, and says so of others.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	check := func(got string, legal bool) {
		t.Helper()
		if odd := strings.Contains(got, "("); got == "" || odd == legal || legal && seen[got] {
			t.Errorf("%q is no name of its own", got)
		}
		seen[got] = true
	}
	for k := range eventKindCount + 1 {
		check(k.String(), k > 0 && k < eventKindCount)
	}
	clear(seen)
	for k := range actionKindCount + 1 {
		check(k.String(), k > 0 && k < actionKindCount)
	}
	clear(seen)
	for d := range dropCount + 1 {
		check(d.String(), d > 0 && d < dropCount)
	}
	clear(seen)
	for r := range refusalCount + 1 {
		check(r.String(), r > 0 && r < refusalCount)
	}
	clear(seen)
	for c := range causeCount + 1 {
		check(c.String(), c > 0 && c < causeCount)
	}
	clear(seen)
	for o := range outcomeCount + 1 {
		check(o.String(), o > 0 && o < outcomeCount)
	}
	clear(seen)
	for s := range stateCount + 1 {
		check(s.String(), s < stateCount)
	}
	clear(seen)
	for h := range Listening + 2 {
		check(h.String(), h == Dialling || h == Listening)
	}
	clear(seen)
	for c := JOIN; c < commandCount; c++ {
		check(c.String(), true)
	}
	if got := commandCount.String(); got != "????" {
		t.Errorf("no command is %q", got)
	}
	if got := (Link{Listening, 7}).String(); got != "listen#7" {
		t.Errorf("got %q", got)
	}
}

func TestQueries(t *testing.T) {
	m := richMachine(t)
	if got := m.Active([]string{"kept"}); len(got) != 3 || got[1] != "z" || got[2] != "o" || m.ActiveCount() != 2 {
		t.Errorf("active: %q, %d; want z and o behind what was there", got, m.ActiveCount())
	}
	all := m.AppendStatus(nil)
	if len(all) != 3 || all[0].Name != "z" || all[0] != mustStatus(t, m, "z") {
		t.Errorf("status of all: %+v", all)
	}
	st := all[0]
	if st.Address != "there" || st.DiallingLink != dialN(1) || st.ListeningLink != listenN(1) || !st.Active || !st.Ours || st.Pending != 1 || st.Serving != 1 {
		t.Errorf("status of z: %+v", st)
	}
	if _, ok := m.Status("nobody"); ok {
		t.Error("a status of nobody")
	}
	stats := m.Stats()
	if stats.Peers != 3 || stats.ActivePeers != 2 || stats.CallsPending != 1 || stats.Calls != 1 || stats.Timers != len(m.timers.heap)+m.timers.due.n || stats.Timers == 0 || stats.Dials != 1 || stats.FramesIn[JOIN] != 2 || stats.FramesOut[STAY] != 2 || stats.Drops[DropNotJoined] != 1 {
		t.Errorf("stats: %+v", stats)
	}
	if m.Stopped() {
		t.Error("stopped already")
	}
	m.Step(nil, &Event{Kind: EvStop})
	if !m.Stopped() {
		t.Error("not stopped")
	}
}

func mustStatus(t *testing.T, m *Machine, name string) PeerStatus {
	t.Helper()
	st, ok := m.Status(name)
	if !ok {
		t.Fatalf("no status of %s", name)
	}
	return st
}

// What stands around the bytes of a user counts too, and more of it where there is a head.
func TestRequestsThatFit(t *testing.T) {
	const room = 100 - 32 // for body, method and head
	l := Limits{BodyBytesMax: 100, MethodBytesMax: 3}
	for name, ev := range map[string]Event{
		"plain":         {Body: make([]byte, room-3)},
		"with its time": {Body: make([]byte, room-3-withBytesMax), TellDeadline: true},
		"with a head":   {Body: make([]byte, room-3-withBytesMax-1), Head: []byte("h")},
		"with both":     {Body: make([]byte, room-3-withBytesMax-1), Head: []byte("h"), TellDeadline: true},
	} {
		if ev.Method = []byte("S.M"); !l.fits(&ev) {
			t.Errorf("%s: what fits exactly is too large", name)
		}
		if ev.Body = append(ev.Body, 0); l.fits(&ev) {
			t.Errorf("%s: a byte too many fits", name)
		}
	}
	if l.fits(&Event{Method: []byte("S.MM")}) {
		t.Error("a method that is too long fits")
	}
}
