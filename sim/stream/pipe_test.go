package stream

import (
	"fmt"
	"testing"
)

// With one byte at a time, a few, or all at once, the same messages arrive, and the
// ends write the same bytes.
func TestPiecesDoNotMatter(t *testing.T) {
	for _, curve := range []bool{false, true} {
		var want string
		for _, piece := range []int{0, 1, 7, 64} {
			s := smallMessages(curve)
			s.Conns[0].Piece = piece
			w := newWorld(s, Options{})
			w.run()
			if w.violation != nil {
				t.Fatalf("pieces of %d: %v", piece, w.violation)
			}
			// Heartbeats are many; the first bytes are the handshake and the messages.
			d, l := w.conns[0].pipes[Dialling].wire, w.conns[0].pipes[Listening].wire
			got := fmt.Sprintf("%x %x", d[:1400], l[:1400])
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("curve %v: other bytes with pieces of %d", curve, piece)
			}
		}
	}
}
