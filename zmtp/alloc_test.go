package zmtp

import "testing"

// traffic is a prepared stretch of traffic on a connection that is up.
type traffic struct {
	from, to *end
	frames   []byte
	wire     []byte
	out      []byte
	seen     int
}

// newTraffic prepares messages of payloadBytes each.
func newTraffic(tb testing.TB, curve bool, messages, payloadBytes int) *traffic {
	t := &testing.T{}
	p := risen(t, curve)
	if !p.listen.conn.Up() {
		tb.Fatal("handshake not done")
	}
	tr := &traffic{from: p.dial, to: p.listen}
	for range messages {
		tr.frames = AppendMessage(tr.frames, "CALL", nil, make([]byte, payloadBytes))
	}
	tr.frames = appendCommand(tr.frames, cmdPing, []byte{0, 0})
	return tr
}

// cross seals all frames, has them arrive, and counts the messages.
func (tr *traffic) cross() {
	tr.wire = tr.from.conn.Sealer().Seal(tr.wire[:0], tr.frames, nil)
	for used := 0; ; {
		got, out, err := tr.to.conn.Receive(0, tr.out[:0], tr.wire[used:])
		if err != nil {
			panic(err)
		}
		if tr.out = out; got.Kind == None {
			return
		}
		tr.seen++
		used += got.N
	}
}

// A connection that is up allocates nothing, sending or receiving.
func TestTrafficAllocatesNothing(t *testing.T) {
	for _, curve := range []bool{false, true} {
		tr := newTraffic(t, curve, 10, 60)
		if n := testing.AllocsPerRun(100, tr.cross); n != 0 {
			t.Errorf("curve %v: %v allocations for 10 messages and a PING, want none", curve, n)
		}
		if tr.seen != 10*102 && tr.seen != 10*101 {
			t.Errorf("curve %v: %d messages seen", curve, tr.seen)
		}
	}
}

// Composing a message into a buffer that is large enough allocates nothing.
func TestAppendMessageAllocatesNothing(t *testing.T) {
	buffer, head, body := make([]byte, 0, 1024), []byte("head"), make([]byte, 300)
	if n := testing.AllocsPerRun(100, func() { AppendMessage(buffer, "CALL", head, body) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func benchmarkTraffic(b *testing.B, curve bool, payloadBytes int) {
	const messages = 32
	tr := newTraffic(b, curve, messages, payloadBytes)
	b.SetBytes(messages * int64(payloadBytes))
	b.ReportAllocs()
	for b.Loop() {
		tr.cross()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*messages), "ns/message")
}

func BenchmarkNull64(b *testing.B)   { benchmarkTraffic(b, false, 64) }
func BenchmarkNull4Ki(b *testing.B)  { benchmarkTraffic(b, false, 4096) }
func BenchmarkCurve8(b *testing.B)   { benchmarkTraffic(b, true, 8) }
func BenchmarkCurve64(b *testing.B)  { benchmarkTraffic(b, true, 64) }
func BenchmarkCurve4Ki(b *testing.B) { benchmarkTraffic(b, true, 4096) }

func BenchmarkCurveSeal1Mi(b *testing.B) {
	tr := newTraffic(b, true, 1, 1<<20)
	b.SetBytes(1 << 20)
	for b.Loop() {
		tr.wire = tr.from.conn.Sealer().Seal(tr.wire[:0], tr.frames, nil)
	}
}

func BenchmarkHandshakeCurve(b *testing.B) {
	for b.Loop() {
		risen(&testing.T{}, true)
	}
}
