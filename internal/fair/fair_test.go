package fair

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Who puts in one item waits for one of everybody else, however many they have.
func TestOwnersTakeTurns(t *testing.T) {
	t.Parallel()
	var q Queue[string]
	for _, s := range []string{"a1", "a2", "a3", "b1", "b2", "c1"} {
		q.Push(s[:1], s)
	}
	var got []string
	for !q.Empty() {
		got = append(got, q.Pop())
	}
	if want := []string{"a1", "b1", "c1", "a2", "b2", "a3"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// The queue against a model that looks for the owner who has waited longest.
func TestQueueIsTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var q Queue[int]
		order := []string{} // of the owners that have items, whose turn it is first
		items := map[string][]int{}
		for n := range rapid.IntRange(0, 200).Draw(t, "steps") {
			if len(order) == 0 || rapid.Bool().Draw(t, "push") {
				owner := rapid.SampledFrom([]string{"", "a", "b", "c", "d"}).Draw(t, "owner")
				if len(items[owner]) == 0 {
					order = append(order, owner)
				}
				items[owner] = append(items[owner], n)
				q.Push(owner, n)
				continue
			}
			owner := order[0]
			want := items[owner][0]
			order, items[owner] = order[1:], items[owner][1:]
			if len(items[owner]) > 0 {
				order = append(order, owner)
			}
			if got := q.Pop(); got != want {
				t.Fatalf("%d, want %d of %q", got, want, owner)
			}
			if q.Empty() != (len(order) == 0) {
				t.Fatalf("empty: %v, but %d owners wait", q.Empty(), len(order))
			}
		}
	})
}

func TestQueueAllocatesNothing(t *testing.T) {
	var q Queue[int]
	use := func() {
		for n := range 8 {
			q.Push([]string{"a", "b", "c"}[n%3], n)
		}
		for !q.Empty() {
			q.Pop()
		}
	}
	use()
	if n := testing.AllocsPerRun(100, use); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
