package dynamic

import (
	"slices"
	"strings"
)

// Nearest returns the name that is most like name, or "" if none is like it.
func Nearest(name string, names []string) string {
	best, least := "", len(name)/3+2
	for _, other := range slices.Sorted(slices.Values(names)) {
		if strings.EqualFold(name, other) {
			return other
		}
		if d := distance(strings.ToLower(name), strings.ToLower(other)); d < least && d < len(other) {
			best, least = other, d
		}
	}
	return best
}

// distance returns how many bytes have to be added, removed or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
