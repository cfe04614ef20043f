package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Range is the indices From to To-1.
type Range struct{ From, To uint64 }

// ParseRange reads a range that is not empty: A..B is A to B-1. Indices are below 2^63.
func ParseRange(s string) (Range, error) {
	a, b, ok := strings.Cut(s, "..")
	from, errA := strconv.ParseUint(a, 10, 63)
	to, errB := strconv.ParseUint(b, 10, 63)
	if !ok || errA != nil || errB != nil || to <= from {
		return Range{}, fmt.Errorf("want A..B with A < B, not %q", s)
	}
	return Range{from, to}, nil
}

func (r Range) String() string { return fmt.Sprintf("%d..%d", r.From, r.To) }

// Len returns how many indices the range has.
func (r Range) Len() uint64 { return r.To - r.From }

// Shard returns part i of n, from 0: parts are neighbours, as equal as can be, and all of
// them are the range. It is empty if there are fewer indices than parts. i must be below n.
func (r Range) Shard(i, n uint64) Range {
	size, rest := r.Len()/n, r.Len()%n
	from := r.From + i*size + min(i, rest)
	if i < rest {
		size++
	}
	return Range{from, from + size}
}

// Ranges are a set of indices: ranges in order that are neither empty nor touch.
type Ranges []Range

// NewRanges returns the set of the indices of all ranges.
func NewRanges(all ...Range) Ranges {
	sorted := slices.DeleteFunc(slices.Clone(all), func(r Range) bool { return r.From >= r.To })
	slices.SortFunc(sorted, func(a, b Range) int { return cmp.Compare(a.From, b.From) })
	var set Ranges
	for _, r := range sorted {
		if n := len(set); n > 0 && r.From <= set[n-1].To {
			set[n-1].To = max(set[n-1].To, r.To)
			continue
		}
		set = append(set, r)
	}
	return set
}

// Len returns how many indices the set has.
func (s Ranges) Len() (n uint64) {
	for _, r := range s {
		n += r.Len()
	}
	return n
}

// Union returns the indices of either set.
func (s Ranges) Union(t Ranges) Ranges { return NewRanges(slices.Concat(s, t)...) }

// Without returns the indices of s that are not in t.
func (s Ranges) Without(t Ranges) Ranges {
	var left []Range
	for _, r := range s {
		for _, x := range t {
			if x.To > r.From && x.From < r.To {
				left = append(left, Range{r.From, max(r.From, x.From)})
				r.From = min(x.To, r.To)
			}
		}
		left = append(left, r)
	}
	return NewRanges(left...)
}

// Both returns the indices that are in both sets.
func (s Ranges) Both(t Ranges) Ranges { return s.Without(s.Without(t)) }

func (s Ranges) String() string {
	words := make([]string, len(s))
	for i, r := range s {
		words[i] = r.String()
	}
	return strings.Join(words, ", ")
}
