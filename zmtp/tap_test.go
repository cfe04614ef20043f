package zmtp

import (
	"bytes"
	"fmt"
	"testing"
)

// tapped reads a stream along, in chunks, and returns its pieces as text.
func tapped(t *testing.T, tap *Tap, stream []byte, chunk int) (pieces []string) {
	t.Helper()
	var kept, passed []byte
	for sent := 0; sent < len(stream); {
		n := min(chunk, len(stream)-sent)
		kept = append(kept, stream[sent:sent+n]...)
		sent += n
		for {
			p := tap.Next(kept)
			if p.Kind == TapNone {
				break
			}
			passed = append(passed, kept[:p.N]...)
			text := fmt.Sprintf("%d", p.Kind)
			if p.Kind == TapMessage {
				text = fmt.Sprintf("%s %d", p.Command, len(p.Payload))
			}
			if len(pieces) == 0 || p.Kind == TapMessage || pieces[len(pieces)-1] != text {
				pieces = append(pieces, text)
			}
			kept = kept[p.N:]
		}
	}
	if !bytes.Equal(append(passed, kept...), stream) {
		t.Error("the pieces are not the stream")
	}
	return pieces
}

// A tap between two ends sees every message whole, whatever the pieces it comes in.
func TestTapReadsAlong(t *testing.T) {
	t.Parallel()
	p := newPair(t, false)
	var stream []byte
	for len(p.dial.out)+len(p.listen.out) > 0 {
		stream = append(stream, p.dial.out...)
		p.move(p.dial, p.listen)
		p.move(p.listen, p.dial)
	}
	p.dial.send("CALL", make([]byte, 300))
	p.dial.sendFrames(appendCommand(nil, cmdPing, []byte{0, 0}))
	p.dial.send("BACK", nil)
	p.dial.sendFrames(plainFrame(0, []byte("one frame")))
	for _, frame := range []byte{flagMore, flagMore, 0} {
		p.dial.sendFrames(plainFrame(frame, []byte("three frames")))
	}
	p.dial.send("CAST", make([]byte, KeepBytes))
	stream = append(stream, p.dial.out...)
	want := fmt.Sprint([]string{"1", "CALL 300", "2", "BACK 0", " 0", " 0", fmt.Sprint("CAST ", KeepBytes)})
	for _, chunk := range []int{1, 7, 64, 1000, len(stream)} {
		var tap Tap
		if got := fmt.Sprint(tapped(t, &tap, stream, chunk)); got != want {
			t.Errorf("in chunks of %d the pieces are %v, want %v", chunk, got, want)
		}
		if tap.Identity() != "ann" {
			t.Errorf("the identity is %q, want ann", tap.Identity())
		}
	}
}

// What is not NULL, or no ZMTP, is opaque from there on.
func TestTapPassesWhatItCantRead(t *testing.T) {
	t.Parallel()
	risen := append(appendGreeting(nil, "NULL"), appendCommand(nil, cmdReady, appendMetadata(nil, socketDealer, "ann"))...)
	for name, stream := range map[string][]byte{
		"another mechanism":      append(appendGreeting(nil, "CURVE"), 4, 0),
		"no ZMTP":                []byte("GET / HTTP/1.1"),
		"illegal flags":          append(bytes.Clone(risen), 0xff, 0, 0, 0),
		"a command in a message": append(bytes.Clone(risen), flagMore, 0, flagCommand, 0),
	} {
		var tap Tap
		pieces := tapped(t, &tap, append(stream, "\x00\x00"...), 1)
		if last := pieces[len(pieces)-1]; last != fmt.Sprint(TapOpaque) {
			t.Errorf("%s: the pieces are %v, want something opaque at the end", name, pieces)
		}
	}
}
