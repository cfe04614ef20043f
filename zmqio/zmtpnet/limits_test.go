package zmtpnet

import (
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// rawPeer is the other end of a connection, driven by a test byte by byte.
type rawPeer struct {
	link core.Link // at the node, once it is up
	t    *testing.T
	conn net.Conn
	end  *zmtp.Conn
	in   []byte
}

// rawDial connects to n and says nothing yet.
func rawDial(t *testing.T, n *node) *rawPeer {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(n.Bound, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &rawPeer{t: t, conn: conn}
}

// rawJoin connects to n and does the handshake. What it does after that, and
// whether it reads, is the test's to say.
func rawJoin(t *testing.T, n *node, name string) *rawPeer {
	t.Helper()
	p := rawDial(t, n)
	p.end = zmtp.Dial(&zmtp.Config{Identity: name, PayloadBytesMax: 1 << 20}, nil, entropy(), 0)
	p.write(p.end.Start(nil))
	for !p.end.Up() {
		p.step()
	}
	p.link = n.wantUp(name)
	return p
}

func (p *rawPeer) write(b []byte) {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

// step reads once, writes what the engine answers, and returns a message if one came.
func (p *rawPeer) step() zmtp.Input {
	p.t.Helper()
	got, out, err := p.end.Receive(0, nil, p.in)
	if err != nil {
		p.t.Fatal(err)
	}
	p.in = p.in[got.N:]
	p.write(out)
	if got.Kind == zmtp.None {
		buffer := make([]byte, 1<<16)
		n, err := p.conn.Read(buffer)
		if err != nil {
			p.t.Fatal(err)
		}
		p.in = append(p.in, buffer[:n]...)
	}
	return got
}

// wantClosed checks that the other end closes the connection.
func (p *rawPeer) wantClosed(within time.Duration) {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(within))
	if _, err := io.Copy(io.Discard, p.conn); timedOut(err) {
		p.t.Errorf("not closed within %v", within)
	}
}

// Messages that are not a command and a payload are reported, and the link lives.
func TestMalformedMessages(t *testing.T) {
	t.Parallel()
	b := start(t, "b", false).listen()
	p := rawJoin(t, b, "raw")
	p.write([]byte("\x00\x04JOIN" + "\x01\x04CALL\x01\x01a\x00\x01b" + "\x01\x04TICK\x00\x01x"))
	b.Want(transporttest.Malformed, "raw")
	b.Want(transporttest.Malformed, "raw")
	b.wantFrame("raw", core.TICK, "x")
}

// Rubbish ends the connection at once, before or after the handshake, and
// nobody else notices.
func TestRubbish(t *testing.T) {
	t.Parallel()
	a, b := start(t, "a", false), start(t, "b", false).listen()
	ab, _ := a.join(b)
	p := rawDial(t, b)
	p.write([]byte("GET / HTTP/1.1\r\n\r\n"))
	p.wantClosed(patience)
	p = rawJoin(t, b, "raw")
	p.write([]byte("\xff\xff\xff\xff"))
	p.wantClosed(patience)
	b.Want(transporttest.Lost, "raw")
	a.Send(ab, core.TICK, "")
	b.wantFrame("a", core.TICK, "")
}

// A flood of silent connections neither keeps an honest one out nor holds more
// than the limit.
func TestHalfOpenFlood(t *testing.T) {
	t.Parallel()
	b := start(t, "b", false).listen()
	var flood []*rawPeer
	for range halfOpenMax + 50 {
		flood = append(flood, rawDial(t, b))
	}
	start(t, "a", false).join(b)
	for _, p := range flood[:50] {
		p.wantClosed(patience) // the oldest made room
	}
	h := &b.carrier().listeners[0].waiting
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.links) > halfOpenMax {
		t.Errorf("%d connections are half open, limit %d", len(h.links), halfOpenMax)
	}
}

// Heartbeats go both ways: ours are answered, which keeps an idle link up for
// much longer than its timeout, and theirs are answered too.
func TestHeartbeats(t *testing.T) {
	t.Parallel()
	b := start(t, "b", false, func(c *zmqio.TransportConfig) {
		c.HeartbeatInterval, c.HeartbeatTimeout = 20*time.Millisecond, patience
	}).listen()
	p := rawJoin(t, b, "idle")
	p.write([]byte("\x04\x0a\x04PING\x00\x00abc"))
	buffer := make([]byte, 1<<12)
	var heard []byte
	for pings := 0; pings < 150 || !strings.Contains(string(heard), "\x04\x08\x04PONGabc"); {
		n, err := p.conn.Read(buffer)
		if err != nil {
			t.Fatalf("after %d PINGs: %v", pings, err)
		}
		heard = append(heard, buffer[:n]...)
		for ; pings < strings.Count(string(heard), "\x04PING"); pings++ {
			p.write([]byte("\x04\x05\x04PONG"))
		}
	}
	b.WantNothing()
}

// A peer that has fallen silent is given up, and so is one that announced when
// it would next be heard and was not.
func TestSilenceIsNoticed(t *testing.T) {
	t.Parallel()
	b := start(t, "b", false, func(c *zmqio.TransportConfig) {
		c.HeartbeatInterval, c.HeartbeatTimeout = 20*time.Millisecond, 50*time.Millisecond
	}).listen()
	rawJoin(t, b, "silent")
	if r := b.Want(transporttest.Lost, "silent"); r.Cause != core.CauseHeartbeat {
		t.Errorf("cause %v", r.Cause)
	}
	c := start(t, "c", false, func(c *zmqio.TransportConfig) { c.HeartbeatInterval = 0 }).listen()
	rawJoin(t, c, "late").write([]byte("\x04\x07\x04PING\x00\x01"))
	if r := c.Want(transporttest.Lost, "late"); r.Cause != core.CauseHeartbeat {
		t.Errorf("cause %v", r.Cause)
	}
}

// So is one that is frozen, whatever is sent to it meanwhile: its system takes that.
func TestSilenceIsNoticedWhileWeSend(t *testing.T) {
	t.Parallel()
	b := start(t, "b", false, func(c *zmqio.TransportConfig) {
		c.HeartbeatInterval, c.HeartbeatTimeout = 20*time.Millisecond, 50*time.Millisecond
	}).listen()
	link := rawJoin(t, b, "frozen").link
	for sent := 0; b.TrySend(link, core.TICK, "") == nil; sent++ {
		if sent == 5000 {
			t.Fatal("a trickle of messages keeps a frozen peer")
		}
		time.Sleep(time.Millisecond)
	}
	b.WantLost(link, core.CauseHeartbeat)
}

// A peer that does not read fills its own queue and nobody else's, by count and
// by bytes, and Flush does not block.
func TestPeerThatDoesNotRead(t *testing.T) {
	t.Parallel()
	for what, bound := range map[string]struct{ size, messagesMax int }{
		"messages":    {1000, 500},
		"bytes":       {20_000, 1_000_000},
		"kept bodies": {50_000, 1_000_000},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			const peerMax, nodeMax = 4 << 20, 32 << 20
			budget := zmqio.NewBudget(peerMax, nodeMax)
			b := start(t, "b", false, func(c *zmqio.TransportConfig) {
				c.SendQueueMax, c.Budget = bound.messagesMax, budget
			}).listen()
			a := start(t, "a", false)
			ab, ba := a.join(b)
			rawJoin(t, b, "deaf")
			link := core.Link{Half: core.Listening, N: ba.N + 1}
			if err := b.fill(link, bound.size); err != zmqio.ErrWouldBlock {
				t.Fatalf("a full queue answers %v", err)
			}
			if held := budget.Held(); held > peerMax+zmqio.LinkBytes {
				t.Errorf("%d bytes are counted, of %d for a peer", held, peerMax)
			}
			b.Send(ba, core.TICK, "")
			a.wantFrame("b", core.TICK, "")
			a.Send(ab, core.TICK, "")
			b.wantFrame("a", core.TICK, "")
		})
	}
}

// In the end the link of a peer that does not read is given up.
func TestPeerThatDoesNotReadIsGivenUp(t *testing.T) {
	t.Parallel()
	b := start(t, "b", false)
	b.carrier().writeWait = 300 * time.Millisecond
	b.listen()
	rawJoin(t, b, "deaf")
	link := core.Link{Half: core.Listening, N: 1}
	if err := b.fill(link, 50_000); err != zmqio.ErrWouldBlock && err != zmqio.ErrUnroutable {
		t.Fatalf("a full queue answers %v", err)
	}
	b.WantLost(link, core.CauseLost)
	if err := b.TrySend(link, core.CALL, ""); err != zmqio.ErrUnroutable {
		t.Errorf("send after the loss: %v", err)
	}
}

// fill sends messages of size bytes until one is refused, and says why.
func (n *node) fill(link core.Link, size int) (err error) {
	for begun := time.Now(); err == nil && time.Since(begun) < patience; {
		err = n.TrySend(link, core.CALL, string(make([]byte, size)))
	}
	return err
}

// A peer that pings and does not read costs a bounded queue.
func TestPingFlood(t *testing.T) {
	t.Parallel()
	b := start(t, "b", false)
	b.carrier().writeWait = 300 * time.Millisecond
	b.listen()
	p := rawJoin(t, b, "pinger")
	flood := []byte(strings.Repeat("\x04\x17\x04PING\x00\x000123456789abcdef", 10_000))
	for {
		_ = p.conn.SetWriteDeadline(time.Now().Add(patience))
		if _, err := p.conn.Write(flood); err != nil {
			if timedOut(err) {
				t.Error("the flood was neither read nor cut off")
			}
			break
		}
	}
	b.Want(transporttest.Lost, "pinger")
}

// A read buffer grows with a burst and is small again when the link is idle.
func TestReadBufferShrinks(t *testing.T) {
	t.Parallel()
	in := inbox{buffer: make([]byte, readStart)}
	for range 10 {
		in.end = len(in.buffer)
		in.start = in.end
		in.tidy(in.filled())
	}
	if len(in.buffer) != readMax {
		t.Errorf("after full reads the buffer has %d bytes, want %d", len(in.buffer), readMax)
	}
	for range 20 * shrinkAfter {
		in.end, in.start = 10, 10
		in.tidy(false)
	}
	if len(in.buffer) != readStart {
		t.Errorf("after small reads the buffer has %d bytes, want %d", len(in.buffer), readStart)
	}
	in.resize(readMax)
	in.end = readStart
	if in.shrink(readStart); len(in.buffer) != readMax {
		t.Error("a buffer shrank below what it holds")
	}
}

// Descriptors and goroutines are all given back.
func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 100 {
		a, b := start(t, "a", true), start(t, "b", true).listen()
		a.join(b)
		a.Close(0)
		b.Close(0)
	}
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}
