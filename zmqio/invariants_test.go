package zmqio_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Admit is code of the user: it may lock the node, and links may come and go while
// it is asked.
func TestAdmitMayCallTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		links := map[string]core.Link{}
		var d *zmqio.Driver
		var f *fake
		d, f, _ = node(t, zmqio.Config{Node: zmqio.TransportConfig{Admit: func(name, _ string) bool {
			d.ActiveCount() // would deadlock with the lock
			if name == "leaver" {
				f.sink.Lock()
				f.sink.LinkLost(links[name], name, core.CauseLost, nil)
				f.sink.UnlockAndDispatch()
			}
			return name == "friend"
		}}})
		for _, name := range []string{"friend", "stranger", "leaver"} {
			links[name] = f.accept(t, name)
		}
		d.Readmit()
		if got := d.Active(); !slices.Equal(got, []string{"friend"}) {
			t.Errorf("active: %q, want just the friend", got)
		}
		if want := []core.Link{links["stranger"]}; !slices.Equal(f.hungUp, want) {
			t.Errorf("hung up %v, want %v: the leaver's link was gone already", f.hungUp, want)
		}
	})
}

// A frame's payload is overwritten as soon as it was reported, so the node has
// copied it, unless it was told to keep it: then it has not.
func TestPayloadsAreCopiedUnlessTheyAreKept(t *testing.T) {
	const argument, reply = "the argument", "the reply"
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprintf("keep=%v", keep), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				served := make(chan []byte, 1)
				d, f, _ := node(t, zmqio.Config{Handler: func(dst []byte, r *zmqio.Request) ([]byte, error) {
					if string(r.Method) != "A.B" || string(r.Body) != argument {
						t.Errorf("a handler got %s(%s)", r.Method, r.Body)
					}
					served <- r.Body
					return dst, nil
				}})
				link := f.accept(t, "peer")
				report := func(command core.Command, payload []byte) {
					f.sink.Lock()
					f.sink.Frame(link, "peer", []byte(command.String()), payload, keep)
					if !keep {
						clear(payload)
					}
					f.sink.UnlockAndDispatch()
				}
				payload := request(7, "A.B", argument)
				report(core.CALL, payload)
				if kept := isEndOf(payload, <-served); kept != keep {
					t.Errorf("the argument is in the frame's memory: %v, want %v", kept, keep)
				}
				synctest.Wait()
				f.take() // the BACK

				c := d.NewCall()
				c.Method, c.Timeout = "A.B", time.Second
				done := make(chan error)
				go func() { done <- d.Call(t.Context(), c) }()
				synctest.Wait()
				payload = back(parse(t, f.take()[0]).ID, "A.B", "", reply)
				report(core.BACK, payload)
				if err := <-done; err != nil || len(c.Outcomes) != 1 || string(c.Outcomes[0].Body) != reply {
					t.Fatalf("%v, outcomes %+v, want one reply", err, c.Outcomes)
				}
				if kept := isEndOf(payload, c.Outcomes[0].Body); kept != keep {
					t.Errorf("the reply is in the frame's memory: %v, want %v", kept, keep)
				}
			})
		})
	}
}

// isEndOf says whether part is the very memory at the end of all.
func isEndOf(all, part []byte) bool {
	return len(part) > 0 && &all[len(all)-1] == &part[len(part)-1]
}

// countingClock counts what a node does with its clock. Every use of the machine
// asks for the time, and whoever sets the timer asks twice more.
type countingClock struct {
	*clock.Mock
	timers, rings, looks atomic.Int64
}

func (c *countingClock) AfterFunc(d time.Duration, f func()) *clock.Timer {
	c.timers.Add(1)
	return c.Mock.AfterFunc(d, func() {
		c.rings.Add(1)
		f()
	})
}

func (c *countingClock) Since(t time.Time) time.Duration {
	c.looks.Add(1)
	return c.Mock.Since(t)
}

// A node with a peer that falls silent has one timer, and wakes up for the deadlines
// of the protocol: no oftener than once in JOIN_TIME while it waits for the peer, and
// never once it has forgotten it.
func TestAQuietNodeWakesForItsDeadlinesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &countingClock{Mock: clock.NewMock()}
		_, f := nodeWithClock(t, zmqio.Config{}, c)
		f.accept(t, "peer")
		timing := core.DefaultTiming()
		for hour := range 2 {
			c.rings.Store(0)
			c.looks.Store(0)
			c.Add(time.Hour)
			synctest.Wait()
			rings, looks := c.rings.Load(), c.looks.Load()
			if hour == 0 && (rings == 0 || rings > int64(2*timing.Serve/timing.Join) || looks > 3*rings) {
				t.Errorf("the node woke up %d times in two SERVE_TIME and asked for the time %d times, want at least once and at most once in JOIN_TIME, and three times each", rings, looks)
			}
			if hour == 1 && rings+looks != 0 {
				t.Errorf("without a peer, the node woke up %d times and asked for the time %d times", rings, looks)
			}
		}
		if n := c.timers.Load(); n != 1 {
			t.Errorf("the node made %d timers, want 1", n)
		}
	})
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	before := goleak.IgnoreCurrent()
	var callers sync.WaitGroup
	for range 10 {
		logger := slog.New(slog.NewTextHandler(io.Discard, nil))
		d, f := nodeWithClock(t, zmqio.Config{Handler: echo, Node: zmqio.TransportConfig{Logger: logger}}, zmqio.SystemClock())
		link := f.accept(t, "peer")
		for id := range uint32(20) {
			f.frame(link, "peer", core.CALL, request(id+1, "A.B", "x"), false)
			callers.Go(func() {
				c := d.NewCall()
				defer d.Release(c)
				c.Method, c.Timeout = "A.B", time.Millisecond
				_ = d.Call(t.Context(), c) // times out, or ends with the node
			})
		}
		d.Close()
	}
	callers.Wait()
	// The goroutines of callers and of handlers that have returned may be ending.
	goleak.VerifyNone(t, before)
}

// An address that is at fault is told from one that can't be had.
func TestErrorsOfAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _, _ := node(t, zmqio.Config{})
		_, misspelt := d.Listen("fake://misspelt")
		_, taken := d.Listen("fake://taken")
		for what, c := range map[string]struct{ got, want error }{
			"listening at a misspelt one": {misspelt, errMisspelt},
			"listening at a taken one":    {taken, errTaken},
			"connecting to a misspelt":    {d.Connect("x", "fake://misspelt"), errMisspelt},
		} {
			if c.got != c.want {
				t.Errorf("%s: %v, want the carrier's own error %v", what, c.got, c.want)
			}
		}
		want := "bilateralrpc: bad address: write something else"
		if err := d.Connect("x", "fake://bad"); err == nil || err.Error() != want {
			t.Errorf("connecting to a bad one: %v, want %s", err, want)
		}
	})
}

func TestErrorsOfNewSayWhoseTheyAre(t *testing.T) {
	many := make([]zmqio.Transport, 65)
	for what, config := range map[string]zmqio.Config{
		"no name":         {},
		"many transports": {Protocol: core.Config{Name: "node"}, Transports: many},
	} {
		_, err := zmqio.New(config)
		if err == nil || !bytes.HasPrefix([]byte(err.Error()), []byte("bilateralrpc: bad Config: ")) {
			t.Errorf("%s: %v, want an error of bilateralrpc", what, err)
		}
	}
}
