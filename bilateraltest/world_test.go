package bilateraltest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

var echo = bilateralrpc.NewMethod[string, string]("Echo.Say")

// serveEcho has a host answer with what it is asked.
func serveEcho(h *bilateraltest.Host) error {
	return echo.Handle(h.Node(), func(_ context.Context, s string) (string, error) { return h.Name() + " says " + s, nil })
}

// pair makes a world of two hosts, of which a dials b, and of a goroutine.
func pair(run func(ctx context.Context, w *bilateraltest.World)) func(w *bilateraltest.World) {
	return func(w *bilateraltest.World) {
		w.Host("a", serveEcho)
		w.Host("b", serveEcho)
		w.Connect("a", "b")
		w.Go("user", func(ctx context.Context) {
			if err := w.Node("a").WaitFor(ctx, "b"); err != nil {
				panic(err)
			}
			run(ctx, w)
		})
	}
}

var calm = bilateraltest.Options{Seeds: 1, NoFaults: true}

// found returns what Find finds, which has to be something.
func found(t *testing.T, o bilateraltest.Options, setup func(w *bilateraltest.World)) *bilateraltest.Finding {
	t.Helper()
	f := bilateraltest.Find(t, o, setup)
	if f == nil {
		t.Fatal("nothing was found")
	}
	return f
}

func wants(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("want %q in:\n%s", word, text)
		}
	}
}

func TestAFormerLifeReachesNobody(t *testing.T) {
	var trouble []string // of the one run
	say := func(format string, args ...any) { trouble = append(trouble, fmt.Sprintf(format, args...)) }
	lives := 0
	bilateraltest.Run(t, calm, func(w *bilateraltest.World) {
		lives, trouble = 0, nil
		w.Host("a", func(h *bilateraltest.Host) error {
			lives++
			if h.Life() != lives-1 {
				say("life %d calls itself %d", lives-1, h.Life())
			}
			if h.Life() == 1 {
				if kept, err := h.Disk().Read("safe"); err != nil || string(kept) != "synced" {
					say("the disk of life 1 has %q, %v", kept, err)
				}
				return serveEcho(h)
			}
			if err := errors.Join(h.Disk().Write("safe", []byte("synced")), h.Disk().Sync()); err != nil {
				return err
			}
			go func() { // of the first life
				_ = h.Node().WaitFor(h.Context(), "b")
				_, err := echo.One(context.Background(), h.Node(), "b", "wait", bilateralrpc.WithTimeout(time.Minute))
				if !errors.Is(err, bilateralrpc.ErrClosed) || w.Now() > 11*time.Second {
					say("the call that the crash at 10 s ended has %v, at %v", err, w.Now())
				}
				if h.Context().Err() == nil {
					<-h.Context().Done()
				}
				time.Sleep(10 * time.Second) // the next life is there meanwhile
				if err := h.Node().Cast(nil, "Echo.Say", "ghost"); !errors.Is(err, bilateralrpc.ErrClosed) {
					say("a ghost casts: %v", err)
				}
				if err := h.Disk().Write("safe", nil); !errors.Is(err, bilateralrpc.ErrClosed) {
					say("a ghost writes: %v", err)
				}
				if n := h.Node().ConnectionCount(); n != 0 {
					say("a ghost has %d peers", n)
				}
				h.Node().Close()
			}()
			return serveEcho(h)
		})
		w.Host("b", func(h *bilateraltest.Host) error {
			return echo.Handle(h.Node(), func(ctx context.Context, s string) (string, error) {
				if s == "ghost" {
					say("b hears of the ghost")
				}
				<-ctx.Done()
				return "", ctx.Err()
			})
		})
		w.Connect("b", "a")
		w.At(10*time.Second, sim.Crash{Node: "a"})
		w.At(15*time.Second, sim.Restart{Node: "a"})
		w.Finally("a is in its second life", func() error {
			if w.Node("a").ConnectionCount() != 1 {
				return errors.New("it has no peer")
			}
			return nil
		})
	})
	for _, what := range trouble {
		t.Error(what)
	}
	if lives != 2 {
		t.Errorf("%d lives", lives)
	}
}

func TestAlwaysIsLookedAtAfterEveryStep(t *testing.T) {
	f := found(t, bilateraltest.Options{Seeds: 3, NoFaults: true}, func(w *bilateraltest.World) {
		var served atomic.Int64
		w.Host("a", func(h *bilateraltest.Host) error {
			return echo.Handle(h.Node(), func(context.Context, string) (string, error) {
				served.Add(1)
				return "", nil
			})
		})
		w.Host("b", serveEcho)
		w.Connect("a", "b")
		w.Go("user", func(ctx context.Context) {
			if err := w.Node("b").WaitFor(ctx, "a"); err != nil {
				panic(err)
			}
			for range 10 {
				_, _ = echo.One(ctx, w.Node("b"), "a", "x")
			}
		})
		w.Always("a has served fewer than four", func() error {
			if n := served.Load(); n >= 4 {
				return fmt.Errorf("it has served %d", n)
			}
			return nil
		})
	})
	if f.Claim != `Always "a has served fewer than four"` || f.What != "it has served 4" || f.Needed != 0 {
		t.Errorf("found %+v", f)
	}
	wants(t, f.Report, "BILATERAL_SEED=0 go test", "sequenceDiagram", "BILATERAL_SCENARIO=", "bilsim 1", "it has to hold after every step")
}

func TestABatchInWhichSomethingNeverHappensFails(t *testing.T) {
	f := found(t, calm, func(w *bilateraltest.World) {
		w.Host("a", serveEcho)
		w.Reachable("a is rich")
		w.Sometimes("a is old", func() bool { return w.Now() > time.Hour })
		w.Sometimes("a is young", func() bool { return true })
	})
	wants(t, f.Report, `in none of 1 runs: "a is old", "a is rich"`)
	if strings.Contains(f.Report, "young") {
		t.Error(f.Report)
	}
}

func TestADiskLosesWhatIsNotSynced(t *testing.T) {
	kept, torn := map[int]bool{}, 0
	var mu sync.Mutex
	if f := bilateraltest.Find(t, bilateraltest.Options{Seeds: 40}, func(w *bilateraltest.World) {
		w.Host("a", func(h *bilateraltest.Host) error {
			d := h.Disk()
			if h.Life() == 0 {
				err := errors.Join(d.Append("log", []byte("safe|")), d.Sync())
				for range 3 {
					err = errors.Join(err, d.Append("log", []byte("write")))
				}
				return errors.Join(err, d.Write("new", nil), d.Rename("new", "newer"), d.Remove("newer"))
			}
			if _, err := d.Read("newer"); !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			log, err := d.Read("log")
			rest, ok := strings.CutPrefix(string(log), "safe|")
			if !ok || !strings.HasPrefix("writewritewrite", rest) {
				return fmt.Errorf("the log is %q, %v", log, err)
			}
			mu.Lock()
			defer mu.Unlock()
			kept[len(rest)/5] = true
			if len(rest)%5 != 0 {
				torn++
			}
			return nil
		})
		w.At(time.Second, sim.Vanish{Node: "a"})
		w.At(2*time.Second, sim.Restart{Node: "a"})
	}); f != nil {
		t.Fatal(f.Report)
	}
	if len(kept) != 4 || torn == 0 {
		t.Errorf("of three writes there were %v left, and %d were torn", kept, torn)
	}
}

func TestAPausedHostAsksForNothing(t *testing.T) {
	var began, answered time.Duration
	bilateraltest.Run(t, calm, func(w *bilateraltest.World) {
		w.At(20*time.Second, sim.Pause{Node: "a", For: 5 * time.Second})
		pair(func(ctx context.Context, w *bilateraltest.World) {
			time.Sleep(21*time.Second - w.Now())
			began = w.Now()
			if _, err := echo.One(ctx, w.Node("a"), "b", "x", bilateralrpc.WithTimeout(10*time.Second)); err != nil {
				panic(err)
			}
			answered = w.Now()
		})(w)
	})
	if began > 22*time.Second || answered < 25*time.Second {
		t.Errorf("paused from 20 s to 25 s, it asked at %v and was answered at %v", began, answered)
	}
}

// The context of a life ends with it, and with that context calls that the world has yet
// to take: it held them back because the host was paused.
func TestACallIsGivenUpThatADeadHostNeverMade(t *testing.T) {
	var got error
	var ended time.Duration
	bilateraltest.Run(t, calm, func(w *bilateraltest.World) {
		w.Host("b", serveEcho)
		w.Host("a", func(h *bilateraltest.Host) error {
			if h.Life() > 0 {
				return serveEcho(h)
			}
			time.Sleep(11 * time.Second)
			_, got = echo.One(h.Context(), h.Node(), "b", "x", bilateralrpc.WithTimeout(time.Minute))
			ended = w.Now()
			return nil
		})
		w.Connect("a", "b")
		w.At(10*time.Second, sim.Pause{Node: "a", For: 10 * time.Second})
		w.At(15*time.Second, sim.Crash{Node: "a"})
		w.At(30*time.Second, sim.Restart{Node: "a"})
	})
	if !errors.Is(got, bilateralrpc.ErrClosed) || ended.Truncate(time.Millisecond) != 15*time.Second {
		t.Errorf("at %v the call has %v, want %v at 15 s", ended, got, bilateralrpc.ErrClosed)
	}
}

func TestASlowHostTakesItsTime(t *testing.T) {
	var took time.Duration
	bilateraltest.Run(t, calm, func(w *bilateraltest.World) {
		w.At(0, sim.Slow{Node: "b", By: 3 * time.Second})
		pair(func(ctx context.Context, w *bilateraltest.World) {
			began := w.Now()
			if _, err := echo.One(ctx, w.Node("a"), "b", "x", bilateralrpc.WithTimeout(10*time.Second)); err != nil {
				panic(err)
			}
			took = w.Now() - began
		})(w)
	})
	if took < 3*time.Second || took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestFaultsOnRequest(t *testing.T) {
	bilateraltest.Run(t, calm, pair(func(ctx context.Context, w *bilateraltest.World) {
		w.Do(sim.Crash{Node: "b"})
		if w.Node("b").ConnectionCount() != 0 {
			panic("it is crashed, and has peers")
		}
		time.Sleep(time.Second)
		w.Do(sim.Restart{Node: "b"})
		wait, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		if err := w.Node("a").WaitFor(wait, "b"); err != nil {
			panic(err)
		}
		if got, err := echo.One(ctx, w.Node("a"), "b", "hello"); got != "b says hello" || err != nil {
			panic(fmt.Sprint(got, err))
		}
	}))
}

func TestAScenarioIsLoaded(t *testing.T) {
	program := func(text string) func(w *bilateraltest.World) {
		return func(w *bilateraltest.World) {
			w.Host("a", serveEcho)
			w.Host("b", serveEcho)
			w.Connect("a", "b")
			w.Load(text)
		}
	}
	const good = "bilsim 1\nnetwork \"net\" model physical\npeers a b\nat 20s isolate b for 30s\nexpect unlinked a b at 45s\nexpect linked a b within 40s of heal\n"
	bilateraltest.Run(t, calm, program(good))
	f := found(t, calm, program(strings.Replace(good, "unlinked a b at 45s", "unlinked a b at 19s", 1)))
	wants(t, f.Report, "expect unlinked a b at 19s")
}

// A handler whose own timer runs out when its caller stops waiting has two cases ready in a
// select, and a run would not repeat.
func TestADeadlineIsNotAtTheInstantOfAnEqualTimer(t *testing.T) {
	var timers, deadlines atomic.Int64
	bilateraltest.Run(t, calm, func(w *bilateraltest.World) {
		timers.Store(0)
		deadlines.Store(0)
		w.Host("a", serveEcho)
		w.Host("b", func(h *bilateraltest.Host) error {
			return echo.Handle(h.Node(), func(ctx context.Context, _ string) (string, error) {
				own, cancel := context.WithTimeout(h.Context(), time.Second)
				defer cancel()
				select {
				case <-own.Done():
					timers.Add(1)
				case <-ctx.Done():
					deadlines.Add(1)
				}
				return "", nil
			})
		})
		w.Connect("a", "b")
		w.Go("user", func(ctx context.Context) {
			must(w.Node("a").WaitFor(ctx, "b"), nil)
			for range 40 {
				_, _ = echo.One(ctx, w.Node("a"), "b", "x", bilateralrpc.WithTimeout(time.Second))
			}
		})
	})
	if timers.Load() != 40 || deadlines.Load() != 0 {
		t.Errorf("%d timers and %d deadlines came first", timers.Load(), deadlines.Load())
	}
}

// What is not needed for a failure may have put it off.
func TestTheFileOfAFailureSaysWhenItsOwnRunBreaks(t *testing.T) {
	f := found(t, bilateraltest.Options{Seeds: 1}, func(w *bilateraltest.World) {
		pair(func(ctx context.Context, w *bilateraltest.World) {
			time.Sleep(time.Second)
			_, _ = echo.One(ctx, w.Node("a"), "b", "x", bilateralrpc.WithTimeout(time.Minute))
			panic("as ever")
		})(w)
		w.At(100*time.Millisecond, sim.Pause{Node: "b", For: 20 * time.Second})
	})
	if f.Needed != 0 {
		t.Fatalf("found %+v", f)
	}
	s, err := sim.Parse(f.Scenario)
	if err != nil {
		t.Fatal(err)
	}
	wants(t, s.Prose[1], "Program at 1.")
	wants(t, f.Report, s.Prose[1])
}

func TestTheFileOfAFailureHasItsSeed(t *testing.T) {
	f := found(t, bilateraltest.Options{Seeds: 2}, func(w *bilateraltest.World) {
		w.Host("a", serveEcho)
		w.Finally("the seed is not 1", func() error {
			if w.Seed() == 1 {
				return errors.New("it is")
			}
			return nil
		})
	})
	if f.Seed != 1 || f.Needed != 0 {
		t.Errorf("found %+v", f)
	}
	wants(t, f.Scenario, "seed 1", "run 1m settle")
}
