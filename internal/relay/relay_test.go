package relay_test

import (
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc/internal/relay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 60 * time.Second

// ends returns a relay and both ends of a connection over it.
func ends(t *testing.T) (r *relay.Relay, dialled, accepted net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	r = relay.New(t, listener.Addr().String())
	if dialled, err = net.Dial("tcp", r.Address()[len("tcp://"):]); err == nil {
		accepted, err = listener.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{dialled, accepted} {
		_ = c.SetDeadline(time.Now().Add(patience))
		t.Cleanup(func() { c.Close() })
	}
	return r, dialled, accepted
}

// pass sends text one way and checks that it arrives.
func pass(t *testing.T, from, to net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(from, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != text {
		t.Fatalf("%q arrived, %v, want %q", got, err, text)
	}
}

func TestRelayPassesBytesAndTheEnd(t *testing.T) {
	t.Parallel()
	r, dialled, accepted := ends(t)
	pass(t, dialled, accepted, "there")
	pass(t, accepted, dialled, "back")
	if !r.Wait(1, patience) {
		t.Error("nothing was counted")
	}
	_, _ = io.WriteString(dialled, "last words")
	_ = dialled.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(accepted); string(got) != "last words" || err != nil {
		t.Errorf("%q arrived before the end, %v", got, err)
	}
	pass(t, accepted, dialled, "the other half lives")
}

func TestRelayCuts(t *testing.T) {
	t.Parallel()
	r, dialled, accepted := ends(t)
	pass(t, dialled, accepted, "x")
	r.Cut()
	for _, c := range []net.Conn{dialled, accepted} {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("a connection survives the cut")
		}
	}
}

func TestRelayCutsInTheMiddle(t *testing.T) {
	t.Parallel()
	r, dialled, accepted := ends(t)
	r.CutAfter(3)
	_, _ = io.WriteString(dialled, "12345")
	got, err := io.ReadAll(accepted)
	if len(got) > 3 || "123"[:len(got)] != string(got) || err == nil {
		t.Errorf("%q arrived, %v, want no more than the first 3 bytes, and a reset", got, err)
	}
}

func TestRelayStallsAndResumes(t *testing.T) {
	t.Parallel()
	r, dialled, accepted := ends(t)
	r.Stall()
	_, _ = io.WriteString(dialled, "late")
	_ = accepted.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := accepted.Read(make([]byte, 4)); err == nil {
		t.Errorf("%d bytes passed a stalled relay", n)
	}
	_ = accepted.SetReadDeadline(time.Now().Add(patience))
	r.Resume()
	pass(t, accepted, dialled, "back")
	got := make([]byte, 4)
	if _, err := io.ReadFull(accepted, got); err != nil || string(got) != "late" {
		t.Errorf("%q arrived, %v", got, err)
	}
}

func TestRelayDelays(t *testing.T) {
	t.Parallel()
	r, dialled, accepted := ends(t)
	const delay = 50 * time.Millisecond
	r.Delay(delay)
	begun := time.Now()
	pass(t, dialled, accepted, "slow")
	if took := time.Since(begun); took < delay {
		t.Errorf("it took %v, want at least %v", took, delay)
	}
}
