package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A node of any kind that was stopped begins another life by a restart, and by
// nothing else: the peer is told of the end, and finds another incarnation.
func TestAStoppedNodeCanBeStartedAgain(t *testing.T) {
	for _, kind := range []Peer{{Name: "b"}, {Name: "b", Blind: true}, {Name: "b", Old: true}} {
		t.Run(fmt.Sprintf("old=%v,blind=%v", kind.Old, kind.Blind), func(t *testing.T) {
			w := quiet(t, 1, Peer{Name: "a"}, kind)
			parts := 0
			w.Observe(func(_ *World, s *Step, _ Fault) {
				if s != nil && s.Node.Name == "a" && s.Event.Command.String() == "PART" {
					parts++
				}
			})
			w.At(0, Connect{From: "b", To: "a"})
			w.At(10*time.Second, Stop{"b"})
			w.At(20*time.Second, Heal{})
			runUntil(t, w, 30*time.Second)
			b := w.Node("b")
			if b.Up() || b.Life != 0 || !kind.Old && (parts != 1 || w.Node("a").Active("b")) {
				t.Fatalf("after the stop and a heal: up %v, life %d, %d PARTs, active %v", b.Up(), b.Life, parts, w.Node("a").Active("b"))
			}
			was := b.incarnation
			w.At(30*time.Second, Restart{Node: "b"})
			runUntil(t, w, 4*time.Minute)
			if !b.Up() || b.Life != 1 || !w.Linked("a", "b") {
				t.Fatalf("after the restart: up %v, life %d, linked %v", b.Up(), b.Life, w.Linked("a", "b"))
			}
			if !kind.Old && b.incarnation == was {
				t.Error("it has the incarnation of its first life")
			}
			if n := w.marks.counts[markGraceful]; n != 1 {
				t.Errorf("the mark counts %d", n)
			}
		})
	}
}

// What a user did to a paused process is not lost with it: the next life remembers it.
func TestACrashForgetsNoConnectOfAPausedNode(t *testing.T) {
	w := quiet(t, 1, Peer{Name: "a"}, Peer{Name: "b"}, Peer{Name: "c"})
	w.At(0, Connect{From: "b", To: "c"})
	w.At(time.Second, Pause{Node: "b"})
	w.At(2*time.Second, Connect{From: "b", To: "a"})
	w.At(2*time.Second, Disconnect{From: "b", To: "c"})
	w.At(3*time.Second, Crash{Node: "b"})
	w.At(4*time.Second, Restart{Node: "b"})
	runUntil(t, w, 2*time.Minute)
	if !w.Linked("a", "b") || w.Linked("b", "c") {
		t.Errorf("linked with a: %v, want true; with c: %v, want false", w.Linked("a", "b"), w.Linked("b", "c"))
	}
}

func TestSwarmsRestartStoppedNodes(t *testing.T) {
	const seeds = 2000
	restarts := 0
	for seed := range uint64(seeds) {
		stopped := map[string]bool{}
		for _, l := range Swarm(seed, SwarmOptions{}).Lines {
			switch f := l.Fault.(type) {
			case Stop:
				stopped[f.Node] = true
			case Restart:
				if stopped[f.Node] {
					restarts++
				}
			}
		}
	}
	if restarts < seeds/100 || restarts > seeds/10 {
		t.Errorf("%d restarts of stopped nodes in %d seeds: want a few, and not many", restarts, seeds)
	}
}

// What a graceful restart shows is made small like anything else, and keeps both.
func TestAGracefulRestartIsShrunk(t *testing.T) {
	s, err := Parse(`bilsim 1
peers a b c
at 0s connect a -> b
at 0s connect c -> b
at 10s stop b
at 15s crash c
at 20s restart b forgetting
expect unlinked a b at 25s
`)
	if err != nil {
		t.Fatal(err)
	}
	small := Format(Shrink(s.Run(RunOptions{}), 500))
	again, err := Parse(small)
	if err != nil {
		t.Fatal(err)
	}
	if again.Run(RunOptions{}).Violation == nil {
		t.Errorf("it shows nothing:\n%s", small)
	}
	for _, want := range []string{"stop b", "restart b"} {
		if !strings.Contains(small, want) {
			t.Errorf("%q is gone, though a and b are only linked again by it:\n%s", want, small)
		}
	}
}
