package zmtp

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// trafficLengths are the payloads at which something changes: the header's
// form, the key stream's blocks, the buffer, its growth.
var trafficLengths = []int{
	0, 1, 15, 16, 30, 31, 32, 33, 222, 223, 254, 255, 256, 257, 4096,
	KeepBytes - messageBytesMin - 1, KeepBytes - messageBytesMin, KeepBytes - 1, KeepBytes, KeepBytes + 1,
	65535, 65536, 1 << 20, 2 << 20,
}

// Every message arrives once, in order, unaltered, whatever the pieces.
func TestTrafficAtEveryLength(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		for _, chunk := range []int{0, 1, 7, 4096, 1 << 16} {
			for _, direct := range []bool{false, true} {
				t.Run(fmt.Sprintf("chunks of %d, direct %v", chunk, direct), func(t *testing.T) {
					checkTraffic(t, curve, chunk, direct)
				})
			}
		}
	})
}

func checkTraffic(t *testing.T, curve bool, chunk int, direct bool) {
	p := risen(t, curve)
	p.chunk, p.dial.direct, p.listen.direct = chunk, direct, direct
	lengths := trafficLengths
	if chunk == 1 || chunk == 7 {
		lengths = lengths[:len(lengths)-4]
	}
	for i, n := range lengths {
		p.dial.send(fmt.Sprintf("C%03d", i), testBytes(uint64(n), n))
		p.listen.send(fmt.Sprintf("L%03d", i), testBytes(uint64(n)+1, n))
	}
	p.run()
	if p.dial.fault != nil || p.listen.fault != nil {
		t.Fatalf("faults %v, %v", p.dial.fault, p.listen.fault)
	}
	if len(p.listen.received) != len(lengths) || len(p.dial.received) != len(lengths) {
		t.Fatalf("%d and %d of %d messages arrived", len(p.listen.received), len(p.dial.received), len(lengths))
	}
	for i, n := range lengths {
		samePayload(t, p.listen.received[i], fmt.Sprintf("C%03d", i), testBytes(uint64(n), n))
		samePayload(t, p.dial.received[i], fmt.Sprintf("L%03d", i), testBytes(uint64(n)+1, n))
		if want := n >= KeepBytes; want && !p.listen.received[i].keep {
			t.Errorf("%d bytes were not handed over", n)
		}
	}
}

// A body that is sealed from where it lies gives the same bytes.
func TestSealWithRest(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		a, b := risen(t, curve), risen(t, curve)
		body := testBytes(1, 70000)
		want := a.dial.conn.Sealer().Seal(nil, AppendMessage(nil, "CALL", []byte("head"), body), nil)
		got := b.dial.conn.Sealer().Seal(nil, AppendMessageHead(nil, "CALL", []byte("head"), len(body)), body)
		if !bytes.Equal(got, want) {
			t.Error("sealed differently")
		}
	})
}

// Anything but a command and a payload is passed over whole and reported, and
// the message after it arrives.
func TestMalformedMessages(t *testing.T) {
	t.Parallel()
	small, large := []byte("body"), testBytes(1, KeepBytes+5)
	more := func(body []byte) []byte { return plainFrame(flagMore, body) }
	last := func(body []byte) []byte { return plainFrame(0, body) }
	cases := map[string][]byte{
		"one frame":               last(small),
		"one empty frame":         last(nil),
		"one large frame":         last(large),
		"three frames":            join(more([]byte("CALL")), more(small), last(small)),
		"three, the last large":   join(more([]byte("CALL")), more(small), last(large)),
		"three, the middle large": join(more([]byte("CALL")), more(large), last(small)),
		"a long command":          join(more(make([]byte, CommandBytesMax+1)), last(small)),
		"a large command":         join(more(large), last(small)),
		"forty frames":            join(bytes.Repeat(more(small), 39), last(small)),
	}
	bothMechanisms(t, func(t *testing.T, curve bool) {
		for name, frames := range cases {
			for _, chunk := range []int{0, 1} {
				p := risen(t, curve)
				p.chunk = chunk
				p.dial.sendFrames(frames)
				p.dial.send("JOIN", []byte("net"))
				p.run()
				if p.listen.fault != nil || p.listen.bad != 1 || len(p.listen.received) != 1 {
					t.Errorf("%s: fault %v, %d malformed and %d good messages, want 1 and 1",
						name, p.listen.fault, p.listen.bad, len(p.listen.received))
				}
			}
		}
	})
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// A message beyond the bound ends the connection, over all its frames together.
func TestMessageTooLarge(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		const limit = 200_000
		bounded := func() *pair {
			p := risen(t, curve)
			p.listen.conn.cfg.PayloadBytesMax = limit
			return p
		}
		for name, frames := range map[string][]byte{
			"payload one too large": AppendMessage(nil, "CALL", nil, make([]byte, limit+1)),
			"sum of the frames":     bytes.Repeat(plainFrame(flagMore, make([]byte, 60000)), limit/60000+1),
			"endless empty frames":  bytes.Repeat(plainFrame(flagMore, nil), limit),
		} {
			p := bounded()
			p.dial.sendFrames(frames)
			p.run()
			if p.listen.fault != FaultTooLarge {
				t.Errorf("%s: fault %v, want %v", name, p.listen.fault, FaultTooLarge)
			}
		}
		p := bounded()
		p.dial.send("CALL", make([]byte, limit))
		p.run()
		if len(p.listen.received) != 1 {
			t.Errorf("a payload at the limit did not arrive: %v", p.listen.fault)
		}
	})
}

// A header that promises much costs little until the bytes come.
func TestPromisesCostNothing(t *testing.T) {
	bothMechanisms := []bool{false, true}
	for _, curve := range bothMechanisms {
		const conns = 64
		ends := make([]*end, conns)
		for i := range ends {
			ends[i] = risen(t, curve).listen
		}
		promise := join(plainFrame(flagMore, []byte("CALL")), appendHeader(nil, 0, 2<<20))
		if curve {
			promise = appendHeader(nil, 0, 2<<20)
		}
		before := heap()
		for _, e := range ends {
			e.arrive(0, bytes.Clone(promise))
		}
		if grown := int(heap()) - int(before); grown > conns*(gatherStart+4096) {
			t.Errorf("curve %v: %d promises of 2 MiB cost %d bytes", curve, conns, grown)
		}
		runtime.KeepAlive(ends)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// PING is answered with its context, at most 16 bytes of it, and other
// commands mean nothing, also between the frames of a message.
func TestCommandsInTraffic(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		p := risen(t, curve)
		var pongs []string
		for _, context := range []string{"", "0123456789abcdef", "0123456789abcdefXYZ"} {
			ping := appendCommand(nil, cmdPing, []byte{0, 0}, []byte(context))
			p.dial.sendFrames(ping)
			wire := p.dial.out
			p.dial.out = nil
			_, out, err := p.listen.conn.Receive(p.now, nil, wire)
			if err != nil {
				t.Fatal(err)
			}
			pongs = append(pongs, string(out))
		}
		want := []string{"\x04\x05\x04PONG", "\x04\x15\x04PONG0123456789abcdef", "\x04\x15\x04PONG0123456789abcdef"}
		if fmt.Sprintf("%q", pongs) != fmt.Sprintf("%q", want) {
			t.Errorf("answers %q, want %q", pongs, want)
		}
		p.dial.sendFrames(join(
			appendCommand(nil, "SUBSCRIBE", []byte("topic")),
			plainFrame(flagMore, []byte("CALL")),
			appendCommand(nil, cmdPong), appendCommand(nil, "JOIN", make([]byte, 70000)), appendCommand(nil, cmdError, []byte("\x00")),
			plainFrame(0, []byte("body")),
		))
		p.run()
		if p.listen.fault != nil || len(p.listen.received) != 1 || p.listen.bad != 0 {
			t.Fatalf("fault %v, %d messages, %d malformed", p.listen.fault, len(p.listen.received), p.listen.bad)
		}
		samePayload(t, p.listen.received[0], "CALL", []byte("body"))
	})
}

func TestBadCommandsInTraffic(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		for _, body := range []string{"", "\x05PING", "\x04PING", "\x04PING\x00"} {
			p := risen(t, curve)
			p.dial.sendFrames(plainFrame(flagCommand, []byte(body)))
			p.run()
			if p.listen.fault != FaultCommand {
				t.Errorf("command %q: fault %v, want %v", body, p.listen.fault, FaultCommand)
			}
		}
	})
}

// A replayed, reordered, altered or plain frame ends a CURVE connection.
func TestCurveTrafficTamperedWith(t *testing.T) {
	t.Parallel()
	first := func(p *pair) []byte {
		return p.dial.conn.Sealer().Seal(nil, AppendMessage(nil, "CALL", nil, []byte("secret")), nil)
	}
	cases := map[string]struct {
		tamper func(p *pair) []byte
		want   Fault
	}{
		"replay":  {func(p *pair) []byte { m := first(p); return join(m, m) }, FaultNonce},
		"reorder": {func(p *pair) []byte { a, b := first(p), first(p); return join(b, a) }, FaultNonce},
		"removed": {func(p *pair) []byte { _ = first(p); return first(p) }, FaultNonce},
		"spliced": {func(p *pair) []byte {
			a, b := first(p), first(p)
			return join(a[:2+messageBytesMin+4], b[2+messageBytesMin+4:])
		}, FaultNonce},
		"altered":     {func(p *pair) []byte { m := first(p); m[len(m)-1]++; return m }, FaultBox},
		"in clear":    {func(*pair) []byte { return AppendMessage(nil, "CALL", nil, []byte("secret")) }, FaultFrame},
		"not MESSAGE": {func(*pair) []byte { return plainFrame(0, make([]byte, 100)) }, FaultCommand},
		"too short":   {func(*pair) []byte { return plainFrame(0, []byte("\x07MESSAGE12345678")) }, FaultCommand},
		"reflected":   {func(p *pair) []byte { p.listen.send("CALL", nil); m := p.listen.out; p.listen.out = nil; return m }, FaultNonce},
	}
	for name, c := range cases {
		p := risen(t, true)
		p.dial.out = c.tamper(p)
		p.run()
		if p.listen.fault != c.want {
			t.Errorf("%s: fault %v, want %v", name, p.listen.fault, c.want)
		}
		if name == "in clear" && len(p.listen.received) != 0 {
			t.Error("a message in clear arrived on a CURVE connection")
		}
		if name == "spliced" && len(p.listen.received) != 0 {
			t.Error("the command of one message arrived with the payload of another")
		}
	}
}

// Inner flags that make no sense come from a peer that holds the keys, and end
// the connection all the same.
func TestCurveInnerFlags(t *testing.T) {
	t.Parallel()
	for _, flags := range []byte{boxMore | boxCommand, flagCommand, 0x80} {
		p := risen(t, true)
		p.dial.out = p.dial.conn.sealer.sealFrame(nil, flags, []byte("x"), nil)
		p.run()
		p.wantFault(p.listen, FaultFrame)
	}
}

// A command is marked by bit 1 inside the box, and by bit 2 in a plain frame:
// libzmq does not hear a PING that has it wrong.
func TestCurveBoxFlags(t *testing.T) {
	t.Parallel()
	for plain, boxed := range map[byte]byte{0: 0, 1: 1, 4: 2} {
		p := risen(t, true)
		opener := p.listen.conn.opener
		wire := p.dial.conn.Sealer().Seal(nil, plainFrame(plain, []byte("\x04PING\x00\x00")), nil)
		data := wire[2+messageHeadBytes:]
		if wire[0] != 0 || !opener.box.open(data, 3) || data[tagBytes] != boxed {
			t.Errorf("plain flags %d are %d in the box, in a frame with flags %d", plain, data[tagBytes], wire[0])
		}
	}
}

// Nothing of a CURVE payload stands on the wire.
func TestCurveHidesPayload(t *testing.T) {
	t.Parallel()
	p := risen(t, true)
	secret := bytes.Repeat([]byte("attack at dawn. "), 100)
	p.dial.send("CALL", secret)
	if bytes.Contains(p.dial.out, []byte("CALL")) || bytes.Contains(p.dial.out, []byte("dawn")) {
		t.Error("plaintext on the wire")
	}
}

// Bytes of a frame that takes its time are a sign of life.
func TestSlowFrameIsNotSilence(t *testing.T) {
	t.Parallel()
	p := risen(t, false)
	start := p.now
	p.dial.send("CALL", make([]byte, 1000))
	wire := p.dial.out
	for i := range 20 {
		p.now = start.Add(time.Duration(i) * 4 * time.Second)
		if _, err := p.listen.conn.Timeout(p.now, nil); err != nil {
			t.Fatalf("%d bytes in: %v", i*10, err)
		}
		p.listen.arrive(p.now, wire[i*10:i*10+10])
	}
}
