package bilateraltest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

func TestWhatIsLeftBehindIsNamed(t *testing.T) {
	f := found(t, calm, func(w *bilateraltest.World) {
		w.Host("a", func(h *bilateraltest.Host) error {
			go leak()
			return nil
		})
	})
	if f.Claim != "Ends" {
		t.Errorf("found %+v", f)
	}
	wants(t, f.What, "host a, life 0", "bilateraltest_test.leak", "wrong_test.go")
}

func TestFunctionsThatDoNotReturnAreListed(t *testing.T) {
	f := found(t, bilateraltest.Options{Seeds: 1, NoFaults: true, For: time.Second}, func(w *bilateraltest.World) {
		w.Host("a", serveEcho)
		for i := range 17 {
			w.Go(fmt.Sprint("user ", i), func(context.Context) { time.Sleep(time.Hour) })
		}
	})
	if f.Claim != "Ends" {
		t.Errorf("found %+v", f)
	}
	wants(t, f.What, "1m0s after the faults stopped, these functions of Go have not returned:\n  \"user 0\"\n  \"user 1\"\n", "  \"user 7\"\nand 9 more\n")
	if strings.Contains(f.Report, "sequenceDiagram") {
		t.Errorf("nobody has said anything, and there is a diagram:\n%s", f.Report)
	}
}

func leak() { <-make(chan bool) }

func TestALockThatIsHeldAcrossACallIsNamed(t *testing.T) {
	f := found(t, calm, pair(func(ctx context.Context, w *bilateraltest.World) {
		var mu sync.Mutex
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				mu.Lock()
				defer mu.Unlock()
				_, _ = echo.One(ctx, w.Node("a"), "b", "x")
			})
		}
		both.Wait()
	}))
	if f.Claim != "Stuck" {
		t.Errorf("found %+v", f)
	}
	wants(t, f.What, "sync.(*Mutex).Lock", "TestALockThatIsHeldAcrossACallIsNamed")
}

func TestALoopThatNeverWaitsIsNamed(t *testing.T) {
	f := found(t, calm, func(w *bilateraltest.World) {
		w.Host("a", serveEcho)
		w.Go("user", func(ctx context.Context) {
			for ctx.Err() == nil {
				_ = w.Node("a").Cast(nil, "Echo.Say", "x")
			}
		})
	})
	if f.Claim != "Waits" {
		t.Errorf("found %+v", f)
	}
}

func TestARunThatDoesNotRepeatIsToldSo(t *testing.T) {
	ready := make(chan int)
	close(ready)
	for name, choose := range map[string]func() int{
		"select": func() int {
			select {
			case <-ready:
				return 0
			case n := <-func() chan int { c := make(chan int, 1); c <- 1; return c }():
				return n
			}
		},
		"map": func() int {
			for n := range map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true} {
				return n
			}
			return 0
		},
		"rand": func() int { return rand.Intn(1000) },
	} {
		t.Run(name, func(t *testing.T) {
			program := pair(func(ctx context.Context, w *bilateraltest.World) {
				for range 20 {
					_, _ = echo.One(ctx, w.Node("a"), "b", fmt.Sprint(choose()))
				}
			})
			f := found(t, calm, program)
			if f.Claim != "Repeats" {
				t.Errorf("found %+v", f)
			}
			wants(t, f.Report, "nothing was found, but seed 0 does not repeat", "is the first that differs", "a select of which several", "a map is walked", "math/rand")
			f = found(t, calm, func(w *bilateraltest.World) {
				program(w)
				w.Finally("nothing", func() error { return errors.New("as ever") })
			})
			if f.Claim != `Finally "nothing"` || f.Repeats {
				t.Errorf("found %+v", f)
			}
			wants(t, f.Report, "as ever", "does not repeat")
		})
	}
}

func TestWhatAProgramDoesWrongByItself(t *testing.T) {
	for _, test := range []struct {
		want  string
		setup func(w *bilateraltest.World)
	}{
		{"host a, life 0: its function has returned: no way", func(w *bilateraltest.World) {
			w.Host("a", func(*bilateraltest.Host) error { return errors.New("no way") })
		}},
		{"it panicked: oh no", func(w *bilateraltest.World) {
			w.Host("a", func(*bilateraltest.Host) error { panic("oh no") })
		}},
		{`Go "user": it panicked: oh no`, func(w *bilateraltest.World) {
			w.Host("a", serveEcho)
			w.Go("user", func(context.Context) { panic("oh no") })
		}},
		{"these functions of Go have not returned:\n  \"user\"\n", func(w *bilateraltest.World) {
			w.Host("a", serveEcho)
			w.Go("user", func(context.Context) { time.Sleep(time.Hour) })
		}},
		{"may look, but not call", func(w *bilateraltest.World) {
			w.Host("a", serveEcho)
			w.Always("one may cast", func() error { return w.Node("a").Cast(nil, "Echo.Say", "x") })
		}},
	} {
		if f := found(t, calm, test.setup); !strings.Contains(f.What, test.want) {
			t.Errorf("want %q, found %+v", test.want, f)
		}
	}
}

func TestWhatIsWrongWithTheWorldItself(t *testing.T) {
	for want, setup := range map[string]func(w *bilateraltest.World){
		"there is no host":                func(*bilateraltest.World) {},
		`there are two hosts named "a"`:   func(w *bilateraltest.World) { w.Host("a", serveEcho); w.Host("a", serveEcho) },
		`Connect("a", "b"): want`:         func(w *bilateraltest.World) { w.Host("a", serveEcho); w.Connect("a", "b") },
		"it panicked: oops":               func(*bilateraltest.World) { panic("oops") },
		"has left goroutines behind":      func(w *bilateraltest.World) { w.Host("a", serveEcho); go leak() },
		`a peer "z", which is no host`:    func(w *bilateraltest.World) { w.Host("a", serveEcho); w.Load("bilsim 1\npeers z\n") },
		"line 2: nothing is called":       func(w *bilateraltest.World) { w.Host("a", serveEcho); w.Load("bilsim 1\nat 5s nonsense\n") },
		"World.Node before the run":       func(w *bilateraltest.World) { w.Host("a", serveEcho); w.Node("a") },
		`there is no host named "nobody"`: func(w *bilateraltest.World) { w.Host("a", serveEcho); w.Node("nobody") },
	} {
		if f := found(t, calm, setup); f.Claim != "Setup" || !strings.Contains(f.Report, want) {
			t.Errorf("want %q, got %q", want, f.Report)
		}
	}
}
