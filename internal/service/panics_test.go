package service_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/service"
)

// line is a line of the log.
type line struct {
	Msg, Method, Stack string
	LeftOut            int `json:"left_out"`
}

// A peer that makes handlers panic writes one stack for each method in 10 s, and the
// next line says how many were left out.
func TestPanicsAreLoggedAtARate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var registry service.Registry
		if err := registry.Register(new(Odd), slog.New(slog.NewJSONHandler(&log, nil))); err != nil {
			t.Fatal(err)
		}
		panics := func(method string, n int) (lines []line) {
			t.Helper()
			log.Reset()
			args := encode(t, "")
			for range n {
				if err := registry.Cast("peer", []byte(method), args, nil); !errors.Is(err, service.ErrPanicked) {
					t.Errorf("%s: error %v, want %v whatever is logged", method, err, service.ErrPanicked)
				}
			}
			for d := json.NewDecoder(&log); d.More(); {
				var l line
				if err := d.Decode(&l); err != nil {
					t.Fatal(err)
				}
				lines = append(lines, l)
			}
			return lines
		}
		want := func(what string, lines []line, n, leftOut int) {
			t.Helper()
			if len(lines) != n || n > 0 && (lines[0].LeftOut != leftOut || lines[0].Stack == "" || lines[0].Msg != "handler panicked") {
				t.Errorf("%s: lines %+v, want %d, with a stack and %d left out", what, lines, n, leftOut)
			}
		}
		want("1,000 at once", panics("Odd.Panics", 1000), 1, 0)
		want("another method", panics("Odd.PanicsNil", 2), 1, 0)
		time.Sleep(10*time.Second - 1)
		want("within 10 s", panics("Odd.Panics", 1), 0, 0)
		time.Sleep(1)
		want("after 10 s", panics("Odd.Panics", 3), 1, 1000)
		time.Sleep(time.Hour)
		want("after an hour", panics("Odd.Panics", 1), 1, 2)
	})
}

// A clock that is set back does not silence the log.
func TestPanicsAreLoggedByTheClockThatIsGiven(t *testing.T) {
	var log bytes.Buffer
	now := time.Unix(1e9, 0)
	registry := service.Registry{Now: func() time.Time { return now }}
	if err := registry.Register(new(Odd), slog.New(slog.NewJSONHandler(&log, nil))); err != nil {
		t.Fatal(err)
	}
	for _, step := range []time.Duration{0, time.Second, 9 * time.Second, -time.Hour} {
		now = now.Add(step)
		_ = registry.Cast("peer", []byte("Odd.Panics"), encode(t, ""), nil)
	}
	if n := bytes.Count(log.Bytes(), []byte("\n")); n != 3 {
		t.Errorf("%d lines, want 3: the first, one after 10 s, one after the clock was set back\n%s", n, log.Bytes())
	}
}
