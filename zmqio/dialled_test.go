package zmqio_test

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// A line about a connection that failed names the peer, the address and the reason;
// so does the status of the peer, until it is active.
func TestWhyADialFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTally(slog.LevelInfo)
		d, f, mock := node(t, logTo(out))
		if err := d.Connect("peer", "fake://peer"); err != nil {
			t.Fatal(err)
		}
		failures := []struct {
			cause core.Cause
			why   error
			want  string
		}{
			{core.CauseUnreachable, errors.New("nobody is there"), "nobody is there"},
			{core.CauseHandshake, nil, "handshake failed"},
		}
		for i, c := range failures {
			for len(f.dials) == i {
				mock.Add(time.Second)
				synctest.Wait()
			}
			f.sink.Lock()
			f.sink.LinkLost(f.dials[i], "peer", c.cause, c.why)
			f.sink.UnlockAndDispatch()
			if s := d.Status()[0]; s.Err == nil || s.Err.Error() != c.want || s.Address != "fake://peer" {
				t.Errorf("the status is %+v with the error %v, want %q", s, s.Err, c.want)
			}
			if out.last["peer"].String() != "peer" || out.last["address"].String() != "fake://peer" || out.last["cause"].String() != c.cause.String() {
				t.Errorf("the line is %v", out.last)
			}
		}
		f.sink.TurnedAway("peer", "10.0.0.1", zmqio.ErrRefusedAdmit)
		if err := d.Status()[0].Err; !errors.Is(err, zmqio.ErrRefusedAdmit) {
			t.Errorf("a peer that was turned away has the error %v", err)
		}
		link := f.answer(t, mock, "peer")
		if err := d.Status()[0].Err; err != nil {
			t.Errorf("an active peer has the error %v", err)
		}
		f.frame(link, "peer", core.PART, nil, false)
		if err := d.Status()[0].Err; err == nil {
			t.Error("a peer that has parted has no error")
		}
	})
}
