package zmqio_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// tally is a slog.Handler that counts lines by their text, and what they say was left out.
type tally struct {
	level   slog.Level
	asked   int // times that Enabled was called
	lines   map[string]int
	leftOut int
	last    map[string]slog.Value // the attributes of the last line
}

func newTally(level slog.Level) *tally { return &tally{level: level, lines: map[string]int{}} }

func (t *tally) Enabled(_ context.Context, l slog.Level) bool {
	t.asked++
	return l >= t.level
}

func (t *tally) WithAttrs([]slog.Attr) slog.Handler { return t }
func (t *tally) WithGroup(string) slog.Handler      { return t }

func (t *tally) Handle(_ context.Context, r slog.Record) error {
	t.lines[r.Message]++
	t.last = map[string]slog.Value{}
	r.Attrs(func(a slog.Attr) bool {
		t.last[a.Key] = a.Value
		if a.Key == "left_out" {
			t.leftOut += int(a.Value.Int64())
		}
		return true
	})
	return nil
}

func (t *tally) all() (n int) {
	for _, lines := range t.lines {
		n += lines
	}
	return n
}

func logTo(h slog.Handler) zmqio.Config {
	return zmqio.Config{Node: zmqio.TransportConfig{Logger: slog.New(h)}}
}

// A peer that comes and goes for ever writes a few lines, and the next one tells how
// many were not written. Other peers are logged as before.
func TestAPeerCantFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTally(slog.LevelInfo)
		_, f, mock := node(t, logTo(out))
		const turns = 5000
		for range turns {
			link := f.acceptFrom(t, "flapper", "10.0.0.1")
			f.sink.Lock()
			f.sink.LinkLost(link, "flapper", core.CauseLost, nil)
			f.sink.UnlockAndDispatch()
		}
		if up, down, lost := out.lines["peer is active"], out.lines["peer is no longer active"], out.lines["connection lost"]; up != 5 || down != 5 || lost != 5 {
			t.Errorf("%d, %d and %d lines for %d connections, want 5 of each kind", up, down, lost, turns)
		}
		if out.asked > 100 {
			t.Errorf("the logger was bothered %d times", out.asked)
		}
		f.accept(t, "other")
		if n := out.lines["peer is active"]; n != 6 {
			t.Error("another peer is not logged")
		}
		mock.Add(10 * time.Second)
		f.acceptFrom(t, "flapper", "10.0.0.1")
		if want := 3*turns - 15; out.leftOut != want {
			t.Errorf("the next line tells of %d lines that were left out, want %d", out.leftOut, want)
		}
		if address := out.last["address"].String(); address != "10.0.0.1" {
			t.Errorf("the line says that the peer is at %q", address)
		}
	})
}

// Who would make a line that won't be written can ask before, and that counts as if it had
// been made.
func TestALineThatIsLeftOutNeedNotBeMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTally(slog.LevelInfo)
		d, _, mock := node(t, logTo(out))
		h := d.Logger().Handler().(interface {
			LeavesOut(peer, text string, level slog.Level) bool
		})
		made := 0
		for range 100 {
			if !h.LeavesOut("caller", "panicked", slog.LevelError) {
				made++
				d.Logger().Error("panicked", "peer", "caller")
			}
		}
		if n := out.lines["panicked"]; made != 5 || n != 5 {
			t.Errorf("%d lines were made, and %d written, want 5", made, n)
		}
		if h.LeavesOut("other", "panicked", slog.LevelError) || h.LeavesOut("caller", "of another kind", slog.LevelError) {
			t.Error("another line is left out")
		}
		mock.Add(10 * time.Second)
		d.Logger().Error("panicked", "peer", "caller")
		if out.leftOut != 95 {
			t.Errorf("the next line tells of %d that were left out, want 95", out.leftOut)
		}
	})
}

// Strangers with ever new names are bounded as a whole, and every line is written or
// told of as left out, at the end at the latest. So are those of the transports.
func TestManyNamesCantFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTally(slog.LevelInfo)
		d, f, mock := node(t, logTo(out))
		const strangers = 20000
		for i := range strangers {
			f.sink.TurnedAway(fmt.Sprint("stranger", i), "", zmqio.ErrRefusedAdmit)
		}
		if n := out.all(); n != 100 {
			t.Errorf("%d lines for %d strangers at once, want 100", n, strangers)
		}
		mock.Add(10 * time.Millisecond)
		f.config.Logger.Warn("a transport's line", "address", "10.0.0.1")
		if n := out.lines["a transport's line"]; n != 1 || out.leftOut != strangers-100 || out.lines["log lines left out"] != 1 {
			t.Errorf("%d lines of the transport, and %d told as left out, want 1 and %d", n, out.leftOut, strangers-100)
		}
		for range 1000 {
			d.Logger().Error("a handler's line", "peer", "caller")
			d.Logger().With("peer", "caller").Error("another line")
			f.sink.TurnedAway("", "", zmqio.ErrRefusedName)
		}
		if n := out.lines["connection turned away"]; n > 105 {
			t.Errorf("%d lines of strangers, want at most 5 of those of whom nothing is known", n)
		}
		d.Close()
		if n := out.lines["a handler's line"] + out.lines["another line"]; n > 10 {
			t.Errorf("%d lines of one peer, want 5 of each kind", n)
		}
		if told := out.all() - out.lines["log lines left out"] + out.leftOut; told != strangers+3001 {
			t.Errorf("%d lines were written or told as left out, want %d", told, strangers+3001)
		}
	})
}

// Peers whose allowances are whole again make room for new ones.
func TestForgottenPeersAreToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTally(slog.LevelInfo)
		d, f, mock := node(t, logTo(out))
		sent := 0
		for minute := range 6 {
			for i := range 1000 {
				for range 6 {
					f.sink.TurnedAway(fmt.Sprint(minute, "-", i), "", zmqio.ErrRefusedAdmit)
					sent++
				}
				mock.Add(50 * time.Millisecond)
			}
			mock.Add(time.Minute)
		}
		if n := out.lines["connection turned away"]; n != 6*1000*5 {
			t.Errorf("%d lines of 6,000 names in six minutes, want 5 of each", n)
		}
		d.Close()
		if n := out.all() - out.lines["log lines left out"] + out.leftOut; n != sent {
			t.Errorf("%d lines were written or told as left out, want %d", n, sent)
		}
	})
}

// What the user does is logged, however often.
func TestTheUsersOwnActionsAreAllLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTally(slog.LevelInfo)
		d, f, _ := node(t, logTo(out))
		for range 50 {
			f.accept(t, "peer")
			if err := d.Disconnect("peer"); err != nil {
				t.Fatal(err)
			}
			f.take()
		}
		if n := out.lines["peer is no longer active"]; n != 50 {
			t.Errorf("%d lines for 50 Disconnects", n)
		}
	})
}

// Lines below the logger's level are neither counted nor told of.
func TestALevelThatIsOffCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTally(slog.LevelError)
		d, f, _ := node(t, logTo(out))
		for range 1000 {
			f.sink.TurnedAway("stranger", "10.0.0.1", zmqio.ErrRefusedAdmit)
		}
		d.Close()
		if out.all() != 0 {
			t.Errorf("%v were logged", out.lines)
		}
	})
}
