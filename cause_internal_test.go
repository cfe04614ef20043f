package bilateralrpc

import (
	"errors"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// A cause that is added below and forgotten here would be told as a handshake that failed.
func TestEveryCauseIsKnown(t *testing.T) {
	for c := core.Cause(1); !strings.HasPrefix(c.String(), "cause("); c++ {
		if causes[c] == "" {
			t.Errorf("the cause %v below is none here", c)
		}
	}
}

func TestCausesOfRefusals(t *testing.T) {
	for _, c := range []struct {
		cause core.Cause
		err   error
		want  Cause
	}{
		{0, zmqio.ErrRefusedAdmit, CauseNotAllowed},
		{core.CauseHandshake, zmqio.ErrNotAllowed, CauseNotAllowed},
		{core.CauseHandshake, zmqio.ErrRefusedAdmit, CauseHandshake}, // the other node's answer
		{0, zmqio.ErrRefusedOwnName, CauseBadName},
		{0, zmqio.ErrRefusedBudget, CauseLimit},
		{0, errors.New("no greeting"), CauseHandshake},
	} {
		e := zmqio.PeerEvent{Kind: zmqio.PeerRefused, Cause: c.cause, Err: c.err}
		if got := causeOf(&e); got != c.want {
			t.Errorf("%v, %v: the cause is %s, want %s", c.cause, c.err, got, c.want)
		}
		if err := c.want.explain(c.err); !errors.Is(err, c.err) {
			t.Errorf("%v is lost in %v", c.err, err)
		}
	}
}
