package zmqio_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// lose ends a link of name.
func (f *fake) lose(link core.Link, name string, why error) {
	f.sink.Lock()
	f.sink.LinkLost(link, name, core.CauseLost, why)
	f.sink.UnlockAndDispatch()
}

// next returns the next event as a line; "end" if there is none within no time at all.
func next(t *testing.T, w *zmqio.Watcher) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond) // of a bubble
	defer cancel()
	e, ok := w.Next(ctx)
	if !ok {
		return "end"
	}
	line := fmt.Sprintf("%d %s %s", e.Kind, e.Peer, e.Address)
	if e.Cause != 0 {
		line += " " + e.Cause.String()
	}
	if e.Err != nil {
		line += ": " + e.Err.Error()
	}
	if e.Lost > 0 {
		line += fmt.Sprint(" lost ", e.Lost)
	}
	return line
}

func wantEvents(t *testing.T, w *zmqio.Watcher, want ...string) {
	t.Helper()
	for _, line := range want {
		if got := next(t, w); got != line {
			t.Fatalf("the watcher is told %q, want %q", got, line)
		}
	}
}

func TestAWatcherIsToldOfThePresentAndOfEveryChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, mock := node(t, zmqio.Config{})
		a := f.acceptFrom(t, "a", "10.0.0.1")
		mock.Add(time.Second)
		f.acceptFrom(t, "b", "10.0.0.2")
		w := d.Watch()
		defer w.Close()
		f.acceptFrom(t, "c", "10.0.0.3")
		wantEvents(t, w, "1 a 10.0.0.1", "1 b 10.0.0.2", "1 c 10.0.0.3", "end")
		f.lose(a, "a", errors.New("the cable is out"))
		f.sink.TurnedAway("", "10.0.0.9", zmqio.ErrRefusedName)
		wantEvents(t, w, "2 a  lost: the cable is out", "3  10.0.0.9: it has no name that a node may have", "end")
		f.reach(t, d, mock, "z")
		f.accept(t, "a")
		wantEvents(t, w, "1 z fake://z", "1 a ")
		d.Close()
		for range 4 {
			if got := next(t, w); got[0] != '2' {
				t.Errorf("the end of the node is told as %q, want all peers down", got)
			}
		}
		wantEvents(t, w, "end")
		late := d.Watch()
		defer late.Close()
		wantEvents(t, late, "end")
	})
}

func TestAWatcherIsToldOfDialsThatAreTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, mock := node(t, zmqio.Config{LinksPeerMax: 1, LinksMax: 2})
		w := d.Watch()
		defer w.Close()
		if err := d.Connect("peer", "fake://peer"); err != nil {
			t.Fatal(err)
		}
		mock.Add(time.Second)
		synctest.Wait()
		f.sink.Lock()
		f.sink.LinkLost(f.dials[0], "peer", core.CauseHandshake, errors.New("wrong key"))
		f.sink.UnlockAndDispatch()
		wantEvents(t, w, "3 peer fake://peer handshake-failed: wrong key")
		f.frame(f.upFrom("stranger", "10.0.0.1"), "stranger", core.JOIN, []byte("another network"), false)
		wantEvents(t, w, "3 stranger 10.0.0.1 wrong-network: it belongs to another network")
		f.upFrom("third", "10.0.0.1")
		if got := next(t, w); got != "3 third 10.0.0.1: its address has as many connections as are left free for all others: Limits.LinksMax" {
			t.Errorf("a link beyond the limit is told as %q", got)
		}
	})
}

// history follows what a watcher is told.
type history struct {
	up    map[string]bool
	at    map[string]time.Time
	total int
}

// read takes so many of the events that are there.
func (h *history) read(t *testing.T, w *zmqio.Watcher, most int) {
	t.Helper()
	for range most {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		e, ok := w.Next(ctx)
		cancel()
		if !ok {
			return
		}
		h.total += 1 + e.Lost
		if e.At.Before(h.at[e.Peer]) {
			t.Errorf("%s at %v is told after what was at %v", e.Peer, e.At, h.at[e.Peer])
		}
		if e.Lost == 0 && h.up[e.Peer] == (e.Kind == zmqio.PeerUp) && h.total <= 256 {
			t.Errorf("%s is told %d twice, and nothing was left out", e.Peer, e.Kind)
		}
		h.up[e.Peer], h.at[e.Peer] = e.Kind == zmqio.PeerUp, e.At
	}
}

// A watcher that does not read for as long as it takes knows the last state of every peer
// in the end, and how much it has missed, to the event.
func TestASlowWatcherKnowsTheLastStateOfEveryPeer(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 0))
			d, f, mock := node(t, zmqio.Config{})
			w := d.Watch()
			defer w.Close()
			h := history{up: map[string]bool{}, at: map[string]time.Time{}}
			links, changes := map[string]core.Link{}, 0
			for range 4 {
				for range rng.IntN(900) {
					if rng.IntN(100) == 0 { // a reader that has not given up
						h.read(t, w, 1+rng.IntN(2))
					}
					mock.Add(time.Microsecond)
					name := fmt.Sprint("p", rng.IntN(20))
					if rng.IntN(50) == 0 { // somebody who comes and goes, once
						name = fmt.Sprint("q", changes)
						f.lose(f.accept(t, name), name, nil)
						changes += 2
					} else if link, up := links[name]; up {
						delete(links, name)
						f.lose(link, name, nil)
						changes++
					} else {
						links[name] = f.accept(t, name)
						changes++
					}
				}
				h.read(t, w, math.MaxInt)
				if h.total != changes {
					t.Errorf("seed %d: %d events were told or counted, want %d", seed, h.total, changes)
				}
				for name, up := range h.up {
					if _, is := links[name]; is != up {
						t.Errorf("seed %d: the watcher believes that %s is up: %v", seed, name, up)
					}
				}
				for name := range links {
					if !h.up[name] {
						t.Errorf("seed %d: the watcher does not know %s", seed, name)
					}
				}
			}
		})
	}
}

// Who was gone and is back, unseen, is told to be up: what was known of it may be stale.
func TestASlowWatcherIsToldWhoIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, mock := node(t, zmqio.Config{})
		a := f.accept(t, "a")
		w := d.Watch()
		defer w.Close()
		wantEvents(t, w, "1 a ")
		for range 256 {
			f.sink.TurnedAway("n", "", zmqio.ErrRefusedAdmit)
		}
		mock.Add(time.Second)
		f.lose(a, "a", nil)
		f.accept(t, "a")
		f.sink.TurnedAway("last", "", zmqio.ErrRefusedAdmit)
		for range 256 {
			wantEvents(t, w, "3 n : it is not admitted")
		}
		wantEvents(t, w, "1 a  lost 1", "3 last : it is not admitted", "end")
	})
}

// The end of a burst of refusals is told, though refusals leave nothing behind.
func TestASlowWatcherIsToldOfTheLastRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, _ := node(t, zmqio.Config{})
		w := d.Watch()
		defer w.Close()
		for i := range 1000 {
			f.sink.TurnedAway(fmt.Sprint("n", i), "", zmqio.ErrRefusedAdmit)
		}
		for i := range 256 {
			wantEvents(t, w, fmt.Sprintf("3 n%d : it is not admitted", i))
		}
		wantEvents(t, w, "3 n999 : it is not admitted lost 743", "end")
	})
}

// Readers that come and go, one of which never reads, beside peers that do: for the race
// detector.
func TestWatchersComeAndGo(t *testing.T) {
	d, f := nodeWithClock(t, zmqio.Config{}, zmqio.SystemClock())
	stuck := d.Watch()
	defer stuck.Close()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				ctx, cancel := context.WithCancel(context.Background())
				w := d.Watch()
				for range 5 {
					if _, ok := w.Next(ctx); !ok {
						break
					}
				}
				cancel()
				if _, ok := w.Next(ctx); ok {
					t.Error("a watcher whose context is done is told something")
				}
				w.Close()
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for {
		select {
		case <-done:
			return
		default:
			f.lose(f.accept(t, "peer"), "peer", nil)
			f.sink.TurnedAway("other", "", zmqio.ErrRefusedAdmit)
		}
	}
}

func TestStatusTellsWhereAndSinceWhenAndWhatWentWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, mock := node(t, zmqio.Config{})
		start := mock.Now()
		mock.Add(time.Minute)
		link := f.acceptFrom(t, "a", "10.0.0.1")
		mock.Add(time.Minute)
		s := d.StatusOf("a", "nobody")
		if s[0].From != "10.0.0.1" || !s[0].Since.Equal(start.Add(time.Minute)) || s[0].LastErr != nil || !s[0].Seen {
			t.Errorf("an active peer is %+v", s[0])
		}
		if s[1].Seen || s[1].Name != "nobody" {
			t.Errorf("a peer of which nobody has heard is %+v", s[1])
		}
		why := errors.New("the cable is out")
		f.lose(link, "a", why)
		mock.Add(time.Minute)
		f.acceptFrom(t, "a", "10.0.0.2")
		s = d.Status()
		if s[0].From != "10.0.0.2" || s[0].LastErr != why || !s[0].LastErrAt.Equal(start.Add(2*time.Minute)) || !s[0].Since.Equal(start.Add(3*time.Minute)) {
			t.Errorf("a peer that is back is %+v", s[0])
		}
		if got := d.Inactive([]string{"a", "b"}); !slices.Equal(got, []string{"b"}) {
			t.Errorf("inactive: %q, want b", got)
		}
	})
}

func TestRedialDialsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		barred := false
		d, f, mock := node(t, zmqio.Config{Node: zmqio.TransportConfig{Admit: func(name, _ string) bool { return name != "b" || !barred }}})
		for _, name := range []string{"a", "b"} {
			if err := d.Connect(name, "fake://"+name); err != nil {
				t.Fatal(err)
			}
		}
		mock.Add(3 * time.Hour) // nobody answers
		synctest.Wait()
		mock.Add(time.Minute)
		synctest.Wait()
		waiting := func() (n int) {
			for _, s := range d.Status() {
				if s.Dialling == core.Waiting && s.Backoff > 0 {
					n++
				}
			}
			return n
		}
		for waiting() != 2 {
			mock.Add(10 * time.Second)
			synctest.Wait()
		}
		before := len(f.dials)
		if err := d.Redial("a"); err != nil || !slices.Equal(f.dialled[before:], []string{"a"}) {
			t.Errorf("Redial: %v, and %q were dialled, want a", err, f.dialled[before:])
		}
		before = len(f.dials)
		if err := d.RedialAll(); err != nil || !slices.Equal(f.dialled[before:], []string{"b"}) {
			t.Errorf("RedialAll: %v, and %q were dialled, want b, as a is being dialled", err, f.dialled[before:])
		}
		f.accept(t, "c")
		barred = true
		d.Readmit()
		for name, want := range map[string]error{"c": zmqio.ErrNoPeer, "nobody": zmqio.ErrNoPeer, "b": zmqio.ErrNotAllowed} {
			if err := d.Redial(name); !errors.Is(err, want) {
				t.Errorf("Redial(%s): %v, want %v", name, err, want)
			}
		}
		d.Close()
		if err := errors.Join(d.Redial("a"), d.RedialAll()); !errors.Is(err, zmqio.ErrClosed) {
			t.Errorf("Redial of a closed node: %v", err)
		}
	})
}
