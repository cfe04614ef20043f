package zmtp

import (
	"bytes"
	"cmp"
	"slices"
	"testing"
	"time"
)

// Heartbeats: a PING each interval, answered; silence after one is the end.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		p := risen(t, curve)
		up := p.now
		if got, want := p.dial.conn.Deadline(), up.Add(4*time.Second); got != want {
			t.Fatalf("first PING at %v, want %v", got, want)
		}
		p.now = up.Add(4 * time.Second)
		frames, err := p.dial.conn.Timeout(p.now, nil)
		if want := "\x04\x07\x04PING\x00\x78"; string(frames) != want || err != nil {
			t.Fatalf("at the interval: %q, %v, want %q", frames, err, want)
		}
		p.dial.sendFrames(frames)
		p.run() // and the PONG comes back
		if got, want := p.dial.conn.Deadline(), up.Add(8*time.Second); got != want {
			t.Errorf("after the PONG: deadline %v, want the next PING at %v", got, want)
		}
		// The listener has heard one, and need not ask; the time to live has it notice our death.
		if got, want := p.listen.conn.Deadline(), up.Add(8*time.Second+250*time.Millisecond); got != want {
			t.Errorf("the listener's own PING is due at %v, want %v", got, want)
		}
		checkSilence(t, p, up)
	})
}

// Of two ends with the same interval one pings, and yet each notices the death of the other
// within an interval and a timeout, whenever that is.
func TestOneEndPings(t *testing.T) {
	t.Parallel()
	for died := time.Duration(0); died < 20*time.Second; died += 500 * time.Millisecond {
		p := risen(t, false)
		up, pings, alive := p.now, 0, []*end{p.dial, p.listen}
		for len(alive) > 0 {
			p.now = slices.MinFunc(alive, func(a, b *end) int { return cmp.Compare(a.conn.Deadline(), b.conn.Deadline()) }).conn.Deadline()
			alive = slices.DeleteFunc(alive, func(e *end) bool {
				frames, err := e.conn.Timeout(p.now, nil)
				if after := p.now.Sub(up); after < died {
					pings += bytes.Count(frames, []byte("PING"))
					e.sendFrames(frames)
				} else if err != nil && after > died+12*time.Second {
					t.Errorf("died after %v: noticed after %v (by the end that dialled: %v)", died, after, e == p.dial)
				}
				return err != nil
			})
			p.run() // both have had their time to ping
		}
		if most := int(died/(4*time.Second)) + 1; pings > most { // the first time, both may
			t.Errorf("%d PINGs in %v, want at most %d", pings, died, most)
		}
	}
}

func checkSilence(t *testing.T, p *pair, up Instant) {
	t.Helper()
	for at := 8 * time.Second; at <= 12*time.Second; at += 4 * time.Second {
		if _, err := p.dial.conn.Timeout(up.Add(at), nil); err != nil {
			t.Fatalf("%v after up: %v", at, err)
		}
	}
	if _, err := p.dial.conn.Timeout(up.Add(16*time.Second), nil); err != FaultSilent {
		t.Errorf("8 s after an unanswered PING: %v, want %v", err, FaultSilent)
	}
	if _, err := p.listen.conn.Timeout(up.Add(16*time.Second), nil); err != FaultSilent {
		t.Errorf("a listener that heard a PING with a TTL of 12 s, and nothing since: %v", err)
	}
}

// The silence after a PING counts from when the other end has last taken something that
// was sent before it.
func TestWhatIsTakenPostponesSilence(t *testing.T) {
	t.Parallel()
	p := risen(t, false)
	up := p.now
	c := p.dial.conn
	c.Taken(up) // without a PING there is nothing to wait for
	for at := 4 * time.Second; at <= 40*time.Second; at += 4 * time.Second {
		c.Taken(up.Add(at))
		if _, err := c.Timeout(up.Add(at), nil); err != nil {
			t.Fatalf("%v after up, while what was sent is taken: %v", at, err)
		}
	}
	if _, err := c.Timeout(up.Add(47*time.Second), nil); err != nil {
		t.Fatalf("7 s after something was taken: %v", err)
	}
	if _, err := c.Timeout(up.Add(48*time.Second), nil); err != FaultSilent {
		t.Errorf("8 s after something was taken: %v, want %v", err, FaultSilent)
	}
}

func TestHeartbeatsOff(t *testing.T) {
	t.Parallel()
	client, server := testConfig("a", nil), testConfig("b", nil)
	client.HeartbeatInterval, server.HeartbeatTimeout = 0, 0
	p := newPairOf(t, client, server, nil)
	p.run()
	if p.dial.conn.Deadline() != Never || p.listen.conn.Deadline() != Never {
		t.Error("an end without heartbeats waits for something")
	}
}
