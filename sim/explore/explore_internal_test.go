package explore

import (
	"regexp"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// small are small enough to search without a reduction too.
var small = []string{
	`bilsim 1
model adversarial latency 50ms..100ms
peers a b
bound faults 1 of drop, dup
bound time 600ms
at 0s connect a -> b
`,
	`bilsim 1
latency 50ms
peers a b c
bound faults 1 of break
bound time 600ms
at 0s connect a -> b
at 0s connect c -> b
`,
	`bilsim 1
latency 100ms
peers a b
bound faults 1 of crash
bound calls 1
bound time 450ms
at 0s..100ms connect a -> b
at 0s connect b -> a
`,
}

// searched searches through a scenario and returns how it ended, and the states at rest.
func searched(t *testing.T, text string, o Options, apart bool) (*Result, map[uint64]bool) {
	t.Helper()
	s, err := sim.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlan(s)
	if err != nil {
		t.Fatal(err)
	}
	e := newSearch(p, s, o)
	e.apart, e.rest = apart, map[uint64]bool{}
	if err := e.all(); err != nil {
		t.Fatal(err)
	}
	if !e.r.Complete {
		t.Fatalf("it is not complete: %v", &e.r)
	}
	return &e.r, e.rest
}

// same compares two sets.
func same(t *testing.T, what string, a, b map[uint64]bool) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("%s: %d states at rest, and %d", what, len(a), len(b))
	}
	for state := range a {
		if !b[state] {
			t.Errorf("%s: a state at rest is missing", what)
			return
		}
	}
}

// Trying both orders of what commutes comes to more states, of moments at which one node
// has stepped and another one has yet to, and to no other state at rest.
func TestOrdersThatMeanNothingMayBeLeftOut(t *testing.T) {
	if testing.Short() {
		t.Skip("tries some ten thousand states; -short leaves it out")
	}
	pruned := uint64(0)
	for _, text := range small {
		few, rest := searched(t, text, Options{}, false)
		all, restOfAll := searched(t, text, Options{AllOrders: true}, false)
		same(t, text, rest, restOfAll)
		pruned += few.Pruned
		t.Logf("%d of %d states, %d at rest", few.States, all.States, len(rest))
	}
	if pruned == 0 {
		t.Error("no order was left out")
	}
}

// Going on from the first of the runs that come to one state comes to the same states as
// going on from all of them.
func TestStatesMayBeMerged(t *testing.T) {
	for _, text := range small {
		until := "bound time 420ms"
		if strings.Contains(text, "crash") {
			until = "bound time 300ms"
		}
		text = regexp.MustCompile("bound time .*").ReplaceAllString(text, until)
		text = strings.Replace(text, "bound calls 1\n", "", 1)
		merged, rest := searched(t, text, Options{}, false)
		apart, restApart := searched(t, text, Options{}, true)
		same(t, text, rest, restApart)
		t.Logf("%d states in the place of %d", merged.States, apart.States)
	}
}

func TestHashTellsLengthsAndPlacesApart(t *testing.T) {
	seen := map[uint64]string{}
	b := make([]byte, 40)
	for n := range len(b) + 1 {
		for i := -1; i < n; i++ {
			x := append([]byte(nil), b[:n]...)
			if i >= 0 {
				x[i] = 1
			}
			if other, has := seen[hash(x)]; has {
				t.Fatalf("%x has the hash of %s", x, other)
			}
			seen[hash(x)] = string(x)
		}
	}
}

func TestVisitedGrows(t *testing.T) {
	var v visited
	for i := range uint64(3 * visitedLeast) {
		if !v.add(i*0x9e3779b97f4a7c15) || v.add(i*0x9e3779b97f4a7c15) {
			t.Fatalf("at %d", i)
		}
	}
	if v.n != 3*visitedLeast {
		t.Errorf("%d states", v.n)
	}
}
