package zmtp

import (
	"bytes"
	"fmt"
	"testing"
)

// lender lends buffers, and knows where each is.
type lender struct {
	t     *testing.T
	lent  map[*byte]bool
	extra int // by how much the buffers are too large
}

func (l *lender) Get(n int) []byte {
	b := make([]byte, 0, n+l.extra)
	l.lent[&b[:1][0]] = true
	return b
}

func (l *lender) Put(b []byte) {
	at := &b[:1][0]
	if !l.lent[at] {
		l.t.Error("a buffer was put back that was not lent, or twice")
	}
	delete(l.lent, at)
	clear(b[:cap(b)]) // somebody else's now
}

// Of the buffers of a frame all but the last are put back, and that one too if the frame
// never becomes whole.
func TestBuffersArePutBack(t *testing.T) {
	t.Parallel()
	payload := testBytes(5, 3<<20/2)
	for _, curve := range []bool{false, true} {
		for _, extra := range []int{0, 1000} {
			t.Run(fmt.Sprintf("curve=%v/extra=%d", curve, extra), func(t *testing.T) {
				t.Parallel()
				l := &lender{t: t, lent: make(map[*byte]bool), extra: extra}
				p := newPair(t, curve)
				p.listen.conn.cfg.Buffers = l
				p.run()
				p.listen.direct = true
				p.dial.send("CALL", payload)
				wire := p.dial.out
				for len(wire) > 0 {
					n := min(len(wire), 50_000)
					p.listen.arrive(p.now, wire[:n])
					if wire = wire[n:]; len(wire) > 0 && len(l.lent) > 1 {
						t.Fatalf("a frame that arrives has %d buffers", len(l.lent))
					}
				}
				got := p.listen.received
				if len(got) != 1 || got[0].payload != string(payload) || !got[0].keep {
					t.Fatalf("%d messages, want one with the payload, to keep", len(got))
				}
				if len(l.lent) != 1 {
					t.Errorf("%d buffers lent, want that of the payload", len(l.lent))
				}
				clear(l.lent)
				p.dial.out = nil
				p.dial.send("CALL", payload)
				p.listen.arrive(p.now, p.dial.out[:len(payload)/2])
				if len(l.lent) != 1 || p.listen.conn.Held() == 0 {
					t.Errorf("half a frame has %d buffers", len(l.lent))
				}
				p.listen.conn.Release()
				if len(l.lent) != 0 || p.listen.conn.Held() != 0 {
					t.Errorf("after Release %d buffers are lent, and %d bytes held", len(l.lent), p.listen.conn.Held())
				}
			})
		}
	}
}

// A fault in the middle of a frame puts its buffer back.
func TestAFaultPutsTheBufferBack(t *testing.T) {
	t.Parallel()
	l := &lender{t: t, lent: make(map[*byte]bool)}
	p := newPair(t, true)
	p.listen.conn.cfg.Buffers = l
	p.run()
	p.dial.send("CALL", bytes.Repeat([]byte{1}, 1<<20))
	p.listen.arrive(p.now, p.dial.out[:1<<19])
	if len(l.lent) != 1 {
		t.Fatalf("half a frame has %d buffers", len(l.lent))
	}
	p.now = p.now.Add(p.listen.conn.cfg.HeartbeatInterval + p.listen.conn.cfg.HeartbeatTimeout)
	for range 3 {
		_, _ = p.listen.conn.Timeout(p.now, nil)
		p.now = p.now.Add(p.listen.conn.cfg.HeartbeatTimeout)
	}
	if len(l.lent) != 0 {
		t.Errorf("%d buffers are lent by a connection that has failed: %v", len(l.lent), p.listen.conn.fault)
	}
}

// A large frame that is nobody's payload is put back, too.
func TestFramesForNobodyArePutBack(t *testing.T) {
	t.Parallel()
	body := testBytes(6, 1<<20)
	large := append(appendHeader(append(appendHeader(nil, flagMore, 4), "CALL"...), flagMore, len(body)), body...)
	for name, frames := range map[string][]byte{
		"a command that means nothing": appendCommand(nil, "UNKNOWN", body),
		"a payload that is not last":   appendHeader(large, 0, 0),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &lender{t: t, lent: make(map[*byte]bool)}
			p := newPair(t, true)
			p.listen.conn.cfg.Buffers = l
			p.run()
			p.listen.arrive(p.now, p.dial.conn.Sealer().Seal(nil, frames, nil))
			if p.listen.fault != nil || len(p.listen.received) > 0 && p.listen.received[0].keep {
				t.Fatalf("fault %v, %d messages", p.listen.fault, len(p.listen.received))
			}
			if len(l.lent) != 0 {
				t.Errorf("%d buffers are lent", len(l.lent))
			}
		})
	}
}
