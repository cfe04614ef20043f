package stream

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// Each property is shown a world that breaks it, and must report it. The worlds are
// broken by hand, in what an end or a pipe has noted or in what an engine is
// configured for, since with right engines no property is ever violated.
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
		{"a payload is in clear", propClear, smallMessages(true), func(w *world) { up(w); w.conns[0].pipes[Dialling].write([]byte("-" + plainText)) }},
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
