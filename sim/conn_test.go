package sim

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// The network's own rules, seen by what arrives.

// arrivals collects the commands that a node receives, with their links.
type arrivals struct {
	node string
	got  []core.Command
	at   []time.Duration
	link []core.Link
}

func (a *arrivals) see(_ *World, s *Step, _ Fault) {
	if s != nil && s.Node.Name == a.node && s.Event.Kind == core.EvFrame {
		a.got, a.at, a.link = append(a.got, s.Event.Command), append(a.at, s.Now), append(a.link, s.Event.Link)
	}
}

// pairWorld is two linked peers, a dialling b, without checkers: what follows
// makes up frames.
func pairWorld(t *testing.T, o Options) (*World, *arrivals) {
	t.Helper()
	o.Seed = 1
	w := New(o)
	if err := w.AddPeers("a", "b"); err != nil {
		t.Fatal(err)
	}
	w.At(0, Connect{From: "a", To: "b"})
	w.RunUntil(time.Second)
	if !w.Linked("a", "b") {
		t.Fatal("not linked after a second")
	}
	in := &arrivals{node: "b"}
	w.Observe(in.see)
	return w, in
}

// say has a send one frame of each command to b, now.
func say(w *World, commands ...core.Command) {
	for _, c := range commands {
		Inject{From: "a", To: "b", Command: c, Count: 1}.Do(w)
	}
}

var said = []core.Command{core.VOID, core.CAST, core.MEET, core.BACK}

func TestFramesOfAConnectionArriveInOrder(t *testing.T) {
	w, in := pairWorld(t, Options{Latency: Uniform(time.Millisecond, 100*time.Millisecond)})
	say(w, said...)
	w.RunUntil(w.Now() + 5*time.Second)
	if !slices.Equal(in.got, said) {
		t.Fatalf("%v arrived, %v was sent", in.got, said)
	}
}

func TestFramesBehindAPartitionArriveLateInOneBurst(t *testing.T) {
	w, in := pairWorld(t, Options{})
	w.At(w.Now(), Partition{Groups: [][]string{{"a"}, {"b"}}, For: 5 * time.Second})
	w.RunUntil(w.Now())
	say(w, said...)
	w.RunUntil(w.Now() + 4*time.Second)
	if len(in.got) > 0 {
		t.Fatalf("%v crossed a partition", in.got)
	}
	w.RunUntil(w.Now() + 2*time.Second)
	if !slices.Equal(in.got, said) || in.at[0] != in.at[3] {
		t.Fatalf("%v arrived at %v", in.got, in.at)
	}
}

func TestABrokenConnectionLosesWhatWasOnItsWay(t *testing.T) {
	w, in := pairWorld(t, Options{Latency: Fixed(100 * time.Millisecond)})
	say(w, core.VOID)
	w.RunUntil(w.Now() + 150*time.Millisecond)
	say(w, core.CAST, core.MEET)
	Break{"a", "b"}.Do(w)
	w.RunUntil(w.Now() + 140*time.Millisecond)
	if !slices.Equal(in.got, []core.Command{core.VOID}) {
		t.Fatalf("%v arrived, where only VOID was through", in.got)
	}
}

func TestWhatArrivesAfterAHangUpKeepsItsLink(t *testing.T) {
	w, in := pairWorld(t, Options{Model: Adversarial})
	w.OnFrame(func(f FrameName, fate *Fate) {
		if f.Command == core.CAST {
			fate.Reorder, fate.Delay = true, 10*time.Second
		}
	})
	w.Cast("a", Request{Method: "Echo.Ping"})
	Break{"a", "b"}.Do(w)
	w.RunUntil(w.Now() + 20*time.Second)
	i := slices.Index(in.got, core.CAST)
	if i < 0 || in.link[i].N != 1 || in.link[i-1].N != 2 {
		t.Fatalf("%v arrived on %v: want the CAST on the first link, after frames on the second", in.got, in.link)
	}
}

func TestASendQueueHasAnEnd(t *testing.T) {
	w, _ := pairWorld(t, Options{Queue: 10})
	w.At(w.Now(), Clog{From: "a", To: "b", For: time.Second})
	w.RunUntil(w.Now())
	for range 11 {
		w.Call("a", Request{To: []string{"b"}, Method: "Echo.Ping", Timeout: 5 * time.Second})
	}
	w.RunUntil(w.Now() + 5*time.Second)
	for i, c := range w.calls.list {
		want := core.Replied
		if i == 10 {
			want = core.Refused
		}
		if c.Rows[0].Outcome != want {
			t.Errorf("call %d: %v, want %v", i+1, c.Rows[0].Outcome, want)
		}
	}
}

func TestAVanishedPeerIsNoticedByItsSilence(t *testing.T) {
	for name, c := range map[string]struct {
		fault Fault
		most  time.Duration
	}{
		"crash":  {Crash{"b"}, 100 * time.Millisecond},
		"vanish": {Vanish{"b"}, 15 * time.Second},
		"pause":  {Pause{Node: "b"}, 15 * time.Second},
		"cut":    {Cut{From: "b", To: "a"}, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := pairWorld(t, Options{Checkers: Checkers()})
			w.At(w.Now(), c.fault)
			if v := w.RunUntil(w.Now() + c.most); v != nil {
				t.Fatal(v)
			}
			if w.Node("a").Active("b") {
				t.Fatalf("still active after %v", c.most)
			}
		})
	}
}

// Heartbeats wait behind a frame that is held back, if a connection keeps the order: what
// is held back for longer than they may be missed ends it.
func TestAFrameHeldBackForLongIsASilence(t *testing.T) {
	for _, c := range []struct {
		name     string
		model    Model
		beat     time.Duration
		hold     func(*World)
		silent   bool
		from, to time.Duration // when the connection ends
	}{
		{"frame", Physical, 0, delayCast(13 * time.Second), true, 12 * time.Second, 12200 * time.Millisecond},
		{"clog", Physical, 0, func(w *World) { Clog{From: "a", To: "b", For: 13 * time.Second}.Do(w) }, true, 12 * time.Second, 12200 * time.Millisecond},
		{"a shorter one", Physical, 0, delayCast(11900 * time.Millisecond), false, 0, 0},
		{"a shorter clog", Physical, 0, func(w *World) { Clog{From: "a", To: "b", For: 11900 * time.Millisecond}.Do(w) }, false, 0, 0},
		{"no heartbeats", Physical, -1, delayCast(13 * time.Second), false, 0, 0},
		{"clog without heartbeats", Physical, -1, func(w *World) { Clog{From: "a", To: "b", For: 13 * time.Second}.Do(w) }, false, 0, 0},
		{"frame of its own", Adversarial, 0, delayCast(13 * time.Second), false, 0, 0},
		{"adversarial clog", Adversarial, 0, func(w *World) { Clog{From: "a", To: "b", For: 13 * time.Second}.Do(w) }, false, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := pairWorld(t, Options{Model: c.model, Heartbeat: c.beat, Latency: Fixed(50 * time.Millisecond), Checkers: Checkers()})
			began, ended := w.Now(), time.Duration(0)
			w.Observe(func(w *World, s *Step, _ Fault) {
				if s != nil && s.Event.Kind == core.EvLinkLost && s.Event.Cause == core.CauseHeartbeat && ended == 0 {
					ended = s.Now - began
				}
			})
			c.hold(w)
			if v := w.RunUntil(began + 20*time.Second); v != nil {
				t.Fatal(v)
			}
			if c.silent != (ended > 0) || ended < c.from || ended > c.to {
				t.Errorf("a connection ended by silence after %v, want that %v, from %v to %v", ended, c.silent, c.from, c.to)
			}
		})
	}
}

// A clog through which heartbeats go on puts off no silence that begins in it.
func TestACutInAClogIsASilenceOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		model Model
		ended time.Duration
	}{{Physical, 12 * time.Second}, {Adversarial, 32 * time.Second}} {
		w, _ := pairWorld(t, Options{Model: c.model, Checkers: Checkers()})
		began, ended := w.Now(), time.Duration(0)
		w.Observe(func(w *World, s *Step, _ Fault) {
			if s != nil && s.Event.Kind == core.EvLinkLost && s.Event.Cause == core.CauseHeartbeat && ended == 0 {
				ended = s.Now - began
			}
		})
		Clog{From: "a", To: "b", For: 60 * time.Second}.Do(w)
		w.At(began+20*time.Second, Cut{From: "a", To: "b", For: 20 * time.Second})
		if v := w.RunUntil(began + 70*time.Second); v != nil {
			t.Fatal(v)
		}
		if ended != c.ended {
			t.Errorf("%v: the connection ended after %v, want %v", c.model, ended, c.ended)
		}
	}
}

// A handshake's bytes wait behind a clog of either way, and go on when it ends.
func TestAHandshakeWaitsBehindAClog(t *testing.T) {
	const latency = 50 * time.Millisecond
	for _, c := range []struct {
		name  string
		model Model
		at    time.Duration // of the clog; the connect is at 1s, the dial at 1.2s
		clog  Clog
		up    time.Duration
	}{
		{"to the dialled end", Physical, 500 * time.Millisecond, Clog{From: "a", To: "b", For: 4 * time.Second}, 4500*time.Millisecond + 2*latency},
		{"to the dialling end", Physical, 500 * time.Millisecond, Clog{From: "b", To: "a", For: 4 * time.Second}, 4500*time.Millisecond + 2*latency},
		{"on its way back", Physical, 1260 * time.Millisecond, Clog{From: "b", To: "a", For: 4 * time.Second}, 5260*time.Millisecond + latency},
		{"too late to meet it", Physical, 1260 * time.Millisecond, Clog{From: "a", To: "b", For: 4 * time.Second}, 1200*time.Millisecond + 2*latency},
		{"adversarial", Adversarial, 500 * time.Millisecond, Clog{From: "a", To: "b", For: 4 * time.Second}, 1200*time.Millisecond + 2*latency},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := New(Options{Seed: 1, Model: c.model, Latency: Fixed(latency), Checkers: Checkers()})
			if err := w.AddPeers("a", "b"); err != nil {
				t.Fatal(err)
			}
			var up time.Duration
			w.Observe(func(w *World, s *Step, _ Fault) {
				if s != nil && s.Event.Kind == core.EvLinkUp && s.Event.Link.Half == core.Dialling && up == 0 {
					up = s.Now
				}
			})
			w.At(c.at, c.clog)
			w.At(time.Second, Connect{From: "a", To: "b", Address: "b"})
			runUntil(t, w, 20*time.Second)
			if up != c.up {
				t.Errorf("the connection came up at %v, want %v", up, c.up)
			}
			if !w.Node("a").Active("b") {
				t.Error("the two have not joined")
			}
		})
	}
}

// A state says of a handshake whether it waits behind a clog: nothing else will go on with it.
func TestAFingerprintTellsAHandshakeThatWaits(t *testing.T) {
	w := New(Options{Seed: 1})
	if err := w.AddPeers("a", "b"); err != nil {
		t.Fatal(err)
	}
	Clog{From: "b", To: "a", For: time.Minute}.Do(w)
	w.At(0, Connect{From: "a", To: "b", Address: "b"})
	w.RunUntil(time.Second)
	c := w.net.conns[len(w.net.conns)-1]
	waits := w.AppendFingerprint(nil)
	if !c.stuck {
		t.Fatal("the newest handshake does not wait")
	}
	if c.stuck = false; bytes.Equal(waits, w.AppendFingerprint(nil)) {
		t.Error("one state, whether it waits or not")
	}
}

// delayCast has a CAST of a held back for that long.
func delayCast(d time.Duration) func(*World) {
	return func(w *World) {
		w.OnFrame(func(f FrameName, fate *Fate) {
			if f.Command == core.CAST {
				fate.Delay = d
			}
		})
		w.Cast("a", Request{Method: "Echo.Ping"})
	}
}

// A node answers by itself that it has no such method, however slow its handlers are.
func TestAMethodThatNobodyHasTakesNoTime(t *testing.T) {
	w, _ := pairWorld(t, Options{Handler: Fixed(3 * time.Second), Latency: Fixed(10 * time.Millisecond), Checkers: Checkers()})
	Slow{Node: "b", By: 5 * time.Second, For: time.Minute}.Do(w)
	none := w.Call("a", Request{To: []string{"b"}, Method: "No.Such", Timeout: time.Second})
	one := w.Call("a", Request{To: []string{"b"}, Method: "Echo.Ping", Timeout: time.Second})
	if v := w.RunUntil(w.Now() + 2*time.Second); v != nil {
		t.Fatal(v)
	}
	if none.Rows[0].Outcome != core.Failed || one.Rows[0].Outcome != core.Silent {
		t.Errorf("a method that nobody has: %v; one that there is: %v; want failed and silent", none.Rows[0].Outcome, one.Rows[0].Outcome)
	}
}

// A connection that leads to nobody has no other end whose heartbeats could stop.
func TestAPauseDuringADialToNobodyIsSurvived(t *testing.T) {
	w := New(Options{Seed: 1, Latency: Fixed(time.Second), Checkers: Checkers()})
	if err := w.AddPeers("a", "b"); err != nil {
		t.Fatal(err)
	}
	w.At(0, Connect{From: "a", To: "b", Address: "nowhere"})
	w.At(300*time.Millisecond, Pause{Node: "a", For: 15 * time.Second})
	runUntil(t, w, time.Minute)
}

func TestAPausedPeerGoesOnWhereItWas(t *testing.T) {
	w, in := pairWorld(t, Options{})
	Pause{Node: "b"}.Do(w)
	say(w, said...)
	w.RunUntil(w.Now() + 3*time.Second)
	if len(in.got) > 0 {
		t.Fatalf("a paused node took in %v", in.got)
	}
	Resume{"b"}.Do(w)
	w.RunUntil(w.Now() + time.Second)
	if !slices.Equal(in.got, said) {
		t.Fatalf("%v arrived, %v was sent", in.got, said)
	}
}

func TestOneFaultLessLeavesTheOthersAsTheyWere(t *testing.T) {
	for seed := range uint64(20) {
		s := Swarm(seed, SwarmOptions{Model: Adversarial})
		s.Settle = false
		none := func() []Checker { return nil }
		all := s.Run(RunOptions{Record: true, Checkers: none})
		if len(all.Taken) == 0 {
			continue
		}
		spared := all.Taken[len(all.Taken)/2]
		fewer := s.Run(RunOptions{Record: true, Checkers: none, Customise: func(w *World) {
			w.OnFrame(func(f FrameName, fate *Fate) {
				if f == spared.Frame {
					*fate = Fate{}
				}
			})
		}})
		decided := map[FrameName]Fate{}
		for _, d := range all.Taken {
			decided[d.Frame] = d.Fate
		}
		for _, d := range fewer.Taken {
			if was, ok := decided[d.Frame]; ok && was != d.Fate {
				t.Fatalf("seed %d: sparing %v changed what befell %v from %v to %v", seed, spared.Frame, d.Frame, was, d.Fate)
			}
		}
	}
}
