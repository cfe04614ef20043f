// Package shrink makes a scenario that fails smaller: parts are taken away and
// simpler values tried, as long as what is left still fails.
//
// A world says what the parts of its scenarios are and what is simpler; the search
// keeps the smallest scenario and the budget.
package shrink

import "slices"

// A Search looks for the smallest scenario of type S that still fails. Scenarios
// are never changed, only copies of them, so that a scenario that was not made
// smaller is the same pointer.
type Search[S any] struct {
	// Clone copies a scenario as far as it will be changed.
	Clone func(s *S) *S
	// Fails runs a scenario, and says whether it shows what is looked for.
	Fails func(s *S) bool
	// Budget is how many scenarios may still be run.
	Budget int
}

// Shows runs a scenario, and says whether it fails. With no budget left it is not
// run, and does not.
func (z *Search[S]) Shows(s *S) bool {
	if z.Budget <= 0 {
		return false
	}
	z.Budget--
	return z.Fails(s)
}

// Try returns a changed copy of s if that still fails, and s if not. A change that
// returns false has nothing to change, and costs no run.
func (z *Search[S]) Try(s *S, change func(c *S) bool) *S {
	c := z.Clone(s)
	if change(c) && z.Shows(c) {
		return c
	}
	return s
}

// Rounds makes one round after the other until one can't make the scenario
// smaller, or no budget is left. A round returns its argument then.
func (z *Search[S]) Rounds(s *S, round func(s *S) *S) *S {
	for {
		smaller := round(s)
		if smaller == s || z.Budget <= 0 {
			return smaller
		}
		s = smaller
	}
}

// Without takes away elements of one list of the scenario: halves, quarters and so
// on down to single ones, from the back. Clone must copy the list.
func Without[S, T any](z *Search[S], s *S, list func(s *S) *[]T) *S {
	for size := max(len(*list(s))/2, 1); ; size /= 2 {
		for end := len(*list(s)); end > 0; end -= size {
			from := max(end-size, 0)
			s = z.Try(s, func(c *S) bool {
				l := list(c)
				if from >= len(*l) {
					return false
				}
				*l = slices.Delete(*l, from, min(from+size, len(*l)))
				return true
			})
		}
		if size <= 1 {
			return s
		}
	}
}
