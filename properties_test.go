package bilateralrpc_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest/rapidsim"
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// The properties P1 to P22 and L1 to L5 (docs/SIMULATION.md), each over worlds
// that rapid draws. What it finds is written down as a scenario, shrunk by the
// world itself: a file means the same after the code changes, rapid's own fail
// files don't.

func TestEveryPropertyHoldsInEveryWorld(t *testing.T) {
	checkers := map[string]func() sim.Checker{}
	for i, c := range sim.Checkers() {
		checkers[c.Property().ID] = func() sim.Checker { return sim.Checkers()[i] }
	}
	for _, p := range sim.Properties() {
		t.Run(p.ID+" "+strings.TrimSuffix(p.Claim, "."), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := drawScenario(t)
				only := func() []sim.Checker {
					if c, ok := checkers[p.ID]; ok {
						return []sim.Checker{c()}
					}
					return nil // the others are the world's own
				}
				if r := s.Run(sim.RunOptions{Checkers: only, NoDigest: true}); r.Violation != nil {
					t.Fatal(keep(r))
				}
			})
		})
	}
}

// drawScenario draws a swarm scenario, and a few faults of frames by name.
func drawScenario(t *rapid.T) *sim.Scenario {
	o := sim.SwarmOptions{Model: sim.Model(rapid.IntRange(0, 1).Draw(t, "model")), Peers: rapid.IntRange(2, 5).Draw(t, "peers")}
	s := sim.Swarm(rapid.Uint64().Draw(t, "seed"), o)
	s.Rates = sim.Rates{}
	name := rapid.SampledFrom(s.Peers)
	for range rapid.IntRange(0, 8).Draw(t, "faults") {
		n := uint32(rapid.IntRange(1, 6).Draw(t, "ordinal"))
		r := &sim.FrameRule{
			Command: core.Command(rapid.IntRange(int(core.JOIN), int(core.VOID)).Draw(t, "command")),
			From:    name.Draw(t, "from").Name, To: name.Draw(t, "to").Name, First: n, Last: n, Maybe: true,
		}
		if r.From == r.To {
			continue
		}
		f := &r.Fate
		switch f.Delay = time.Duration(rapid.IntRange(0, 2000).Draw(t, "late")) * time.Millisecond; rapid.IntRange(0, 5).Draw(t, "fate") {
		case 0:
			f.Break = true
		case 1:
			f.Refuse = true
		case 2:
			f.Drop = o.Model == sim.Adversarial
		case 3:
			f.Reorder = o.Model == sim.Adversarial
		case 4:
			if o.Model == sim.Adversarial {
				f.Copies = 1
			}
		}
		if *f != (sim.Fate{}) {
			s.Lines = append(s.Lines, sim.Line{Rule: r})
		}
	}
	return s
}

// keep writes the smallest scenario that shows a violation to a file, and
// returns what to tell the reader.
func keep(r *sim.Result) string {
	small := sim.Shrink(r, 500)
	file := filepath.Join(os.TempDir(), fmt.Sprintf("bilateralrpc-%s-%d.sim", r.Violation.Property.ID, r.Scenario.Seed))
	note := "a counterexample is in " + file + ": once it is fixed, keep it in testdata/scenario"
	if err := os.WriteFile(file, []byte(sim.Format(small)), 0o600); err != nil {
		note = "the counterexample could not be written: " + err.Error()
	}
	return note + sim.Explain(r, "go run ./cmd/bilsim run "+file)
}

// L3 is also about time: how long two peers that join each other at the same
// moment, or up to a few round trips apart, take to be active at both ends.
func TestASimultaneousJoinResolvesWithinOneExchange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		latency := time.Duration(rapid.IntRange(1, 100).Draw(t, "latency ms")) * time.Millisecond
		skew := time.Duration(rapid.IntRange(0, 800).Draw(t, "skew ms")) * time.Millisecond
		w := sim.New(sim.Options{Seed: rapid.Uint64().Draw(t, "seed"), Latency: sim.Uniform(latency/2, latency), Checkers: sim.Checkers()})
		if err := w.AddPeers("a", "b"); err != nil {
			t.Fatal(err)
		}
		first, second := "a", "b"
		if rapid.Bool().Draw(t, "b first") {
			first, second = second, first
		}
		w.At(0, sim.Connect{From: first, To: second})
		w.At(skew, sim.Connect{From: second, To: first})
		// The later of the two dials, a connection, a JOIN and its STAY.
		bound := 200*time.Millisecond + max(skew, 0) + 6*latency
		for ; w.Now() < bound+30*time.Second; w.RunUntil(w.Now() + 5*time.Millisecond) {
			if v := w.Violation(); v != nil {
				t.Fatal(v) // the time of a world stands still from then on
			}
			if linked := w.Linked("a", "b"); w.Now() > bound && !linked {
				t.Fatalf("not active at both ends %v after the start", w.Now())
			}
		}
		if v := w.Settle(); v != nil {
			t.Fatal(v)
		}
	})
}

func TestASimultaneousJoinWithAnOldPeerResolvesWithinTwoPartWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		latency := time.Duration(rapid.IntRange(1, 50).Draw(t, "latency ms")) * time.Millisecond
		skew := time.Duration(rapid.IntRange(0, 1000).Draw(t, "skew ms")) * time.Millisecond
		w := sim.New(sim.Options{Seed: rapid.Uint64().Draw(t, "seed"), Latency: sim.Uniform(latency/2, latency), Checkers: sim.Checkers()})
		ours, old := "a", "b"
		if rapid.Bool().Draw(t, "the old peer has the lower name") {
			ours, old = old, ours
		}
		if err := w.Add(sim.Peer{Name: ours}, sim.Peer{Name: old, Old: true}); err != nil {
			t.Fatal(err)
		}
		first, second := ours, old
		if rapid.Bool().Draw(t, "the old peer first") {
			first, second = second, first
		}
		w.At(0, sim.Connect{From: first, To: second})
		w.At(skew, sim.Connect{From: second, To: first})
		const window = 10100 * time.Millisecond
		if v := w.RunUntil(2*window + skew); v != nil {
			t.Fatal(v)
		}
		if !w.Linked(ours, old) {
			t.Fatalf("not active at both ends after two PART windows")
		}
	})
}

func TestTheSameSeedGivesTheSameRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScenario(t)
		a, b := s.Run(sim.RunOptions{Steps: true}), s.Run(sim.RunOptions{Steps: true})
		if a.Digest != b.Digest {
			t.Fatalf("two runs differ first at step %d:\n%s", sim.FirstDifference(a, b), sim.Format(s))
		}
	})
}

var run = bilateralrpc.NewMethod[int, bool]("Runs.Run")

// Between programs too, through the public API and in any topology: a call runs at most
// once, and one that was answered has run.
func TestACallOfAProgramRunsAtMostOnce(t *testing.T) {
	rapidsim.Check(t, bilateraltest.Options{For: 20 * time.Second}, func(t *rapid.T) func(*bilateraltest.World) {
		names := rapidsim.Names(2, 4).Draw(t, "hosts")
		links := rapidsim.Links(names).Draw(t, "links")
		var script rapidsim.Script
		calls := 0
		t.Repeat(map[string]func(*rapid.T){
			"call": func(t *rapid.T) {
				call, link := calls, rapid.SampledFrom(links).Draw(t, "link")
				calls++
				script.Go(func(ctx context.Context, w *bilateraltest.World) {
					returned := w.Began(call, call)
					if _, err := run.One(ctx, w.Node(link.From), link.To, call); err == nil {
						returned(true)
					}
				})
			},
			"fault": func(t *rapid.T) { script.Do(rapidsim.Fault(names, 5*time.Second).Draw(t, "fault")) },
			"wait":  func(t *rapid.T) { script.Wait(rapidsim.Duration(2*time.Second).Draw(t, "for")) },
		})
		return func(w *bilateraltest.World) {
			runsAtMostOnce(w, names)
			rapidsim.Connect(w, links)
			script.Play(w)
		}
	})
}

// runsAtMostOnce has hosts count how often each call runs, and claims what there is to claim.
func runsAtMostOnce(w *bilateraltest.World, names []string) {
	var mu sync.Mutex
	ran := map[int]int{}
	for _, name := range names {
		w.Host(name, func(h *bilateraltest.Host) error {
			return run.Handle(h.Node(), func(_ context.Context, call int) (bool, error) {
				mu.Lock()
				defer mu.Unlock()
				ran[call]++
				return true, nil
			})
		})
	}
	w.Finally("a call runs at most once, and one that was answered has run", func() error {
		mu.Lock()
		defer mu.Unlock()
		for _, call := range w.History() {
			if n := ran[call.Client]; n > 1 || n == 0 && call.Returned {
				return fmt.Errorf("call %d ran %d times; answered: %t", call.Client, n, call.Returned)
			}
		}
		return nil
	})
}
