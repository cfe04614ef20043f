package zmtp

import (
	"bytes"
	"testing"
	"unsafe"
)

// Our assembly must give what package salsa gives, for every block, whatever the others are.
func TestSalsaBlocksEqualLibrary(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		got := [lanes * blockBytes]byte(testBytes(seed, lanes*blockBytes))
		for i := range lanes { // the library has the four constants built in
			salsaInput((*[blockBytes]byte)(got[i*blockBytes:]), (*[KeyBytes]byte)(got[i*blockBytes:]), seed<<(seed%64), int(seed)*i)
		}
		want := got
		salsaBlocks(&got)
		salsaBlocksLibrary(&want)
		if got != want {
			t.Fatalf("seed %d: differs from package salsa", seed)
		}
	}
}

// It writes nothing but its blocks.
func TestSalsaBlocksStayInside(t *testing.T) {
	t.Parallel()
	around := testBytes(1, lanes*blockBytes+128)
	before := bytes.Clone(around)
	salsaBlocks((*[lanes * blockBytes]byte)(around[64:]))
	if !bytes.Equal(around[:64], before[:64]) || !bytes.Equal(around[64+lanes*blockBytes:], before[64+lanes*blockBytes:]) {
		t.Error("bytes around the blocks have changed")
	}
}

// Messages of a command and a small payload find most of their streams computed.
func TestStreamsAreComputedAhead(t *testing.T) {
	t.Parallel()
	var a ahead
	key := [KeyBytes]byte(testBytes(1, KeyBytes))
	for _, c := range []struct{ blocks, passesMax int }{{1, 36}, {2, 55}, {3, 102}, {4, 120}} {
		passes, first := 0, a.first
		for nonce := uint64(1); nonce <= 200; nonce += 2 {
			for i, blocks := range []int{1, c.blocks} {
				a.take(&key, nonce+uint64(i), blocks)
				if a.first != first {
					passes, first = passes+1, a.first
				}
			}
		}
		if passes > c.passesMax {
			t.Errorf("payloads of %d blocks: %d passes for 100 messages, want at most %d", c.blocks, passes, c.passesMax)
		}
	}
}

// widePair is two ends that are up and compute streams ahead once they are busy,
// also where no assembly of ours makes that fast.
func widePair(t *testing.T) *pair {
	p := risen(t, true)
	for _, e := range []*end{p.dial, p.listen} {
		e.conn.sealer.box.wide, e.conn.opener.box.wide = true, true
	}
	return p
}

func (p *pair) wantAhead(want bool, when string) {
	p.t.Helper()
	if got := p.dial.conn.sealer.box.ahead != nil; got != want {
		p.t.Errorf("%s: the sealing end has memory for streams ahead: %v, want %v", when, got, want)
	}
	if got := p.listen.conn.opener.box.ahead != nil; got != want {
		p.t.Errorf("%s: the opening end has memory for streams ahead: %v, want %v", when, got, want)
	}
}

// A connection holds memory for streams ahead while it is busy, and for no longer.
func TestOnlyBusyConnectionsHoldStreams(t *testing.T) {
	t.Parallel()
	p := widePair(t)
	ping := appendCommand(nil, cmdPing, []byte{0, 0})
	for range 100 { // an hour or so of little to say
		p.dial.send("CALL", []byte("now and then"))
		p.dial.sendFrames(ping)
	}
	p.run()
	p.wantAhead(false, "idle")
	for range busyMin / 2 {
		p.dial.send("CALL", []byte("one after the other"))
	}
	p.run()
	p.wantAhead(true, "busy")
	p.dial.sendFrames(ping)
	p.run()
	p.wantAhead(true, "after a heartbeat")
	p.dial.send("CALL", nil)
	p.dial.sendFrames(ping)
	p.run()
	p.wantAhead(true, "after a message and a heartbeat")
	p.dial.sendFrames(ping)
	p.run()
	p.wantAhead(false, "after two heartbeats in a row")
	if n := len(p.listen.received); p.listen.fault != nil || n != 100+busyMin/2+1 {
		t.Errorf("%d messages arrived, fault %v", n, p.listen.fault)
	}
}

// The streams of both directions take less than what the package's doc says.
func TestStreamsAreSmall(t *testing.T) {
	t.Parallel()
	if n := 2 * unsafe.Sizeof(ahead{}); n >= 1<<10 {
		t.Errorf("the streams of a connection take %d bytes, want less than 1 KiB", n)
	}
}

// A busy end understands one that computes in another way, and a clone has streams of its own.
func TestClonesShareNoStreams(t *testing.T) {
	t.Parallel()
	p := widePair(t)
	p.listen.conn.opener.box.wide = false
	for i := range 3 * busyMin {
		p.dial.send("CALL", make([]byte, 7*i))
	}
	p.run()
	clone := p.dial.conn.Clone()
	if own, cloned := p.dial.conn.sealer.box.ahead, clone.sealer.box.ahead; own == nil || cloned == nil || own == cloned {
		t.Errorf("streams ahead are at %p and at %p, want two", own, cloned)
	}
	frames := AppendMessage(nil, "CALL", nil, make([]byte, 300))
	other := clone.Sealer().Seal(nil, AppendMessage(frames, "CALL", nil, []byte("x")), nil)
	p.dial.sendFrames(frames)
	if !bytes.HasPrefix(other, p.dial.out) {
		t.Error("the clone seals differently")
	}
	p.dial.send("CAST", []byte("y"))
	p.run()
	if n := len(p.listen.received); p.listen.fault != nil || n != 3*busyMin+2 {
		t.Errorf("%d messages arrived, fault %v", n, p.listen.fault)
	}
}

// benchmarkSeal seals messages of two boxes, as a call makes them.
func benchmarkSeal(b *testing.B, way string, payloadBytes int) {
	x := testBox(way, (*[KeyBytes]byte)(testBytes(6, KeyBytes)))
	command, payload := make([]byte, tagBytes+5), make([]byte, tagBytes+1+payloadBytes)
	for nonce := uint64(0); b.Loop(); nonce += 2 {
		x.seal(command, nonce)
		x.seal(payload, nonce+1)
	}
}

func BenchmarkSealLibrary64(b *testing.B) { benchmarkSeal(b, "library", 64) }
func BenchmarkSealWide64(b *testing.B)    { benchmarkSeal(b, "wide", 64) }
func BenchmarkSealAhead64(b *testing.B)   { benchmarkSeal(b, "ahead", 64) }

func BenchmarkSalsaBlocks(b *testing.B) {
	var blocks [lanes * blockBytes]byte
	for b.Loop() {
		salsaBlocks(&blocks)
	}
}
