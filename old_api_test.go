package bilateralrpc_test

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
)

// What a program for the original may mention, with the types it may rely on:
// this file is a test by being compiled.
var (
	_ func(string, string) *bilateralrpc.Bilateral         = bilateralrpc.NewPlaintext
	_ func(string, string, string) *bilateralrpc.Bilateral = bilateralrpc.NewEncrypted
	_ func() (string, string, error)                       = bilateralrpc.NewKeypair

	_ interface {
		ActiveConnections() []string
		Call(to []string, method string, args interface{}, results interface{}, optionalTimeout ...time.Duration) error
		Cast(to []string, method string, args interface{}) error
		Close()
		ConnectTo(name string, address string) error
		ConnectionCount() int
		DisconnectFrom(name string) error
		ListenOn(address string) error
		Register(receiver interface{}) error
	} = (*bilateralrpc.Bilateral)(nil)

	_ []string = bilateralrpc.SendToAll

	// SEND_TIMEOUT is a duration and a count: it has no type.
	_ time.Duration = bilateralrpc.SEND_TIMEOUT
	_ int           = bilateralrpc.SEND_TIMEOUT + 1
	_               = [1 + bilateralrpc.SEND_TIMEOUT]struct{}{}
	_               = bilateralrpc.SEND_TIMEOUT + len(bilateralrpc.SendToAll)
)

func TestTheOriginalsConstants(t *testing.T) {
	for what, c := range map[string]struct{ got, want time.Duration }{
		"FIRST_START_TIME":     {bilateralrpc.FIRST_START_TIME, 200 * time.Millisecond},
		"FIRST_JOIN_TIME":      {bilateralrpc.FIRST_JOIN_TIME, 200 * time.Millisecond},
		"JOIN_TIME":            {bilateralrpc.JOIN_TIME, 5 * time.Second},
		"LIVE_TIME":            {bilateralrpc.LIVE_TIME, 30 * time.Second},
		"RETRY_TIME":           {bilateralrpc.RETRY_TIME, time.Minute},
		"SERVE_TIME":           {bilateralrpc.SERVE_TIME, 90 * time.Second},
		"BASE_PART_TIME":       {bilateralrpc.BASE_PART_TIME, 5 * time.Second},
		"RAND_PART_TIME":       {bilateralrpc.RAND_PART_TIME, 20 * time.Millisecond},
		"LINGER_TIME":          {bilateralrpc.LINGER_TIME, 50 * time.Millisecond},
		"SEND_TIMEOUT":         {bilateralrpc.SEND_TIMEOUT, 0},
		"MINIMUM_CALL_TIMEOUT": {bilateralrpc.MINIMUM_CALL_TIMEOUT, 200 * time.Millisecond},
		"DEFAULT_CALL_TIMEOUT": {bilateralrpc.DEFAULT_CALL_TIMEOUT, 2 * time.Second},
	} {
		if c.got != c.want {
			t.Errorf("%s is %v, want %v", what, c.got, c.want)
		}
	}
	const untyped = bilateralrpc.SEND_TIMEOUT
	if got := any(untyped); got != any(0) {
		t.Errorf("SEND_TIMEOUT is a %T, %v, want a constant without a type, 0", got, got)
	}
	const backoff, joins, retries int = bilateralrpc.MAXIMUM_BACKOFF, bilateralrpc.MAXIMUM_JOINS, bilateralrpc.DEFAULT_RETRIES
	if backoff != 7 || joins != 10 || retries != 3 {
		t.Errorf("counts are %d, %d, %d, want 7, 10, 3", backoff, joins, retries)
	}
}

// The constants say what the machine does, which has its own.
func TestTheConstantsAreTheMachinesDefaults(t *testing.T) {
	d := core.DefaultTiming()
	got := core.Timing{
		FirstStart: bilateralrpc.FIRST_START_TIME, FirstJoin: bilateralrpc.FIRST_JOIN_TIME, Join: bilateralrpc.JOIN_TIME,
		Live: bilateralrpc.LIVE_TIME, Retry: bilateralrpc.RETRY_TIME, Serve: bilateralrpc.SERVE_TIME,
		BasePart: bilateralrpc.BASE_PART_TIME, RandPart: bilateralrpc.RAND_PART_TIME,
		JoinsMax: bilateralrpc.MAXIMUM_JOINS, BackoffMax: bilateralrpc.MAXIMUM_BACKOFF,
		// These have no constant.
		Answer: d.Answer, Resume: d.Resume, LimboTick: d.LimboTick, RedialMin: d.RedialMin, RedialMax: d.RedialMax,
	}
	if got != d {
		t.Errorf("the constants say %+v, the machine does %+v", got, d)
	}
}
