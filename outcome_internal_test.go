package bilateralrpc

import (
	"errors"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

func TestWhatEachOutcomeIsToAProgram(t *testing.T) {
	for _, c := range []struct {
		outcome zmqio.Outcome
		want    error
	}{
		{zmqio.Outcome{How: core.Replied}, nil},
		{zmqio.Outcome{How: core.Failed, Err: []byte("text")}, RemoteError("text")},
		{zmqio.Outcome{How: core.Unserved}, ErrUnserved},
		{zmqio.Outcome{How: core.Refused, Cause: core.CauseWouldBlock}, ErrWouldBlock},
		{zmqio.Outcome{How: core.Refused, Cause: core.CauseTooLarge}, ErrTooLarge},
		{zmqio.Outcome{How: core.Refused, Cause: core.CauseUnroutable}, ErrUnroutable},
		{zmqio.Outcome{How: core.NotConnected}, ErrNotConnected},
		{zmqio.Outcome{How: core.Restarted}, ErrRestarted},
		{zmqio.Outcome{How: core.Disconnected}, ErrDisconnected},
		{zmqio.Outcome{How: core.Silent}, ErrNoReply},
		{zmqio.Outcome{How: core.Canceled}, ErrNoReply},
		{zmqio.Outcome{How: core.Closed}, ErrClosed},
	} {
		if got := outcomeError(&c.outcome); !errors.Is(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("%v, %v: error %v, want %v", c.outcome.How, c.outcome.Cause, got, c.want)
		}
	}
	if err := outcomeError(&zmqio.Outcome{}); err == nil {
		t.Error("an outcome that does not exist is taken for a reply")
	}
}
