package zmtpnet

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// lengths are the payloads at which something changes: the header's form, the
// buffers, what changes hands.
var lengths = []int{0, 1, 254, 255, 256, 4096, 32<<10 - 40, 32<<10 - 1, 32 << 10, 65535, 65536, 1 << 20}

// A thousand messages each way at once, of every length, arrive once, in order,
// unaltered.
func TestThousandMessagesEachWay(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		for _, address := range []string{"tcp://127.0.0.1:*", "tcp://[::1]:*", "ipc://" + filepath.Join(t.TempDir(), "s")} {
			a, b := start(t, "a", curve), start(t, "b", curve).listenOn(address)
			ab, ba := a.join(b)
			checkBothWays(t, a, b, ab, ba)
		}
	})
}

func checkBothWays(t *testing.T, a, b *node, ab, ba core.Link) {
	t.Helper()
	const messages = 1000
	done := make(chan bool, 2)
	for _, d := range []struct {
		from *node
		link core.Link
		seed int
	}{{a, ab, 1}, {b, ba, 2}} {
		go func() {
			for i := range messages {
				d.from.send(d.link, core.CALL, testBytes(d.seed+i, lengthOf(i)))
			}
			done <- true
		}()
	}
	for i := range messages {
		b.wantFrame(a.name, core.CALL, testBytes(1+i, lengthOf(i)))
		r := a.wantFrame(b.name, core.CALL, testBytes(2+i, lengthOf(i)))
		if large := lengthOf(i) >= zmqio.KeepBytes; large && !r.keep {
			t.Errorf("a payload of %d bytes was not handed over", lengthOf(i))
		}
	}
	<-done
	<-done
}

// lengthOf is the length of the i-th message: mostly small, each length in turn.
func lengthOf(i int) int {
	if i%10 == 0 {
		return lengths[i/10%len(lengths)]
	}
	return i % 300
}

// A head and a body arrive as one payload, copied or not.
func TestHeadAndBody(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve).listen()
		ab, _ := a.join(b)
		for _, n := range lengths {
			head, body := testBytes(n, 20), testBytes(n+1, n)
			a.Lock()
			err := a.transport.Send(ab, core.BACK, head, body)
			a.UnlockAndDispatch()
			if err != nil {
				t.Fatal(err)
			}
			b.wantFrame(a.name, core.BACK, append(head, body...))
		}
	})
}

// Two connections of one node are two links, each with an end of its own.
func TestConnectionsOfOneKeyAreDistinct(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve).listen()
		first, first2 := a.join(b)
		second, second2 := a.join(b)
		if first2 == second2 {
			t.Fatalf("both links are %v", first2)
		}
		a.send(second, core.TICK, nil)
		if r := b.wantFrame(a.name, core.TICK, nil); r.link != second2 {
			t.Errorf("the frame came on %v, want %v", r.link, second2)
		}
		a.hangUp(first)
		b.wantLost(first2, core.CauseLost)
		b.send(second2, core.TOCK, nil)
		a.wantFrame(b.name, core.TOCK, nil)
		a.wantNothing()
	})
}

// With CURVE a listener names a peer by its key, whatever the peer claims.
func TestNameIsTheKey(t *testing.T) {
	t.Parallel()
	b := start(t, "", true).listen()
	a := start(t, "", true)
	a.transport.engine.Identity = b.name // a lie
	ab := a.dial(b.name, b.bound)
	a.want("up", b.name)
	b.want("up", a.name)
	a.hangUp(ab)
}

// Whoever answers a dial, it is named as it was dialled; in plaintext its own
// claim is not asked for.
func TestDialledNameIsKept(t *testing.T) {
	t.Parallel()
	a, b := start(t, "a", false), start(t, "b", false).listen()
	a.dial("somebody", b.bound)
	a.want("up", "somebody")
}

// What was sent before a hang-up arrives, and the other end hears of the end.
func TestHangUpDelivers(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve).listen()
		for range 20 {
			ab, ba := a.join(b)
			b.send(ba, core.TICK, nil) // unread when a hangs up: no reset may follow
			a.Lock()
			for i := range 50 {
				if err := a.transport.Send(ab, core.CALL, nil, testBytes(i, 20_000)); err != nil {
					t.Fatal(err)
				}
			}
			a.transport.HangUp(ab)
			if err := a.transport.Send(ab, core.CALL, nil, nil); err != zmqio.ErrUnroutable {
				t.Errorf("send after the hang-up: %v", err)
			}
			a.UnlockAndDispatch()
			for i := range 50 {
				b.wantFrame(a.name, core.CALL, testBytes(i, 20_000))
			}
			b.wantLost(ba, core.CauseLost)
			for len(a.reports) > 0 {
				if r := a.next(); r.what != "frame" {
					t.Fatalf("after the hang-up: %v", r)
				}
			}
		}
	})
}

// A node may hang up, send and dial from inside a report.
func TestReactsInsideReports(t *testing.T) {
	t.Parallel()
	a, b := start(t, "a", false), start(t, "b", false).listen()
	b.react = func(r report) {
		switch r.what {
		case "up":
			_ = b.transport.Send(r.link, core.STAY, nil, []byte("hello"))
		case "frame":
			_ = b.transport.Send(r.link, core.PART, nil, nil)
			b.transport.HangUp(r.link)
		}
	}
	ab := a.dial("b", b.bound)
	a.want("up", "b")
	a.wantFrame("b", core.STAY, []byte("hello"))
	a.Lock()
	for range 100 {
		_ = a.transport.Send(ab, core.CALL, nil, nil) // only the first is heard
	}
	a.UnlockAndDispatch()
	a.wantFrame("b", core.PART, nil)
	a.wantLost(ab, core.CauseLost)
}

func TestCloseDeliversWithinLinger(t *testing.T) {
	t.Parallel()
	a, b := start(t, "a", false), start(t, "b", false).listen()
	ab, ba := a.join(b)
	a.Lock()
	for i := range 100 {
		if err := a.transport.Send(ab, core.CALL, nil, testBytes(i, 50_000)); err != nil {
			t.Fatal(err)
		}
	}
	a.mu.Unlock() // and not flushed
	a.close(10 * time.Second)
	for i := range 100 {
		b.wantFrame("a", core.CALL, testBytes(i, 50_000))
	}
	b.wantLost(ba, core.CauseLost)
}

// Close ends dials and handshakes under way, at once.
func TestCloseInTheMiddle(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	a := start(t, "a", true).listen()
	for range 10 {
		a.dial(keyName(&newKeys().Public), addressOf(silent.Addr()))
		conn, err := net.Dial("tcp", strings.TrimPrefix(a.bound, "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	begun := time.Now()
	a.close(time.Hour)
	if took := time.Since(begun); took > patience/2 {
		t.Errorf("closing took %v", took)
	}
	a.wantNothing()
}

// Every way in which a dial can fail is reported once, with its cause.
func TestFailedDials(t *testing.T) {
	t.Parallel()
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := addressOf(unused.Addr())
	unused.Close()
	plain, curve := start(t, "p", false).listen(), start(t, "", true).listen()
	refusing := start(t, "", true, func(c *zmqio.TransportConfig) {
		c.Admit = func(string, string) bool { return false }
	}).listen()
	other := keyName(&newKeys().Public)
	for _, c := range []struct {
		what, name, address string
		curve               bool
		cause               core.Cause
	}{
		{"nobody listens", "x", nobody, false, core.CauseUnreachable},
		{"no such file", "x", "ipc://" + filepath.Join(t.TempDir(), "none"), false, core.CauseUnreachable},
		{"NULL to CURVE", "x", curve.bound, false, core.CauseHandshake},
		{"CURVE to NULL", other, plain.bound, true, core.CauseHandshake},
		{"another key", other, curve.bound, true, core.CauseHandshake},
		{"a name that is no key", "x", curve.bound, true, core.CauseHandshake},
		{"not admitted", refusing.name, refusing.bound, true, core.CauseHandshake},
	} {
		t.Run(c.what, func(t *testing.T) {
			a := start(t, "a", c.curve)
			link := a.dial(c.name, c.address)
			a.wantLost(link, c.cause)
			if err := a.trySend(link, core.CALL, nil); err != zmqio.ErrUnroutable {
				t.Errorf("send on a lost link: %v", err)
			}
		})
	}
	for _, n := range []*node{plain, curve, refusing} {
		n.wantNothing()
	}
}

// Admit is told the name and the IP address.
func TestAdmitIsTold(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		asked := make(chan string, 1)
		b := start(t, "b", curve, func(c *zmqio.TransportConfig) {
			c.Admit = func(name, address string) bool { asked <- name + " at " + address; return true }
		}).listen()
		a := start(t, "a", curve)
		a.join(b)
		if got, want := <-asked, a.name+" at 127.0.0.1"; got != want {
			t.Errorf("asked about %q, want %q", got, want)
		}
	})
}

// Names that no node may have are not admitted, whatever Admit would say.
func TestIllegalNamesAreRefused(t *testing.T) {
	t.Parallel()
	b := start(t, "b", false).listen()
	for _, name := range []string{"", "\x00anonymous"} {
		a := start(t, "a", false)
		a.transport.engine.Identity = name
		a.wantLost(a.dial("b", b.bound), core.CauseHandshake)
	}
	b.wantNothing()
	if n := b.turnedAway.Load(); n != 2 {
		t.Errorf("%d refusals were counted, want 2", n)
	}
}

func TestOddNames(t *testing.T) {
	t.Parallel()
	b := start(t, "b", false).listen()
	for _, name := range []string{"\x01\x00\xff", strings.Repeat("\xfe", 255), "ü"} {
		start(t, name, false).join(b)
	}
}

func TestSendErrors(t *testing.T) {
	t.Parallel()
	a := start(t, "a", false, func(c *zmqio.TransportConfig) { c.PayloadBytesMax = 1000 })
	b := start(t, "b", false).listen()
	ab, _ := a.join(b)
	if err := a.trySend(ab, core.CALL, make([]byte, 1001)); err != zmqio.ErrTooLarge {
		t.Errorf("too large: %v", err)
	}
	if err := a.trySend(core.Link{Half: core.Dialling, N: 99}, core.CALL, nil); err != zmqio.ErrUnroutable {
		t.Errorf("no such link: %v", err)
	}
	b.trySend(core.Link{Half: core.Listening, N: 1}, core.CALL, make([]byte, 2000))
	a.wantLost(ab, core.CauseLost) // what is too large for us ends the link
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for what, alter := range map[string]func(*zmqio.TransportConfig){
		"no name":        func(c *zmqio.TransportConfig) { c.Name = "" },
		"a long name":    func(c *zmqio.TransportConfig) { c.Name = strings.Repeat("x", 256) },
		"foreign secret": func(c *zmqio.TransportConfig) { c.SecretKey = newKeys().Secret },
		"foreign name":   func(c *zmqio.TransportConfig) { c.Name = "x" },
		"no queue":       func(c *zmqio.TransportConfig) { c.SendQueueMax = 0 },
		"no payload":     func(c *zmqio.TransportConfig) { c.PayloadBytesMax = 0 },
	} {
		cfg := testConfig("", newKeys())
		alter(&cfg)
		if transport, err := Transport.Open(&node{t: t}, cfg); err == nil || transport != nil {
			t.Errorf("%s passes", what)
		}
	}
}
