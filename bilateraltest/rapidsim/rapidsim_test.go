package rapidsim

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

func TestEverybodyCanBeReached(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := Names(1, 6).Draw(t, "hosts")
		reached := map[string]bool{names[0]: true}
		links := Links(names).Draw(t, "links")
		for range names {
			for _, l := range links {
				if l.From == l.To {
					t.Fatalf("%s dials itself", l.From)
				}
				if reached[l.From] || reached[l.To] {
					reached[l.From], reached[l.To] = true, true
				}
			}
		}
		if len(reached) != len(names) {
			t.Fatalf("of %v, by %v, %v are reached", names, links, reached)
		}
	})
}

// What a scenario can't say, no file of a failure could replay.
func TestFaultsAreReadBackAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &sim.Scenario{Settings: sim.Settings{Network: "net"}, RunFor: time.Minute}
		names := Names(1, 4).Draw(t, "hosts")
		for _, name := range names {
			s.Peers = append(s.Peers, sim.Peer{Name: name})
		}
		s.Lines = Schedule(names, 5, 10*time.Second).Draw(t, "schedule")
		again, err := sim.Parse(sim.Format(s))
		if err != nil {
			t.Fatalf("%v\n%s", err, sim.Format(s))
		}
		if sim.Format(again) != sim.Format(s) {
			t.Fatalf("%s is read back as %s", sim.Format(s), sim.Format(again))
		}
	})
}

func TestDurationsAreWithinBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if d := Duration(3*time.Second).Draw(t, "d"); d < time.Millisecond || d > 3*time.Second {
			t.Fatal(d)
		}
	})
}

var count = bilateralrpc.NewMethod[string, int]("Counter.Count")

// counting draws a world of users that have a host count what they name, and try again
// until it does. With twice, it counts what comes again again.
func counting(twice bool) func(t *rapid.T) func(w *bilateraltest.World) {
	return func(t *rapid.T) func(w *bilateraltest.World) {
		names := Names(2, 3).Draw(t, "hosts")
		var script Script
		calls := 0
		var mu sync.Mutex
		worlds := map[*bilateraltest.World]map[string]int{} // how often each call that was made was counted
		t.Repeat(map[string]func(*rapid.T){
			"call": func(*rapid.T) {
				id := fmt.Sprint("call ", calls)
				calls++
				script.Go(func(_ context.Context, w *bilateraltest.World) {
					mu.Lock()
					worlds[w][id] = 0
					mu.Unlock()
					for {
						_, err := count.One(context.Background(), w.Node("b"), "a", id, bilateralrpc.WithTimeout(time.Second))
						if err == nil {
							return
						}
						time.Sleep(300 * time.Millisecond)
					}
				})
			},
			"fault": func(t *rapid.T) { script.Do(Fault(names, 5*time.Second).Draw(t, "fault")) },
			"wait":  func(t *rapid.T) { script.Wait(Duration(2*time.Second).Draw(t, "for")) },
		})
		return func(w *bilateraltest.World) {
			counts := map[string]int{}
			mu.Lock()
			worlds[w] = counts
			mu.Unlock()
			for _, name := range names {
				w.Host(name, func(h *bilateraltest.Host) error {
					return count.Handle(h.Node(), func(_ context.Context, id string) (int, error) {
						mu.Lock()
						defer mu.Unlock()
						if counts[id] == 0 || twice {
							counts[id]++
						}
						return counts[id], nil
					})
				})
			}
			w.Connect("b", "a")
			script.Play(w)
			w.Finally("each is counted once", func() error {
				mu.Lock()
				defer mu.Unlock()
				for i := range calls {
					id := fmt.Sprint("call ", i)
					if n, made := counts[id]; made && n != 1 {
						return fmt.Errorf("%s is counted %d times", id, n)
					}
				}
				return nil
			})
		}
	}
}

func TestAStateMachineDrivesHosts(t *testing.T) {
	Check(t, bilateraltest.Options{For: 20 * time.Second}, counting(false))
}

func TestVariablesWithoutEffectAreNamed(t *testing.T) {
	t.Setenv("BILATERAL_SEED", "17")
	t.Setenv("BILATERAL_SEEDS", "10000")
	r := &reporter{T: t}
	check(r, t, bilateraltest.Options{For: time.Second}, func(*rapid.T) func(w *bilateraltest.World) {
		return func(w *bilateraltest.World) {
			w.Host("a", func(*bilateraltest.Host) error { return nil })
			if w.Seed() != 0 {
				t.Errorf("a run has seed %d", w.Seed())
			}
		}
	})
	if said := r.said.String(); r.failed || !strings.Contains(said, "BILATERAL_SEED=17, BILATERAL_SEEDS=10000 has no effect") {
		t.Errorf("failed: %v; it says %q", r.failed, said)
	}
}

// reporter is what a failure is told to.
type reporter struct {
	*testing.T
	said   strings.Builder
	failed bool
}

func (r *reporter) Errorf(format string, args ...any) { fmt.Fprintf(&r.said, format+"\n", args...) }
func (r *reporter) Logf(format string, args ...any)   { fmt.Fprintf(&r.said, format+"\n", args...) }
func (r *reporter) FailNow()                          { r.failed = true }

func TestAPlantedMistakeIsFoundAndMadeSmall(t *testing.T) {
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.seed": "1", "rapid.shrinktime": "3s"} {
		before := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		defer flag.Set(name, before)
	}
	r := &reporter{T: t}
	check(r, t, bilateraltest.Options{For: 20 * time.Second}, counting(true))
	said := r.said.String()
	if !r.failed {
		t.Fatal("nothing was found")
	}
	for _, want := range []string{
		`Finally "each is counted once"`, "[rapid] draw action", // of rapid
		"without any one of them it holds", "bilsim 1", // of the world
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
}
