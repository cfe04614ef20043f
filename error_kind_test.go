package bilateralrpc_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// The names stand in dashboards and alerts: they stay what they are.
func TestErrorKinds(t *testing.T) {
	for name, errs := range map[string][]error{
		"":                  {nil},
		"no-reply":          {bilateralrpc.ErrNoReply, fmt.Errorf("%w: %w", bilateralrpc.ErrNoReply, context.DeadlineExceeded)},
		"canceled":          {context.Canceled, fmt.Errorf("%w: %w", bilateralrpc.ErrNoReply, context.Canceled)},
		"deadline-exceeded": {context.DeadlineExceeded},
		"not-connected":     {bilateralrpc.ErrNotConnected, fmt.Errorf("A.B at bob: %w", bilateralrpc.ErrNotConnected)},
		"disconnected":      {bilateralrpc.ErrDisconnected},
		"restarted":         {bilateralrpc.ErrRestarted},
		"unserved":          {bilateralrpc.ErrUnserved},
		"would-block":       {bilateralrpc.ErrWouldBlock},
		"unroutable":        {bilateralrpc.ErrUnroutable},
		"too-large":         {bilateralrpc.ErrTooLarge},
		"closed":            {bilateralrpc.ErrClosed},
		"busy":              {bilateralrpc.ErrBusy},
		"own-name":          {bilateralrpc.ErrOwnName},
		"bad-method":        {bilateralrpc.ErrBadMethod},
		"bad-metadata":      {bilateralrpc.ErrBadMetadata},
		"bad-results":       {bilateralrpc.ErrBadResults},
		"timeout-too-short": {bilateralrpc.ErrTimeoutTooShort},
		"two-timeouts":      {bilateralrpc.ErrTwoTimeouts},
		"quorum":            {&bilateralrpc.QuorumError{Failed: []bilateralrpc.Outcome{{From: "bob", Err: bilateralrpc.ErrNoReply}}}},
		"overloaded":        {bilateralrpc.ErrOverloaded, bilateralrpc.RemoteError("overloaded: too many requests")},
		"reply-dropped":     {bilateralrpc.RemoteError("overloaded: the handler has run, and there was no room for the reply of A.B")},
		"reply-lost":        {bilateralrpc.ErrReplyLost},
		"no-service":        {bilateralrpc.ErrNoService},
		"no-method":         {bilateralrpc.ErrNoMethod, bilateralrpc.RemoteError(`no such method: "A.B"`)},
		"bad-arguments":     {bilateralrpc.ErrBadArguments},
		"panicked":          {bilateralrpc.ErrPanicked},
		"bad-reply":         {bilateralrpc.ErrBadReply},
		"leaving":           {bilateralrpc.ErrLeaving},
		"other": {
			errors.New("no luck"), bilateralrpc.RemoteError("no luck"), bilateralrpc.NewError("no-funds", "no funds"),
			bilateralrpc.NewError("_unheard-of", "a peer may say any code"), bilateralrpc.ErrBadKey,
		},
	} {
		for _, err := range errs {
			if got := bilateralrpc.ErrorKind(err); got != name {
				t.Errorf("%v is %q, want %q", err, got, name)
			}
		}
	}
}
