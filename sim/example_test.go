package sim_test

import (
	"fmt"
	"strings"
	"testing/fstest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
)

// A world of one's own in ten lines: two peers, a partition, and a call after it.
func Example() {
	w := sim.New(sim.Options{Seed: 7, Latency: sim.Uniform(5*time.Millisecond, 30*time.Millisecond), Checkers: sim.Checkers()})
	if err := w.AddPeers("a", "b"); err != nil {
		fmt.Println(err)
	}
	w.At(0, sim.Connect{From: "a", To: "b"})
	w.At(40*time.Second, sim.Partition{Groups: [][]string{{"a"}, {"b"}}, For: 95 * time.Second})
	w.RunUntil(100 * time.Second)
	fmt.Println("during the partition:", w.Linked("a", "b"))
	w.RunUntil(200 * time.Second)
	c := w.Call("a", sim.Request{Method: "Echo.Ping", Timeout: 5 * time.Second})
	violation := w.RunUntil(210 * time.Second)
	fmt.Println("after it:", w.Linked("a", "b"), c.Row("b").Outcome, violation)
	// Output:
	// during the partition: false
	// after it: true replied <nil>
}

// noCasts is a checker of one's own.
type noCasts struct{}

func (noCasts) Property() sim.Property {
	return sim.Property{ID: "X1", Claim: "Nobody casts in this network."}
}

func (noCasts) Step(_ check.World, s *sim.Step) string {
	for _, a := range s.Actions {
		if a.Kind == core.ActSend && a.Command == core.CAST {
			return s.Node.Name + " casts to " + a.Peer
		}
	}
	return ""
}

func ExampleChecker() {
	w := sim.New(sim.Options{Seed: 1, Checkers: append(sim.Checkers(), noCasts{})})
	_ = w.AddPeers("a", "b")
	w.At(0, sim.Connect{From: "a", To: "b"})
	w.At(2*time.Second, sim.Casting{Node: "b", Request: sim.Request{Method: "Echo.Ping"}})
	v := w.RunUntil(time.Minute)
	fmt.Println(v.Property.Claim)
	fmt.Println(v)
	// Output:
	// Nobody casts in this network.
	// X1 at 2.000000000s: b casts to a
}

// flap is a fault of one's own: it breaks the connection of two peers again and
// again.
type flap struct {
	a, b  string
	times int
}

func (f flap) String() string { return fmt.Sprintf("flap %s - %s %d times", f.a, f.b, f.times) }

func (f flap) Do(w *sim.World) {
	for i := range f.times {
		w.At(w.Now()+time.Duration(i)*time.Second, sim.Break{A: f.a, B: f.b})
	}
}

func ExampleFault() {
	w := sim.New(sim.Options{Seed: 1, Checkers: sim.Checkers()})
	_ = w.AddPeers("a", "b")
	w.At(0, sim.Connect{From: "a", To: "b"})
	w.At(10*time.Second, flap{"a", "b", 20})
	fmt.Println(w.RunUntil(40*time.Second), w.Linked("a", "b"))
	// Output: <nil> true
}

// A fault of frames of one's own: every third TOCK is late.
func ExampleWorld_OnFrame() {
	w := sim.New(sim.Options{Seed: 1, Model: sim.Adversarial, Checkers: sim.Checkers()})
	_ = w.AddPeers("a", "b")
	w.OnFrame(func(f sim.FrameName, fate *sim.Fate) {
		if f.Command == core.TOCK && f.Ordinal%3 == 0 {
			fate.Delay = 10 * time.Second
		}
	})
	w.At(0, sim.Connect{From: "a", To: "b"})
	fmt.Println(w.RunUntil(time.Hour), w.Linked("a", "b"))
	// Output: <nil> true
}

func ExampleParse() {
	s, err := sim.Parse(`
		# One STAY is lost. The client joins again, and is served at once.
		bilsim 1
		model adversarial  peers a b
		at 0s      connect a -> b
		on STAY b->a #1 drop
		expect linked a b within 10s of start`)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := s.Run(sim.RunOptions{})
	fmt.Println(r.Violation, r.Elapsed)
	_, err = sim.Parse("bilsim 1\npeers a b\nat 5 crash a\n")
	fmt.Println(err)
	// Output:
	// <nil> 11s
	// line 3: want a duration such as 40s, at most a hundred years, instead of "5"
}

// A run leaves its world to be looked at: nodes, and calls by their names.
func ExampleResult() {
	s, err := sim.Parse("bilsim 1\npeers a b\nat 0s connect a -> b\nat 2s call a -> b Echo.Ping timeout 5s as k1\n")
	if err != nil {
		fmt.Println(err)
		return
	}
	w := s.Run(sim.RunOptions{}).World
	fmt.Println(w.CallNamed("k1").Row("b").Outcome, w.Node("a").Active("b"))
	// Output: replied true
}

// reporter stands for the *testing.T of a real test.
type reporter struct{}

func (reporter) Helper()                           {}
func (reporter) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (reporter) Fatalf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func ExampleRunFile() {
	files := fstest.MapFS{"mine.sim": {Data: []byte("bilsim 1\npeers a b\nat 0s connect a -> b\nexpect linked a b at 1s\n")}}
	r := sim.RunFile(reporter{}, files, "mine.sim") // in a test: sim.RunFile(t, os.DirFS("testdata"), "mine.sim")
	fmt.Println(r.Violation)
	// Output: <nil>
}

func ExampleSwarm() {
	r := sim.Swarm(42, sim.SwarmOptions{Model: sim.Physical}).Run(sim.RunOptions{})
	again := sim.Swarm(42, sim.SwarmOptions{Model: sim.Physical}).Run(sim.RunOptions{})
	fmt.Println(r.Violation, r.Digest == again.Digest)
	// Output: <nil> true
}

func ExampleFormat() {
	s, err := sim.Parse("bilsim 1\nseed 3 latency 5ms..30ms\npeers b a\nat 90s crash a\n")
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.TrimSpace(sim.Format(s)))
	// Output:
	// bilsim 1
	// network "net" seed 3 model physical
	// latency 5ms..30ms
	// peers b a
	// at 90s crash a
}

func ExampleShrink() {
	s, err := sim.Parse("bilsim 1\npeers a b c\nat 0s connect a -> b\nat 1s connect b -> c\nat 3s cast b -> all Echo.Ping\nat 9s crash c\n")
	if err != nil {
		fmt.Println(err)
		return
	}
	checkers := func() []sim.Checker { return []sim.Checker{noCasts{}} }
	small := sim.Shrink(s.Run(sim.RunOptions{Checkers: checkers}), 500)
	fmt.Print(sim.Format(small))
	// Output:
	// bilsim 1
	// network "net" model physical
	// peers a b
	// at 0s connect a -> b
	// at 3s cast b -> all Echo.Ping
}
