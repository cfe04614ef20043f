package zmtp

import "testing"

// An owner can see what a connection waits for and what memory it holds.
func TestAwaitsAndHeld(t *testing.T) {
	t.Parallel()
	p := newPair(t, true)
	if d, l := p.dial.conn.Awaits(), p.listen.conn.Awaits(); d != "greeting" || l != "greeting" {
		t.Errorf("new ends await %q and %q", d, l)
	}
	p.move(p.dial, p.listen)
	p.move(p.listen, p.dial)
	if d, l := p.dial.conn.Awaits(), p.listen.conn.Awaits(); d != cmdWelcome || l != cmdHello {
		t.Errorf("after the greetings the ends await %q and %q", d, l)
	}
	p.move(p.dial, p.listen)
	p.move(p.listen, p.dial)
	if d, l := p.dial.conn.Awaits(), p.listen.conn.Awaits(); d != cmdReady || l != cmdInitiate {
		t.Errorf("after WELCOME the ends await %q and %q", d, l)
	}
	p.run()
	if a := p.dial.conn.Awaits(); a != "" {
		t.Errorf("an end that is up awaits %q", a)
	}
	p.dial.send("CALL", make([]byte, 1<<20))
	wire := p.dial.out
	p.listen.arrive(p.now, wire[:KeepBytes])
	if held := p.listen.conn.Held(); held < KeepBytes/2 || held > 4*KeepBytes {
		t.Errorf("%d bytes held for %d that arrived", held, KeepBytes)
	}
	wire[KeepBytes] ^= 1
	p.listen.arrive(p.now, wire[KeepBytes:])
	if held := p.listen.conn.Held(); p.listen.fault != FaultBox || held != 0 {
		t.Errorf("fault %v, and %d bytes held after it", p.listen.fault, held)
	}
}

// The longest handshake that is taken in is as long as HandshakeBytesMax says.
func TestHandshakeBytesMax(t *testing.T) {
	t.Parallel()
	if least := greetingBytes + 2*(longHeaderBytes+initiateBytesMin); HandshakeBytesMax <= least {
		t.Errorf("%d bytes are too few for a handshake of %d", HandshakeBytesMax, least)
	}
}
