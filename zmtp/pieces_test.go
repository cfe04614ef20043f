package zmtp

import (
	"bytes"
	"fmt"
	"testing"
)

func TestAppendPiecesIsAppend(t *testing.T) {
	for _, n := range []int{0, 1, pieceBytes - 1, pieceBytes, pieceBytes + 1, 3*pieceBytes + 5} {
		for _, before := range []int{0, 3, pieceBytes + 1} {
			src, dst := testBytes(1, n), append(make([]byte, 0, before+n), testBytes(2, before)...)
			want := append(bytes.Clone(dst), src...)
			if got := appendPieces(dst, src); !bytes.Equal(got, want) || n+before > 0 && &got[:1][0] != &dst[:1][0] {
				t.Errorf("%d bytes behind %d are others, or elsewhere", n, before)
			}
		}
	}
}

// Whoever opens or seals a large frame lets others go first, now and then; a small one is done at once.
func TestALargeBoxPauses(t *testing.T) {
	everyWay(t, func(t *testing.T, way string) {
		key := [KeyBytes]byte(testBytes(1, KeyBytes))
		for _, n := range []int{1000, pieceBytes, pauseBytes - blockBytes, 4 << 20} {
			pauses := 0
			b := testBox(way, &key)
			b.pause = func() { pauses++ }
			sealed := append(make([]byte, tagBytes), testBytes(2, n)...)
			b.seal(sealed, 7)
			least, most := 2*(n/pauseBytes)-2, 2*(n/pauseBytes)
			if pauses < least || pauses > most {
				t.Errorf("sealing %d bytes pauses %d times, want %d to %d", n, pauses, least, most)
			}
			if pauses = 0; !b.open(sealed, 7) || pauses < least || pauses > most {
				t.Errorf("opening %d bytes pauses %d times, want %d to %d", n, pauses, least, most)
			}
		}
	})
}

// Both directions of a connection do, if the node wants it.
func TestAConnectionPausesForLargeFrames(t *testing.T) {
	p := newPair(t, true)
	pauses := map[*Config]int{}
	for _, cfg := range []*Config{p.dial.conn.cfg, p.listen.conn.cfg} {
		cfg.Pause = func() { pauses[cfg]++ }
	}
	p.run()
	p.dial.send("CALL", testBytes(3, 1<<20))
	p.run()
	if n := len(p.listen.received); n != 1 || len(pauses) != 2 {
		t.Errorf("%d messages arrived, %d ends paused; want 1 and 2", n, len(pauses))
	}
}

// A change anywhere in a large frame is noticed, and the frame left as it was.
func TestAnAlteredLargeBoxIsNotOpened(t *testing.T) {
	key := [KeyBytes]byte(testBytes(1, KeyBytes))
	const n = 2*pieceBytes + 100
	b := testBox("wide", &key)
	sealed := append(make([]byte, tagBytes), testBytes(2, n)...)
	b.seal(sealed, 7)
	for _, at := range []int{0, tagBytes - 1, tagBytes, pieceBytes, tagBytes + pieceBytes, tagBytes + 2*pieceBytes, len(sealed) - 1} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			altered := bytes.Clone(sealed)
			altered[at] ^= 1
			before := bytes.Clone(altered)
			if b.open(altered, 7) || !bytes.Equal(altered, before) {
				t.Error("it was opened, or changed")
			}
		})
	}
}
