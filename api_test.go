package bilateralrpc_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc"
)

// These tests need no transport. The suites that run over each of them are in
// internal/acceptance.

// No goroutine may be left by any test.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Echo is a service.
type Echo struct{}

// Word is its argument and its reply.
type Word struct{ Text string }

// Say replies with its argument.
func (*Echo) Say(args Word, reply *Word) error {
	*reply = args
	return nil
}

// heard is a row of a call of Echo.Say.
type heard struct {
	From  string
	Reply Word
	Err   error
}

func plaintext(t *testing.T, name string) *bilateralrpc.Bilateral {
	t.Helper()
	b, err := bilateralrpc.New(bilateralrpc.Config{Network: "network", Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestMisuseIsAnErrorAndNeverAPanic(t *testing.T) {
	b := plaintext(t, "n")
	var rows []heard
	var nilRows *[]heard
	var nilArgs *Word
	call := func(args, results any, timeout ...time.Duration) error {
		return b.Call(nil, "Echo.Say", args, results, timeout...)
	}
	type strange struct {
		From  string
		Reply Word
		Extra int
	}
	type unnamed struct {
		From  int
		Reply Word
	}
	for what, c := range map[string]struct{ got, want error }{
		"nil results":         {call(Word{}, nil), bilateralrpc.ErrBadResults},
		"nil results pointer": {call(Word{}, nilRows), bilateralrpc.ErrBadResults},
		"results by value":    {call(Word{}, rows), bilateralrpc.ErrBadResults},
		"results no slice":    {call(Word{}, new(int)), bilateralrpc.ErrBadResults},
		"rows no struct":      {call(Word{}, &[]int{}), bilateralrpc.ErrBadResults},
		"rows with a field":   {call(Word{}, &[]strange{}), bilateralrpc.ErrBadResults},
		"rows of other types": {call(Word{}, &[]unnamed{}), bilateralrpc.ErrBadResults},
		"rows without fields": {call(Word{}, &[]struct{}{}), bilateralrpc.ErrBadResults},
		"nil args":            {call(nil, &rows), bilateralrpc.ErrBadArguments},
		"typed nil args":      {call(nilArgs, &rows), bilateralrpc.ErrBadArguments},
		"args a channel":      {call(make(chan int), &rows), bilateralrpc.ErrBadArguments},
		"args a func":         {call(func() {}, &rows), bilateralrpc.ErrBadArguments},
		"args without fields": {call(struct{ hidden int }{1}, &rows), bilateralrpc.ErrBadArguments},
		"timeout too short":   {call(Word{}, &rows, 199*time.Millisecond), bilateralrpc.ErrTimeoutTooShort},
		"timeout negative":    {call(Word{}, &rows, -1), bilateralrpc.ErrTimeoutTooShort},
		"timeout zero":        {call(Word{}, &rows, 0), nil}, // the default
		"two timeouts":        {call(Word{}, &rows, time.Second, time.Second), bilateralrpc.ErrTwoTimeouts},
		"cast nil":            {b.Cast(nil, "Echo.Say", nil), bilateralrpc.ErrBadArguments},
		"cast typed nil":      {b.Cast(nil, "Echo.Say", nilArgs), bilateralrpc.ErrBadArguments},
		"long method":         {b.Call(nil, strings.Repeat("x", 2000), Word{}, &rows), bilateralrpc.ErrTooLarge},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: error %v, want %v", what, c.got, c.want)
		}
	}
	if _, err := b.CallContext(t.Context(), nil, "Echo.Say", Word{}, &rows,
		bilateralrpc.WithTimeout(time.Second), bilateralrpc.Idempotent(), bilateralrpc.WithTimeout(time.Second)); !errors.Is(err, bilateralrpc.ErrTwoTimeouts) {
		t.Errorf("two timeouts as options: %v", err)
	}
	for what, receiver := range map[string]any{"nil": nil, "no methods": &heard{}, "an int": 1, "a nil pointer": (*Echo)(nil)} {
		if err := b.Register(receiver); err == nil {
			t.Errorf("Register of %s gave no error", what)
		}
	}
	if err := b.Register(&Echo{}); err != nil {
		t.Error(err)
	}
	if err := b.Register(&Echo{}); err == nil {
		t.Error("Register of the same type twice gave no error")
	}
	if err := call(Word{}, &rows, 200*time.Millisecond); err != nil || rows == nil || len(rows) != 0 {
		t.Errorf("with no peers: %#v, %v, want an empty slice and no error", rows, err)
	}
}

func TestWaitPeersEndsWithTheNode(t *testing.T) {
	b := plaintext(t, "x")
	done := make(chan error)
	go func() { done <- b.WaitPeers(t.Context(), 1) }()
	b.Close()
	if err := <-done; !errors.Is(err, bilateralrpc.ErrClosed) {
		t.Errorf("WaitPeers: %v, want ErrClosed", err)
	}
}

func TestConstructorsCheckTheirKeys(t *testing.T) {
	public, private, err := bilateralrpc.NewKeypair()
	other, _, err2 := bilateralrpc.NewKeypair()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if len(public) != 40 || len(private) != 40 || public == private {
		t.Errorf("NewKeypair = %q and %d characters", public, len(private))
	}
	for what, config := range map[string]bilateralrpc.Config{
		"short public key":     {PublicKey: "abc", PrivateKey: private},
		"short private key":    {PublicKey: public, PrivateKey: public[:35]},
		"no private key":       {PublicKey: public},
		"no public key":        {PrivateKey: private},
		"not Z85":              {PublicKey: strings.Repeat("\"", 40), PrivateKey: private},
		"not a pair":           {PublicKey: other, PrivateKey: private},
		"swapped":              {PublicKey: private, PrivateKey: public},
		"bad allowed key":      {PublicKey: public, PrivateKey: private, AllowedKeys: []string{"x"}},
		"allowed in plaintext": {Name: "x", AllowedKeys: []string{public}},
	} {
		b, err := bilateralrpc.New(config)
		if !errors.Is(err, bilateralrpc.ErrBadKey) {
			t.Errorf("%s: error %v, want ErrBadKey", what, err)
		}
		if b != nil {
			b.Close()
		}
		if err != nil && strings.Contains(err.Error(), private) {
			t.Errorf("%s: the error shows the private key", what)
		}
	}
	for what, config := range map[string]bilateralrpc.Config{
		"no name":           {},
		"long name":         {Name: strings.Repeat("x", 256)},
		"long network":      {Name: "x", Network: strings.Repeat("x", 256)},
		"name and key":      {Name: "x", PublicKey: public, PrivateKey: private},
		"no such transport": {Name: "x", Transport: nowhere{bilateralrpc.Memory}},
	} {
		if _, err := bilateralrpc.New(config); err == nil || !strings.HasPrefix(err.Error(), "bilateralrpc: ") {
			t.Errorf("%s: error %v, want one of ours", what, err)
		}
	}
}

// nowhere is a transport that this build lacks.
type nowhere struct{ bilateralrpc.Transport }

func (nowhere) Available() error { return errors.New("bilateralrpc: build with -tags nowhere") }

func TestANodeThatCouldNotBeMadeSaysWhyEverywhere(t *testing.T) {
	for what, b := range map[string]*bilateralrpc.Bilateral{
		"bad keys": bilateralrpc.NewEncrypted("network", "bad", "keys"),
		"no keys":  bilateralrpc.NewEncrypted("network", "", ""),
		"no name":  bilateralrpc.NewPlaintext("network", ""),
	} {
		var rows []heard
		_, contextErr := b.CallContext(t.Context(), nil, "A.B", Word{}, &rows)
		for i, err := range []error{
			b.ListenOn("tcp://127.0.0.1:*"), b.ConnectTo("x", "tcp://127.0.0.1:1"), b.DisconnectFrom("x"),
			b.Register(&Echo{}), b.Call(nil, "A.B", Word{}, &rows), b.Cast(nil, "A.B", Word{}),
			b.WaitPeers(t.Context(), 1), b.SetAllowedKeys(nil), b.Shutdown(t.Context()), contextErr,
		} {
			if err == nil || (what != "no name" && !errors.Is(err, bilateralrpc.ErrBadKey)) {
				t.Errorf("%s: method %d returned %v, want why the node is broken", what, i, err)
			}
		}
		if b.ConnectionCount() != 0 || b.ActiveConnections() != nil || b.Peers() != nil || b.ListenAddresses() != nil || b.Stats() != (bilateralrpc.Stats{}) {
			t.Errorf("%s: a broken node has something to tell", what)
		}
		b.Close()
		b.Close()
	}
}
