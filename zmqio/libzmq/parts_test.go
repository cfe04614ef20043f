//go:build cgo && libzmq

package libzmq

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
	zmq "github.com/pebbe/zmq4"
)

func TestTokenIsVerified(t *testing.T) {
	m, key := newMinter(), bytes.Repeat([]byte{7}, tokenKeyBytes)
	token := m.mint(key, 42)
	if len(token) != tokenBytes {
		t.Fatalf("a token of %d bytes, want %d", len(token), tokenBytes)
	}
	got, n, ok := m.verify(token)
	if !ok || n != 42 || !bytes.Equal(got, key) {
		t.Errorf("verify: %x, %d, %v", got, n, ok)
	}
	for i := range token {
		forged := bytes.Clone(token)
		forged[i] ^= 1
		if _, _, ok := m.verify(forged); ok {
			t.Errorf("a token with byte %d changed is valid", i)
		}
	}
	if _, _, ok := newMinter().verify(token); ok {
		t.Error("a token of another node is valid")
	}
	if _, _, ok := m.verify(token[:tokenBytes-1]); ok {
		t.Error("a short token is valid")
	}
}

func TestSweepsFollowAHintAndEnd(t *testing.T) {
	var s schedule
	start := time.Unix(1000, 0)
	if sweep, again := s.next(start); sweep || !again.IsZero() {
		t.Error("a sweep without a hint")
	}
	s.hint(start)
	var at []time.Duration
	for now := start; !now.IsZero(); {
		sweep, again := s.next(now)
		if sweep {
			at = append(at, now.Sub(start))
		}
		if sweep, _ := s.next(now); sweep {
			t.Errorf("two sweeps at %v", now.Sub(start))
		}
		now = again
	}
	if want := []time.Duration{0, time.Second, 2 * time.Second}; len(at) != 3 || at[1] != want[1] || at[2] != want[2] {
		t.Errorf("sweeps at %v, want %v", at, want)
	}
}

func TestNewRejectsBadConfigurations(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"", "1 to 255"}, {strings.Repeat("x", 256), "1 to 255"}, {"\x00x", "the first not zero"},
	} {
		_, err := Transport.Open(nil, transporttest.NewConfig(c.name, nil))
		if err == nil || !strings.HasPrefix(err.Error(), "bilateralrpc: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("name %q: %v", c.name, err)
		}
	}
	curve := transporttest.NewConfig("", transporttest.NewKeys(t))
	curve.Name = "not the key"
	if _, err := Transport.Open(nil, curve); err == nil {
		t.Error("a name that is not the key was taken")
	}
}

func TestListen(t *testing.T) {
	a := start(t, "a", false)
	first, second := a.listen(), a.listen()
	if first == second {
		t.Errorf("two wildcards were both bound to %s", first)
	}
	path := "ipc://" + t.TempDir() + "/s"
	_, taken := a.carrier().Listen(first)
	local, err := a.carrier().Listen("tcp://localhost:0")
	bound, ipcErr := a.carrier().Listen(path)
	if taken == nil || !strings.Contains(taken.Error(), first) {
		t.Errorf("a taken address: %v", taken)
	}
	if err != nil || !strings.HasPrefix(local, "tcp://127.0.0.1:") {
		t.Errorf("localhost: %q, %v", local, err)
	}
	if ipcErr != nil || bound != path {
		t.Errorf("ipc: %q, %v", bound, ipcErr)
	}
	b := start(t, "b", false)
	for _, address := range []string{first, second, strings.Replace(local, "127.0.0.1", "localhost", 1), path} {
		b.Dial("a", address)
		b.Want(transporttest.Up, "a")
	}
}

// A failure of the responder would let everybody in, so that it ends the node.
func TestDeathOfTheResponderIsFatal(t *testing.T) {
	a := start(t, "", true)
	a.listen()
	a.Lock()
	r := a.carrier().listener.responder
	r.socket.zmq.Close()
	r.socket.wake()
	a.UnlockAndDispatch()
	if f := a.Next(); f.Kind != transporttest.Failed || !strings.Contains(f.Payload, zmq.ErrorSocketClosed.Error()) {
		t.Errorf("reported %v %q", f, f.Payload)
	}
}
