package fuzz

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// zmtpPayloadMax is small, so that the fuzzer reaches the bound.
const zmtpPayloadMax = 40 << 10

// The first argument's bits choose what is fuzzed.
const (
	zmtpCurve  = 1 << iota // CURVE instead of NULL
	zmtpDial               // the dialling end instead of the listening one
	zmtpRefuse             // knocks are refused
	zmtpRaw                // mid-connection: bytes as they are, instead of frames that are sealed first
	zmtpBeats              // mid-connection: with heartbeats
)

// FuzzZMTPFirstByte feeds anything to an end that has just been made.
func FuzzZMTPFirstByte(f *testing.F) {
	for _, seed := range zmtpSeeds() {
		for flags := range byte(8) {
			f.Add(flags, byte(0), seed)
		}
	}
	f.Fuzz(func(t *testing.T, flags, chunk byte, data []byte) {
		compareFeeds(t, flags, chunk, data, func() *zmtpEnd {
			dial, listen := zmtpEnds(flags)
			if flags&zmtpDial != 0 {
				return dial
			}
			return listen
		})
	})
}

// FuzzZMTPTraffic feeds anything to an end whose handshake is done: raw bytes,
// or whatever frames an authenticated peer can make.
func FuzzZMTPTraffic(f *testing.F) {
	for _, seed := range zmtpTrafficSeeds() {
		for flags := range byte(32) {
			f.Add(flags, byte(7), seed)
		}
	}
	f.Fuzz(func(t *testing.T, flags, chunk byte, data []byte) {
		flags &^= zmtpRefuse
		if flags&zmtpRaw == 0 {
			_, sender := zmtpRisen(t, flags)
			data = sender.Sealer().Seal(nil, wholeFrames(data), nil)
		}
		compareFeeds(t, flags, chunk, data, func() *zmtpEnd {
			end, _ := zmtpRisen(t, flags)
			return end
		})
	})
}

// compareFeeds feeds data at once, in chunks, and in chunks read into Space, and then
// nothing more: the end must come upon the same things each time.
func compareFeeds(t *testing.T, flags, chunk byte, data []byte, fresh func() *zmtpEnd) {
	t.Helper()
	whole := fresh()
	whole.feed(t, bytes.Clone(data), len(data), false)
	whole.wait()
	for _, direct := range []bool{false, true} {
		pieces := fresh()
		pieces.feed(t, bytes.Clone(data), 1+int(chunk)*16, direct)
		pieces.wait()
		if got, want := pieces.String(), whole.String(); got != want {
			t.Errorf("flags %d, chunks of %d, direct %v: came upon\n%s\nbut at once upon\n%s",
				flags, 1+int(chunk)*16, direct, got, want)
		}
	}
}

// zmtpEnd is a connection and what it came upon.
type zmtpEnd struct {
	conn   *zmtp.Conn
	refuse bool
	admit  func(*zmtp.Conn) bool // decides instead of refuse; may be nil
	in     []byte
	out    []byte
	seen   bytes.Buffer
	fault  error
}

func (e *zmtpEnd) String() string {
	return fmt.Sprintf("%swrote %x, fault %v", &e.seen, e.out, e.fault)
}

func (e *zmtpEnd) feed(t *testing.T, data []byte, chunk int, direct bool) {
	t.Helper()
	for len(data) > 0 && e.fault == nil {
		n := min(chunk, len(data))
		if space := e.conn.Space(); direct && space != nil {
			n = copy(space, data[:n])
			e.conn.Filled(n)
		} else {
			e.in = append(e.in, data[:n]...)
		}
		data = data[n:]
		e.consume(t)
	}
}

// wait lets the end's time come, a few times.
func (e *zmtpEnd) wait() {
	const times = 4
	for range times {
		if at := e.conn.Deadline(); e.fault == nil && at != zmtp.Never {
			e.out, e.fault = e.conn.Timeout(at, e.out)
			fmt.Fprintf(&e.seen, "time %d\n", at)
		}
	}
}

func (e *zmtpEnd) consume(t *testing.T) {
	t.Helper()
	for {
		got, out, err := e.conn.Receive(1, e.out, e.in)
		e.out = out
		if err != nil {
			e.fault = err
			return
		}
		if got.N < 0 || got.N > len(e.in) {
			t.Fatalf("used %d of %d bytes", got.N, len(e.in))
		}
		if len(got.Payload) > zmtpPayloadMax {
			t.Fatalf("a payload of %d bytes passed", len(got.Payload))
		}
		e.in = e.in[got.N:]
		switch got.Kind {
		case zmtp.None:
			// Behind a knock that was refused, bytes wait for ever.
			if len(e.in) >= zmtp.BufferBytesMax {
				t.Fatalf("%d bytes are not enough to go on", len(e.in))
			}
			return
		case zmtp.Knock:
			admitted := !e.refuse
			if e.admit != nil {
				admitted = e.admit(e.conn)
			}
			e.out = e.conn.Admit(1, e.out, admitted)
			fmt.Fprintf(&e.seen, "knock %q %s\n", e.conn.PeerIdentity(), e.conn.PeerSocketType())
		default:
			fmt.Fprintf(&e.seen, "%d %q %x\n", got.Kind, got.Command.Bytes(), got.Payload)
		}
	}
}

// zmtpEnds makes both ends of a connection.
func zmtpEnds(flags byte) (dial, listen *zmtpEnd) {
	config := func(key byte) *zmtp.Config {
		c := &zmtp.Config{Identity: string(rune('a' + key)), PayloadBytesMax: zmtpPayloadMax, HandshakeTimeout: time.Second}
		if flags&zmtpCurve != 0 {
			c.Curve = zmtpKeys[key]
		}
		if flags&zmtpBeats != 0 {
			c.HeartbeatInterval, c.HeartbeatTimeout = time.Second, 2*time.Second
		}
		return c
	}
	refuse := flags&zmtpRefuse != 0
	dial = &zmtpEnd{conn: zmtp.Dial(config(0), &zmtpKeys[1].Public, &zmtp.Entropy{1}, 0)}
	listen = &zmtpEnd{conn: zmtp.Accept(config(1), &zmtp.Entropy{2}, 0), refuse: refuse}
	return dial, listen
}

// zmtpKeys are two pairs whose secrets are {1} and {2}.
var zmtpKeys = [2]*zmtp.Keys{zmtpKeyPair(1), zmtpKeyPair(2)}

func zmtpKeyPair(secret byte) *zmtp.Keys {
	k := &zmtp.Keys{Secret: [zmtp.KeyBytes]byte{secret}}
	k.Public = zmtp.PublicKey(&k.Secret)
	return k
}

// zmtpRisen makes the end to fuzz, its handshake done, and gives its peer too.
func zmtpRisen(t *testing.T, flags byte) (*zmtpEnd, *zmtp.Conn) {
	t.Helper()
	pair := zmtpPairs[flags&zmtpCurve|flags&zmtpBeats/zmtpBeats<<1]()
	if flags&zmtpDial != 0 {
		return &zmtpEnd{conn: pair.dial.Clone()}, pair.listen.Clone()
	}
	return &zmtpEnd{conn: pair.listen.Clone()}, pair.dial.Clone()
}

type zmtpPair struct{ dial, listen *zmtp.Conn }

// zmtpPairs are connections that are up, NULL and CURVE, then both with heartbeats:
// made once, since a CURVE handshake takes a hundred times as long as what is fuzzed.
var zmtpPairs = [...]func() zmtpPair{
	sync.OnceValue(zmtpPairOf(0)), sync.OnceValue(zmtpPairOf(zmtpCurve)),
	sync.OnceValue(zmtpPairOf(zmtpBeats)), sync.OnceValue(zmtpPairOf(zmtpBeats | zmtpCurve)),
}

func zmtpPairOf(flags byte) func() zmtpPair {
	return func() zmtpPair {
		dial, listen := zmtpEnds(flags)
		handshake(&testing.T{}, dial, listen)
		if !dial.conn.Up() || !listen.conn.Up() {
			panic(fmt.Sprintf("no handshake: %v, %v", dial.fault, listen.fault))
		}
		return zmtpPair{dial.conn, listen.conn}
	}
}

// handshake moves bytes between two fresh ends until both are silent and
// returns what each of them sent.
func handshake(t *testing.T, dial, listen *zmtpEnd) (dialled, listened []byte) {
	t.Helper()
	dial.out, listen.out = dial.conn.Start(nil), listen.conn.Start(nil)
	for len(dial.out)+len(listen.out) > 0 {
		a, b := dial.out, listen.out
		dialled, listened = append(dialled, a...), append(listened, b...)
		dial.out, listen.out = nil, nil
		listen.feed(t, a, len(a), false)
		dial.feed(t, b, len(b), false)
	}
	return dialled, listened
}

// wholeFrames cuts data into plain frames, as Seal wants them: each takes its
// flags and a length from data, and what there is of a body.
func wholeFrames(data []byte) (frames []byte) {
	for len(data) >= 3 {
		flags, length := data[0]&5, int(data[1])<<8|int(data[2])
		if flags == 5 {
			flags = 4
		}
		data = data[3:]
		body := make([]byte, length)
		data = data[copy(body, data):]
		if length > 255 {
			frames = append(frames, flags|2, 0, 0, 0, 0, 0, 0, byte(length>>8), byte(length))
		} else {
			frames = append(frames, flags, byte(length))
		}
		frames = append(frames, body...)
	}
	return frames
}

// zmtpSeeds are what real ends send, whole and cut.
func zmtpSeeds() (seeds [][]byte) {
	for _, flags := range []byte{0, zmtpCurve, zmtpRefuse, zmtpCurve | zmtpRefuse} {
		dial, listen := zmtpEnds(flags)
		t := &testing.T{}
		a, b := handshake(t, dial, listen)
		if dial.conn.Up() {
			a = dial.conn.Sealer().Seal(a, zmtp.AppendMessage(nil, "JOIN", nil, []byte("net")), nil)
			b = listen.conn.Sealer().Seal(b, zmtp.AppendMessage(nil, "STAY", nil, nil), nil)
		}
		seeds = append(seeds, a, b, a[:70], b[:len(b)-1])
	}
	return seeds
}

// zmtpTrafficSeeds are stretches of frames, plain and as wholeFrames reads them.
func zmtpTrafficSeeds() [][]byte {
	message := zmtp.AppendMessage(nil, "CALL", []byte("head"), []byte("body"))
	return [][]byte{
		message,
		append(bytes.Clone(message), message...),
		zmtp.AppendMessage(nil, "BACK", nil, make([]byte, 300)),
		zmtp.AppendMessage(nil, "BACK", nil, make([]byte, 35000)),
		[]byte("\x04\x0b\x04PING\x00\x10ctx!"),
		[]byte("\x04\x00\x0b\x04PING\x00\x10ctx!\x01\x00\x04TICK\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01"),
		[]byte("\x01\x00\x04CALL\x01\x00\x01x\x00\x00\x01y"),
		[]byte("\x01\x00\x04CALL\x00\x88\x00z"),
		{2, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	}
}
