package shrink

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type scenario struct{ lines []int }

// search looks for scenarios that have all the lines needed.
func search(needed []int, budget int) *Search[scenario] {
	return &Search[scenario]{
		Budget: budget,
		Clone:  func(s *scenario) *scenario { return &scenario{slices.Clone(s.lines)} },
		Fails: func(s *scenario) bool {
			return !slices.ContainsFunc(needed, func(n int) bool { return !slices.Contains(s.lines, n) })
		},
	}
}

func lines(s *scenario) *[]int { return &s.lines }

func TestOnlyWhatIsNeededIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfNDistinct(rapid.IntRange(0, 100), 0, 40, rapid.ID).Draw(t, "lines")
		needed := all[:rapid.IntRange(0, len(all)).Draw(t, "needed")]
		s := &scenario{rapid.Permutation(all).Draw(t, "order")}
		was := slices.Clone(s.lines)

		z := search(needed, 1_000_000)
		small := z.Rounds(s, func(s *scenario) *scenario { return Without(z, s, lines) })
		if got, want := slices.Sorted(slices.Values(small.lines)), slices.Sorted(slices.Values(needed)); !slices.Equal(got, want) {
			t.Fatalf("%v are left of %v, want %v", got, was, want)
		}
		if !slices.Equal(s.lines, was) {
			t.Fatalf("the scenario itself was changed to %v", s.lines)
		}
	})
}

func TestTheBudgetIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &scenario{rapid.SliceOfN(rapid.Int(), 1, 40).Draw(t, "lines")}
		budget := rapid.IntRange(0, 20).Draw(t, "budget")
		z := search(s.lines[:1], budget)
		fails, runs := z.Fails, 0
		z.Fails = func(s *scenario) bool { runs++; return fails(s) }
		small := z.Rounds(s, func(s *scenario) *scenario { return Without(z, s, lines) })
		if runs > budget || !fails(small) {
			t.Fatalf("%d runs of %d left %v", runs, budget, small.lines)
		}
	})
}

func TestNoChangeCostsNoRun(t *testing.T) {
	z, s := search(nil, 1), &scenario{}
	if z.Try(s, func(*scenario) bool { return false }) != s || z.Budget != 1 {
		t.Error("a change that changed nothing was run")
	}
}
