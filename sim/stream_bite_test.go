package sim

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// Each property is shown a world that breaks it, and must say so. A world is
// broken behind the back of its engines: one that does what it should can't
// show that anybody looks.
func TestStreamPropertiesBite(t *testing.T) {
	up := func(w *streamWorld) {
		for !w.conns[0].ends[Listener].up || w.conns[0].ends[Listener].got == 0 {
			w.next()
		}
	}
	hostile := func(peer StreamPeer) *StreamScenario {
		s := smallStream(false)
		s.Conns[0].Peer, s.Conns[0].Sends, s.Conns[0].Gets = peer, 0, 0
		return s
	}
	spaced := smallStream(true)
	spaced.Conns[0].Every = 50 * time.Millisecond
	plain := smallStream(false)
	plain.Conns[0].Every = 50 * time.Millisecond
	for _, bite := range []struct {
		name string
		want report.Property
		s    *StreamScenario
		harm func(w *streamWorld)
	}{
		{"a message is lost", PropPrefix, spaced, func(w *streamWorld) { up(w); w.conns[0].ends[Listener].got-- }},
		{"a message is doubled", PropPrefix, spaced, func(w *streamWorld) { up(w); w.conns[0].ends[Listener].got++ }},
		{"a message is altered", PropPrefix, plain, func(w *streamWorld) {
			p := &w.conns[0].pipes[Dialler]
			for w.conns[0].ends[Dialler].sent < 3 || p.flying == 0 {
				w.next()
			}
			p.wire[len(p.wire)-1] ^= 1
		}},
		{"a message does not arrive", PropComplete, smallStream(true), func(w *streamWorld) { up(w); w.conns[0].plan.Gets++ }},
		{"an altered byte is taken", PropAltered, smallStream(true), func(w *streamWorld) { w.conns[0].pipes[Dialler].altered = 70 }},
		{"an altered connection goes on", PropAltered, smallStream(true), func(w *streamWorld) {
			up(w)
			for w.conns[0].ends[Listener].got < 6 {
				w.next()
			}
			p := &w.conns[0].pipes[Dialler]
			p.altered = len(p.carried) + 1000
		}},
		{"a payload is in clear", PropClear, smallStream(true), func(w *streamWorld) { up(w); w.write(w.conns[0], Dialler, []byte("-"+streamMarker)) }},
		{"a handshake goes on", PropHandshake, hostile(Mute), func(w *streamWorld) { w.config.HandshakeTimeout = 0 }},
		{"a handshake takes anything", PropHandshake, smallStream(true), func(w *streamWorld) { w.conns[0].ends[Listener].used = 1 << 20 }},
		{"a promise is believed", PropHeld, hostile(Boaster), func(w *streamWorld) { w.config.PayloadBytesMax = 4 << 20 }},
		{"silence goes on", PropSilence, hostile(Promiser), func(w *streamWorld) { w.config.HeartbeatInterval = 0 }},
		{"a talker is silent", PropSilence, plain, func(w *streamWorld) {
			// Before an answer can come.
			w.config.HeartbeatInterval, w.config.HeartbeatTimeout = 60*time.Millisecond, 1
		}},
		{"a panic", PropUnshaken, smallStream(true), func(w *streamWorld) { w.config = nil }},
	} {
		t.Run(bite.name, func(t *testing.T) {
			own := *bite.s
			own.Conns = append([]StreamConn(nil), bite.s.Conns...)
			w := newStreamWorld(&own, StreamOptions{NoDigest: true})
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
func TestStreamShrink(t *testing.T) {
	s := StreamSwarm(3)
	s.Marks = nil
	s.Conns = append(s.Conns, StreamConn{Peer: Honest, Sends: 6, Gets: 5, Sizes: []int{1, 2}, Latency: dice.Fixed(3 * time.Millisecond)})
	// An expectation that can't hold stands for a property that does not.
	s.Marks = []string{"cut awaiting READY (NULL)"}
	s.Curve = true
	r := s.Run(StreamOptions{})
	if r.Violation == nil {
		t.Fatal("no violation")
	}
	small := ShrinkStream(s, report.Expected, 500)
	if len(small.Faults) != 0 {
		t.Errorf("%d faults are left that nothing needs", len(small.Faults))
	}
	if len(small.Conns) != 1 || small.Conns[0].Peer != Absent {
		t.Errorf("connections are left that nothing needs:\n%s", small)
	}
	if again := small.Run(StreamOptions{}); again.Violation == nil || again.Violation.Property != report.Expected {
		t.Errorf("the shrunk scenario shows %v", again.Violation)
	}
}

// What is wrong with a scenario is said with its line.
func TestStreamSyntax(t *testing.T) {
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
		if _, err := ParseStream(text); err == nil || err.Error() != want {
			t.Errorf("%q gives %v, want %s", text, err, want)
		}
	}
}

func FuzzParseStream(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(StreamSwarm(seed).String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseStream(text)
		if err != nil {
			return
		}
		again, err := ParseStream(s.String())
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
