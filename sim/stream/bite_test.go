package stream

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// Each property is shown a world that breaks it, and must say so. A world is
// broken behind the back of its engines: one that does what it should can't
// show that anybody looks.
func TestPropertiesBite(t *testing.T) {
	up := func(w *world) {
		for !w.conns[0].ends[Listening].up || w.conns[0].ends[Listening].got == 0 {
			w.next()
		}
	}
	hostile := func(peer Peer) *Scenario {
		s := smallMessages(false)
		s.Conns[0].Peer, s.Conns[0].Sends, s.Conns[0].Gets = peer, 0, 0
		return s
	}
	spaced := smallMessages(true)
	spaced.Conns[0].Every = 50 * time.Millisecond
	plain := smallMessages(false)
	plain.Conns[0].Every = 50 * time.Millisecond
	for _, bite := range []struct {
		name string
		want report.Property
		s    *Scenario
		harm func(w *world)
	}{
		{"a message is lost", propPrefix, spaced, func(w *world) { up(w); w.conns[0].ends[Listening].got-- }},
		{"a message is doubled", propPrefix, spaced, func(w *world) { up(w); w.conns[0].ends[Listening].got++ }},
		{"a message is altered", propPrefix, plain, func(w *world) {
			p := &w.conns[0].pipes[Dialling]
			for w.conns[0].ends[Dialling].sent < 3 || p.flying == 0 {
				w.next()
			}
			p.wire[len(p.wire)-1] ^= 1
		}},
		{"a message does not arrive", propComplete, smallMessages(true), func(w *world) { up(w); w.conns[0].plan.Gets++ }},
		{"an altered byte is taken", propAltered, smallMessages(true), func(w *world) { w.conns[0].pipes[Dialling].harm.altered = 70 }},
		{"an altered connection goes on", propAltered, smallMessages(true), func(w *world) {
			up(w)
			for w.conns[0].ends[Listening].got < 6 {
				w.next()
			}
			p := &w.conns[0].pipes[Dialling]
			p.harm.altered = len(p.carried) + 1000
		}},
		{"a payload is in clear", propClear, smallMessages(true), func(w *world) { up(w); w.conns[0].pipes[Dialling].write([]byte("-"+plainText)) }},
		{"a handshake goes on", propHandshake, hostile(Mute), func(w *world) { w.config.HandshakeTimeout = 0 }},
		{"a handshake takes anything", propHandshake, smallMessages(true), func(w *world) { w.conns[0].ends[Listening].used = 1 << 20 }},
		{"a promise is believed", propHeld, hostile(Boaster), func(w *world) { w.config.PayloadBytesMax = 4 << 20 }},
		{"silence goes on", propSilence, hostile(Promiser), func(w *world) { w.config.HeartbeatInterval = 0 }},
		{"a talker is silent", propSilence, plain, func(w *world) {
			// Before an answer can come.
			w.config.HeartbeatInterval, w.config.HeartbeatTimeout = 60*time.Millisecond, 1
		}},
		{"a panic", propNoPanic, smallMessages(true), func(w *world) { w.config = nil }},
	} {
		t.Run(bite.name, func(t *testing.T) {
			own := *bite.s
			own.Conns = append([]Conn(nil), bite.s.Conns...)
			w := newWorld(&own, Options{NoDigest: true})
			bite.harm(w)
			w.run()
			switch {
			case w.violation == nil:
				t.Errorf("nobody noticed; want %s", bite.want.ID)
			case w.violation.Property != bite.want:
				t.Errorf("noticed as %v, want %s", w.violation, bite.want.ID)
			}
		})
	}
}

// A violation is shrunk to what it needs, and says how to replay it.
func TestShrink(t *testing.T) {
	s := Swarm(3)
	s.Marks = nil
	s.Conns = append(s.Conns, Conn{Peer: Honest, Sends: 6, Gets: 5, Sizes: []int{1, 2}, Latency: dice.Fixed(3 * time.Millisecond)})
	// An expectation that can't hold stands for a property that does not.
	s.Marks = []string{"cut awaiting READY (NULL)"}
	s.Curve = true
	r := s.Run(Options{})
	if r.Violation == nil {
		t.Fatal("no violation")
	}
	small := Shrink(s, report.Expected, 500)
	if len(small.Faults) != 0 {
		t.Errorf("%d faults are left that nothing needs", len(small.Faults))
	}
	if len(small.Conns) != 1 || small.Conns[0].Peer != Absent {
		t.Errorf("connections are left that nothing needs:\n%s", small)
	}
	if again := small.Run(Options{}); again.Violation == nil || again.Violation.Property != report.Expected {
		t.Errorf("the shrunk scenario shows %v", again.Violation)
	}
}

// What is wrong with a scenario is said with its line.
func TestSyntax(t *testing.T) {
	const head = "bytes 1\nseed 1 curve payload 100 handshake 1s halfopen 1\n"
	for text, want := range map[string]string{
		"":                                `line 1: want "bytes 1" as the first line that is not a comment`,
		"bilsim 1":                        `line 1: want bytes instead of "bilsim"`,
		"bytes 2":                         "line 1: this program reads version 1 of the language",
		"bytes 1\nconnect honest":         `line 2: want a line that begins with seed instead of "connect"`,
		"bytes 1\nseed 1 curve payload 0": "line 2: want a number from 1 to 16777216 instead of 0",
		head:                              "line 3: want a line that begins with connect",
		head + "connect honest sends 1 sizes 999":             "line 3: want a number from 0 to 100 instead of 999",
		head + "connect friend":                               "line 3: want one of honest, old, mute, greeter, babbler, overclaim, promiser, boaster, scrambler, replayer, stranger, mismatch, absent",
		head + "connect replayer like #0":                     "line 3: there is no connection #0 above; they count from 0",
		head + "connect honest at 20m":                        "line 3: want at most 10m",
		head + "connect mute\nfault #0 dialler byte 3 flip 8": "line 4: want a number from 0 to 7 instead of 8",
		head + "connect mute\nfault #0 dialler byte 3 melt":   "line 4: want one of split, stall, cut, flip, omit, repeat, garble, replay, excise",
		head + "connect mute\nexpect mark \"luck\"":           `line 4: there is no mark "luck"`,
		head + "connect mute\nwait":                           `line 4: want connect, fault or expect instead of "wait"`,
	} {
		if _, err := Parse(text); err == nil || err.Error() != want {
			t.Errorf("%q gives %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(Swarm(seed).String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(s.String())
		if err != nil {
			t.Fatalf("what was written can't be read: %v\n%s", err, s)
		}
		if again.String() != s.String() {
			t.Fatalf("read back as\n%s\nnot\n%s", again, s)
		}
		if s.horizon() < 0 || s.horizon()+s.drip() < 0 {
			t.Fatal("its time overflows")
		}
	})
}
