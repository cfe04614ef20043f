package zmtp

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Both ends rise whatever the pieces in which the bytes arrive, and know each other.
func TestHandshakeInAnyPieces(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		for chunk := 0; chunk < 300; chunk += 1 + chunk/20 {
			p := newPair(t, curve)
			p.chunk = chunk
			p.run()
			if !p.dial.conn.Up() || !p.listen.conn.Up() {
				t.Fatalf("chunks of %d: dial %v, listen %v", chunk, p.dial.fault, p.listen.fault)
			}
			if p.listen.knocks != 1 || p.dial.knocks != 0 {
				t.Fatalf("chunks of %d: %d knocks on the listening end, %d on the other", chunk, p.listen.knocks, p.dial.knocks)
			}
			checkPeers(t, p, curve)
		}
	})
}

func checkPeers(t *testing.T, p *pair, curve bool) {
	t.Helper()
	dial, listen := p.dial.conn, p.listen.conn
	if dial.PeerIdentity() != "bob" || dial.PeerSocketType() != "ROUTER" {
		t.Errorf("dialler sees %q, a %s", dial.PeerIdentity(), dial.PeerSocketType())
	}
	if listen.PeerIdentity() != "ann" || listen.PeerSocketType() != "DEALER" {
		t.Errorf("listener sees %q, a %s", listen.PeerIdentity(), listen.PeerSocketType())
	}
	if curve && (*listen.PeerKey() != testKeys(11).Public || *dial.PeerKey() != testKeys(12).Public) {
		t.Error("the keys seen are not those of the other end")
	}
}

// Our greeting is libzmq's, byte for byte, in both roles: as-server is zero.
func TestGreetingIsLibzmqs(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		want := "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x01NULL\x00"
		if curve {
			want = strings.Replace(want, "NULL\x00", "CURVE", 1)
		}
		want += strings.Repeat("\x00", 64-len(want))
		p := newPair(t, curve)
		if string(p.dial.out) != want || string(p.listen.out) != want {
			t.Errorf("greetings %q and %q, want %q", p.dial.out, p.listen.out, want)
		}
	})
}

// Bytes of another protocol are told from a slow peer at the first that shows it.
func TestGreetingRefusedEarly(t *testing.T) {
	t.Parallel()
	good := appendGreeting(nil, "NULL")
	cases := []struct {
		name  string
		bytes []byte
		at    int // the byte that shows it
		want  Fault
	}{
		{"HTTP", []byte("GET / HTTP/1.1\r\n\r\n"), 1, FaultGreeting},
		{"ZMTP 1.0", []byte{0x01, 0x00}, 1, FaultGreeting},
		{"bad end of signature", replaced(good, 9, 0x7e), 10, FaultGreeting},
		{"ZMTP 2.0", replaced(good, 10, 1), 11, FaultVersion},
		{"CURVE to NULL", appendGreeting(nil, "CURVE"), 32, FaultMechanism},
		{"longer name", replaced(good, 16, 'X'), 32, FaultMechanism},
	}
	for _, c := range cases {
		e := &end{t: t, conn: Accept(testConfig("bob", nil), testEntropy(1), 0)}
		n := 0
		for ; n < len(c.bytes) && e.fault == nil; n++ {
			e.arrive(0, c.bytes[n:n+1])
		}
		if e.fault != c.want || n != c.at {
			t.Errorf("%s: fault %v after %d bytes, want %v after %d", c.name, e.fault, n, c.want, c.at)
		}
	}
}

// A ZMTP 3.0 peer, a later one, a peer with as-server set: all are welcome.
func TestGreetingTolerates(t *testing.T) {
	t.Parallel()
	for at, value := range map[int]byte{8: 7, 10: 4, 11: 0, 32: 1, 63: 9} {
		e := &end{t: t, conn: Accept(testConfig("bob", nil), testEntropy(1), 0)}
		e.arrive(0, replaced(appendGreeting(nil, "NULL"), at, value))
		if e.fault != nil {
			t.Errorf("byte %d of the greeting being %d: %v", at, value, e.fault)
		}
	}
}

func replaced(b []byte, at int, value byte) []byte {
	b = bytes.Clone(b)
	b[at] = value
	return b
}

func TestMechanismsNeverMix(t *testing.T) {
	t.Parallel()
	keys := testKeys(12)
	for _, p := range []*pair{
		newPairOf(t, testConfig("ann", testKeys(11)), testConfig("bob", nil), &keys.Public),
		newPairOf(t, testConfig("ann", nil), testConfig("bob", keys), nil),
	} {
		p.run()
		p.wantFault(p.dial, FaultMechanism)
		p.wantFault(p.listen, FaultMechanism)
	}
}

// A dialler that expects another key gets nowhere, and neither learns anything.
func TestWrongServerKey(t *testing.T) {
	t.Parallel()
	p := newPairOf(t, testConfig("ann", testKeys(11)), testConfig("bob", testKeys(12)), &testKeys(99).Public)
	p.run()
	p.wantFault(p.listen, FaultBox)
	if p.listen.knocks != 0 || p.dial.conn.Up() {
		t.Error("a handshake with the wrong key went on")
	}
}

// A listener that does not hold the key expected can't answer for it.
func TestImpostorListener(t *testing.T) {
	t.Parallel()
	impostor := &Keys{Public: testKeys(12).Public, Secret: testKeys(98).Secret}
	p := newPairOf(t, testConfig("ann", testKeys(11)), testConfig("bob", impostor), &impostor.Public)
	p.run()
	if p.dial.conn.Up() || p.listen.conn.Up() {
		t.Error("an impostor was believed")
	}
}

// A dialler can't show a public key whose secret it does not hold.
func TestImpostorDialler(t *testing.T) {
	t.Parallel()
	impostor := &Keys{Public: testKeys(11).Public, Secret: testKeys(97).Secret}
	p := newPairOf(t, testConfig("ann", impostor), testConfig("bob", testKeys(12)), &testKeys(12).Public)
	p.run()
	p.wantFault(p.listen, FaultBox)
	if p.listen.knocks != 0 {
		t.Error("an impostor knocked under a key that is not its own")
	}
}

// A peer that is not admitted is told so, and nothing it sends counts.
func TestRefusedAdmission(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		p := newPair(t, curve)
		p.listen.refuse = true
		p.run()
		p.wantFault(p.dial, FaultRefused)
		if got := p.dial.conn.Reason(); got != "400" {
			t.Errorf("reason %q, want 400", got)
		}
		if p.listen.conn.Up() {
			t.Error("the listening end rose")
		}
		p.listen.arrive(p.now, AppendMessage(nil, "JOIN", nil, nil))
		p.wantFault(p.listen, FaultAdmission)
		if len(p.listen.received) != 0 {
			t.Error("a message of a refused peer arrived")
		}
	})
}

// Every single altered byte of a CURVE handshake stops it or changes nothing
// that either end believes.
func TestAlteredHandshake(t *testing.T) {
	t.Parallel()
	total := len(handshakeBytes(t))
	for at := range total {
		p := newPair(t, true)
		alterAt(p, at)
		for _, e := range []*end{p.dial, p.listen} {
			if !e.conn.Up() {
				continue
			}
			if *p.listen.conn.PeerKey() != testKeys(11).Public && e == p.listen {
				t.Fatalf("byte %d altered: the listener believes in another key", at)
			}
			if got := e.conn.PeerIdentity(); got != "ann" && got != "bob" {
				t.Fatalf("byte %d altered: identity %q believed", at, got)
			}
		}
		// Tolerated: the padding of HELLO, and parts of the greeting that mean nothing.
		if p.dial.conn.Up() && p.listen.conn.Up() {
			p.dial.send("JOIN", []byte("net"))
			p.run()
			if len(p.listen.received) != 1 {
				t.Fatalf("byte %d altered: both ends rose and don't understand each other", at)
			}
		}
	}
}

// handshakeBytes is all that the dialling end of a CURVE handshake sends.
func handshakeBytes(t *testing.T) (sent []byte) {
	p := newPair(t, true)
	for len(p.dial.out)+len(p.listen.out) > 0 {
		sent = append(sent, p.dial.out...)
		p.move(p.dial, p.listen)
		p.move(p.listen, p.dial)
	}
	return sent
}

// alterAt runs a handshake in which one byte from the dialling end is altered.
func alterAt(p *pair, at int) {
	for len(p.dial.out)+len(p.listen.out) > 0 {
		if at >= 0 && at < len(p.dial.out) {
			p.dial.out[at] ^= 0x20
		}
		at -= len(p.dial.out)
		p.move(p.dial, p.listen)
		p.move(p.listen, p.dial)
	}
}

// Bytes of an earlier connection are worth nothing on another one.
func TestReplayedHandshake(t *testing.T) {
	t.Parallel()
	recorded := handshakeBytes(t)
	fresh := &end{t: t, conn: Accept(testConfig("bob", testKeys(12)), testEntropy(77), 0)}
	fresh.arrive(0, recorded)
	if fresh.fault != FaultBox || fresh.knocks != 0 {
		t.Errorf("a replayed handshake: fault %v, %d knocks", fresh.fault, fresh.knocks)
	}
}

func TestHandshakeDeadline(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		p := newPair(t, curve)
		start := p.now
		p.move(p.dial, p.listen) // and nothing more
		if got, want := p.listen.conn.Deadline(), start.Add(5*time.Second); got != want {
			t.Errorf("deadline %v, want %v", got, want)
		}
		if _, err := p.listen.conn.Timeout(start.Add(5*time.Second-1), nil); err != nil {
			t.Errorf("an early timeout: %v", err)
		}
		if _, err := p.listen.conn.Timeout(start.Add(5*time.Second), nil); err != FaultHandshake {
			t.Errorf("at the deadline: %v", err)
		}
		if got := p.listen.conn.Deadline(); got != Never {
			t.Errorf("a failed connection waits for %v", got)
		}
	})
}

// Bytes behind a knock in the same read wait for the answer, and count then.
func TestKnockHoldsBackTheRest(t *testing.T) {
	t.Parallel()
	conn := Accept(testConfig("bob", nil), testEntropy(1), 0)
	in := appendGreeting(nil, "NULL")
	in = appendCommand(in, cmdReady, appendMetadata(nil, "DEALER", "ann"))
	in = AppendMessage(in, "JOIN", nil, []byte("net"))
	got, _, err := conn.Receive(0, nil, in)
	if err != nil || got.Kind != Knock {
		t.Fatalf("got %v, %v, want a knock", got.Kind, err)
	}
	in = in[got.N:]
	if got, _, err = conn.Receive(0, nil, in); got.Kind != None || got.N != 0 || err != nil {
		t.Fatalf("before Admit: kind %v, %d bytes used, %v", got.Kind, got.N, err)
	}
	conn.Admit(0, nil, true)
	if got, _, err = conn.Receive(0, nil, in); got.Kind != Message || err != nil {
		t.Fatalf("after Admit: kind %v, %v, want the message", got.Kind, err)
	}
}

// Handshake commands in the wrong state, of the wrong form, or too large.
func TestBadHandshakeCommands(t *testing.T) {
	t.Parallel()
	good := appendMetadata(nil, "DEALER", "ann")
	cases := []struct {
		name  string
		bytes []byte
		want  Fault
	}{
		{"message before READY", AppendMessage(nil, "JOIN", nil, nil), FaultFrame},
		{"unknown command", appendCommand(nil, "HOWDY", good), FaultCommand},
		{"HELLO on NULL", appendCommand(nil, cmdHello, make([]byte, helloBytes)), FaultCommand},
		{"empty command", plainFrame(flagCommand, nil), FaultCommand},
		{"name longer than the frame", plainFrame(flagCommand, []byte{9, 'R'}), FaultCommand},
		{"more than a command may have", appendHeader(nil, flagCommand, handshakeBytesMax+1), FaultTooLarge},
		{"promise of an exabyte", []byte{flagCommand | flagLong, 0x10, 0, 0, 0, 0, 0, 0, 0}, FaultTooLarge},
		{"flags nobody knows", []byte{0x80, 0}, FaultFrame},
		{"a command with more", []byte{flagCommand | flagMore, 0}, FaultFrame},
		{"ERROR without reason", appendCommand(nil, cmdError), FaultCommand},
		{"ERROR", appendCommand(nil, cmdError, []byte("\x03500")), FaultRefused},
		{"no metadata", appendCommand(nil, cmdReady), FaultMetadata},
		{"a SUB", appendCommand(nil, cmdReady, appendMetadata(nil, "SUB", "ann")), FaultSocketType},
		{"identity twice", appendCommand(nil, cmdReady, appendProperty(good, "IDENTITY", "x")), FaultMetadata},
		{"type twice", appendCommand(nil, cmdReady, appendProperty(good, "socket-type", "ROUTER")), FaultMetadata},
		{"identity of 256", appendCommand(nil, cmdReady, appendMetadata(nil, "DEALER", strings.Repeat("x", 256))), FaultMetadata},
		{"nameless property", appendCommand(nil, cmdReady, appendProperty(good, "", "x")), FaultMetadata},
		{"cut property", appendCommand(nil, cmdReady, good[:len(good)-1]), FaultMetadata},
		{"too much metadata", appendCommand(nil, cmdReady, appendProperty(good, "X", strings.Repeat("x", metadataBytesMax))), FaultTooLarge},
	}
	for _, c := range cases {
		e := &end{t: t, conn: Accept(testConfig("bob", nil), testEntropy(1), 0)}
		e.arrive(0, append(appendGreeting(nil, "NULL"), c.bytes...))
		if e.fault != c.want {
			t.Errorf("%s: fault %v, want %v", c.name, e.fault, c.want)
		}
	}
}

// Identities are bytes: odd ones and the longest arrive as they are, and
// unknown properties and either case of a known one pass.
func TestMetadataTolerates(t *testing.T) {
	t.Parallel()
	for _, identity := range []string{"", "\x01\xff\x00", strings.Repeat("\xfe", 255)} {
		in := appendProperty(nil, "X-Hello", "world")
		in = appendProperty(in, "SOCKET-type", "ROUTER")
		in = appendProperty(in, "identity", identity)
		m, err := parseMetadata(in)
		if err != nil || m.identity != identity || m.socketType != "ROUTER" {
			t.Errorf("identity %q: got %q, %q, %v", identity, m.identity, m.socketType, err)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	t.Parallel()
	if err := testConfig("x", nil).Check(); err != nil {
		t.Error(err)
	}
	for _, bad := range []Config{
		{Identity: strings.Repeat("x", 256), PayloadBytesMax: 1},
		{},
		{PayloadBytesMax: 1, HandshakeTimeout: -1},
	} {
		if bad.Check() == nil {
			t.Errorf("%+v passes", bad)
		}
	}
}

// Keys print without their secret.
func TestKeysPrintPublicOnly(t *testing.T) {
	t.Parallel()
	keys := testKeys(1)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		got := fmt.Sprintf(format, keys)
		if !strings.Contains(got, fmt.Sprintf("%x", keys.Public)) || strings.Contains(got, fmt.Sprintf("%x", keys.Secret)) {
			t.Errorf("printed by %s as %q", format, got)
		}
	}
}

// A clone taken at any byte goes on as the original does.
func TestCloneGoesOn(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		p := risen(t, curve)
		p.dial.send("CALL", testBytes(1, 3*KeepBytes))
		conn := p.listen.conn
		wire := p.dial.out
		for at := 0; at < len(wire); at += 9973 {
			clone := &end{t: t, conn: conn.Clone()}
			clone.arrive(0, bytes.Clone(wire[:at]))
			second := &end{t: t, conn: clone.conn.Clone(), in: bytes.Clone(clone.in)}
			second.arrive(0, bytes.Clone(wire[at:]))
			clone.arrive(0, bytes.Clone(wire[at:]))
			if len(clone.received) != 1 || len(second.received) != 1 || clone.received[0] != second.received[0] {
				t.Fatalf("cloned at byte %d: %d and %d messages, faults %v, %v",
					at, len(clone.received), len(second.received), clone.fault, second.fault)
			}
		}
	})
}
