package sim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

func TestSwarmScenariosAreReadBackAsTheyAre(t *testing.T) {
	for seed := range uint64(300) {
		for _, model := range []Model{Physical, Adversarial} {
			text := Format(Swarm(seed, SwarmOptions{Model: model}))
			s, err := Parse(text)
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, text)
			}
			if diff := cmp.Diff(text, Format(s)); diff != "" {
				t.Fatalf("seed %d: %s", seed, diff)
			}
		}
	}
}

func TestSwarmSeedsHold(t *testing.T) {
	for _, model := range []Model{Physical, Adversarial} {
		for seed := range uint64(60) {
			s := Swarm(seed, SwarmOptions{Model: model})
			if r := s.Run(RunOptions{}); r.Violation != nil {
				t.Errorf("%v seed %d: %v", model, seed, r.Violation)
			}
		}
	}
}

func TestAScenarioReadBackRunsTheSame(t *testing.T) {
	for seed := range uint64(20) {
		s := Swarm(seed, SwarmOptions{Model: Adversarial})
		again, err := Parse(Format(s))
		if err != nil {
			t.Fatal(err)
		}
		a, b := s.Run(RunOptions{Steps: true}), again.Run(RunOptions{Steps: true})
		if a.Digest != b.Digest {
			t.Fatalf("seed %d: digests differ, first at step %d", seed, FirstDifference(a, b))
		}
	}
}

// What is rare is drawn in one seed of 4 to 64.
func TestSwarmsDrawWhatIsRare(t *testing.T) {
	const seeds = 2000
	for _, model := range []Model{Physical, Adversarial} {
		var drawn report.Marks
		for seed := range uint64(seeds) {
			drawn.Add(Swarm(seed, SwarmOptions{Model: model}).Rare())
		}
		for _, c := range drawn {
			if c.Count < seeds/64 || c.Count > seeds/4 {
				t.Errorf("%v: %s is drawn in %d of %d seeds", model, c.Name, c.Count, seeds)
			}
		}
	}
}

func TestRareThings(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"peers a ab", "names that begin alike"},
		{"peers a b\nkeys heartbeat off queue 3 firstcall 7 limit tick 8", "keys, no heartbeats, short queues, call ids equal everywhere, limit tick"},
		{"peers a b\nheartbeat 5s firstcall 4294967290", "other heartbeats, call ids equal everywhere, call ids near their end"},
		{"peers a b\nat 0s call a -> b Echo.Ping timeout 91s\nat 0s slow b by 91s for 1s", "calls beyond SERVE_TIME, handlers beyond SERVE_TIME"},
		{"peers a b\nat 0s call a -> b,b,a Echo.Ping\nat 0s call a -> nobody Echo.Ping", "a name twice in a call, an unknown name in a call, the caller in a call"},
		{"peers a b\nat 0s clock a rewind 1s\nat 0s clock b step -1s", "time that runs back"},
		{"peers a b\nat 0s restart a same", "restart with the same incarnation"},
		{"peers a b c d\nat 0s partition {a b} | {c}", "bridge between groups"},
		{"peers a b c\nat 0s partition {a b} | {c}\nat 0s partition {a} | {b}", ""},
		{"peers a b c\nat 0s connect a -> b at c\nat 0s connect a -> c", "address of another"},
		{"peers a b\nat 0s connect a -> b at c", "address of nobody"},
		{"peers a b\nat 0s connect a -> nobody", "address of nobody"},
	} {
		s, err := Parse("bilsim 1\n" + c.lines)
		if err != nil {
			t.Fatal(err)
		}
		var has []string
		for _, m := range s.Rare() {
			if m.Count > 0 {
				has = append(has, m.Name)
			}
		}
		if got := strings.Join(has, ", "); got != c.want {
			t.Errorf("%s\nhas %q, want %q", c.lines, got, c.want)
		}
	}
}
