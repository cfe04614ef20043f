package zmtp

import (
	"bytes"
	"testing"
	"time"
)

// end is a Conn with what an owner keeps beside it.
type end struct {
	t      *testing.T
	conn   *Conn
	in     []byte // read and not used yet
	out    []byte // to be written
	fault  error
	knocks int
	refuse bool
	// direct has Space used where it can be.
	direct   bool
	received []received
	bad      int
}

type received struct {
	command, payload string
	keep             bool
}

// pair is two ends of one connection and a clock.
type pair struct {
	t            *testing.T
	now          Instant
	dial, listen *end
	chunk        int // bytes delivered at a time; zero means all
}

func testConfig(identity string, keys *Keys) *Config {
	return &Config{
		Identity: identity, Curve: keys, PayloadBytesMax: 2 << 20,
		HandshakeTimeout: 5 * time.Second, HeartbeatInterval: 4 * time.Second, HeartbeatTimeout: 8 * time.Second,
	}
}

func testEntropy(seed uint64) *Entropy {
	e := Entropy(testBytes(seed, entropyBytes))
	return &e
}

// newPair makes two ends that have exchanged nothing yet.
func newPair(t *testing.T, curve bool) *pair {
	t.Helper()
	var client, server *Keys
	var serverKey *[KeyBytes]byte
	if curve {
		client, server = testKeys(11), testKeys(12)
		serverKey = &server.Public
	}
	return newPairOf(t, testConfig("ann", client), testConfig("bob", server), serverKey)
}

func newPairOf(t *testing.T, client, server *Config, serverKey *[KeyBytes]byte) *pair {
	t.Helper()
	p := &pair{t: t, now: 1000}
	p.dial = &end{t: t, conn: Dial(client, serverKey, testEntropy(13), p.now)}
	p.listen = &end{t: t, conn: Accept(server, testEntropy(14), p.now)}
	for _, e := range []*end{p.dial, p.listen} {
		e.out = e.conn.Start(e.out)
	}
	return p
}

// risen makes two ends whose handshake is done.
func risen(t *testing.T, curve bool) *pair {
	t.Helper()
	p := newPair(t, curve)
	p.run()
	if !p.dial.conn.Up() || !p.listen.conn.Up() {
		t.Fatalf("handshake not done: dial %v, listen %v", p.dial.fault, p.listen.fault)
	}
	return p
}

// run moves bytes both ways until none is left.
func (p *pair) run() {
	for len(p.dial.out)+len(p.listen.out) > 0 {
		p.move(p.dial, p.listen)
		p.move(p.listen, p.dial)
	}
}

func (p *pair) move(from, to *end) {
	bytes := from.out
	from.out = nil
	for len(bytes) > 0 {
		n := len(bytes)
		if p.chunk > 0 {
			n = min(n, p.chunk)
		}
		to.arrive(p.now, bytes[:n])
		bytes = bytes[n:]
	}
}

// arrive is what an owner does with bytes it has read.
func (e *end) arrive(now Instant, read []byte) {
	for e.fault == nil && len(read) > 0 {
		if space := e.conn.Space(); e.direct && space != nil {
			n := copy(space, read)
			read = read[n:]
			e.conn.Filled(n)
		} else {
			e.in, read = append(e.in, read...), nil
		}
		e.consume(now)
	}
}

func (e *end) consume(now Instant) {
	for {
		sealed := e.conn.Up()
		got, out, err := e.conn.Receive(now, nil, e.in)
		if sealed {
			out = e.conn.Sealer().Seal(nil, out, nil)
		}
		e.out = append(e.out, out...)
		if err != nil {
			e.fault = err
			return
		}
		e.note(now, got)
		e.in = e.in[got.N:]
		if got.Kind == None {
			return
		}
	}
}

func (e *end) note(now Instant, got Input) {
	switch got.Kind {
	case Knock:
		e.knocks++
		e.out = e.conn.Admit(now, e.out, !e.refuse)
	case Message:
		e.received = append(e.received, received{string(got.Command.Bytes()), string(got.Payload), got.Keep})
	case Malformed:
		e.bad++
	}
}

// send puts a message on its way.
func (e *end) send(command string, payload []byte) {
	e.sendFrames(AppendMessage(nil, command, nil, payload))
}

// sendFrames puts plain frames on their way.
func (e *end) sendFrames(frames []byte) { e.out = e.conn.Sealer().Seal(e.out, frames, nil) }

// plainFrame is one plain frame, for messages that AppendMessage can't make.
func plainFrame(flags byte, body []byte) []byte {
	return append(appendHeader(nil, flags, len(body)), body...)
}

func (p *pair) wantFault(e *end, want Fault) {
	p.t.Helper()
	if e.fault != want {
		p.t.Errorf("fault is %v, want %v", e.fault, want)
	}
}

// bothMechanisms runs a story with NULL and with CURVE.
func bothMechanisms(t *testing.T, story func(t *testing.T, curve bool)) {
	t.Helper()
	t.Run("null", func(t *testing.T) { t.Parallel(); story(t, false) })
	t.Run("curve", func(t *testing.T) { t.Parallel(); story(t, true) })
}

func samePayload(t *testing.T, got received, command string, payload []byte) {
	t.Helper()
	if got.command != command || !bytes.Equal([]byte(got.payload), payload) {
		t.Errorf("got %q with %d bytes, want %q with %d", got.command, len(got.payload), command, len(payload))
	}
}
