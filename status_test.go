package bilateralrpc_test

import (
	"errors"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/bitmark-inc/bilateralrpc"
)

func TestStatusTellsWhatTheNodeIs(t *testing.T) {
	mock := clock.NewMock()
	mock.Set(time.Date(2020, 2, 29, 12, 0, 0, 0, time.UTC))
	plain := memoryNode(t, bilateralrpc.Config{Name: "plain", Network: "home", Clock: mock, Transport: bilateralrpc.Memory}, "status")
	s := plain.Status()
	if s.Name != "plain" || s.Network != "home" || s.Encrypted || s.Transport != "memory" || len(s.Addresses) != 1 ||
		s.Addresses[0] != "inproc://status" || !s.Time.Equal(mock.Now()) || s.Err != nil {
		t.Errorf("a plaintext node: %+v", s)
	}
	plain.Close()
	if s := plain.Status(); !errors.Is(s.Err, bilateralrpc.ErrClosed) || s.Name != "plain" {
		t.Errorf("a closed node: %+v", s)
	}

	public, private, err := bilateralrpc.NewKeypair()
	if err != nil {
		t.Fatal(err)
	}
	sealed := memoryNode(t, bilateralrpc.Config{PublicKey: public, PrivateKey: private,
		Alias: func(string) string { return "home" }}, "")
	if s := sealed.Status(); s.Name != public || !s.Encrypted || s.Transport != "zmtp" || s.Time.IsZero() {
		t.Errorf("a node with keys: %+v", s)
	}
	if got, want := sealed.Called(public), "home ("+public[:8]+"...)"; got != want {
		t.Errorf("Called: %q, want %q", got, want)
	}
	if s := bilateralrpc.NewPlaintext("network", "").Status(); s.Err == nil || errors.Is(s.Err, bilateralrpc.ErrClosed) {
		t.Errorf("a node that was never made: %+v", s)
	}
}
