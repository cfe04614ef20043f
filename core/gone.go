package core

import "slices"

// goneMax is how many lost links of a peer are known by their numbers. Links of one
// peer overlap where it dials anew while an earlier dial is still being accepted, or
// where somebody else claims its name; both concern a few links at a time.
const goneMax = 8

// goneLinks are the numbers of the newest accepted links of a peer that were reported
// lost, the highest first, zero where there are fewer. What is below the last one
// counts as lost too.
//
// A single number would not do: a link that never joined may be lost while an older
// one, which is there, has yet to join.
type goneLinks [goneMax]uint64

// add notes that link n was reported lost.
func (g *goneLinks) add(n uint64) {
	if g.has(n) {
		return
	}
	for i := range g {
		if g[i] < n {
			g[i], n = n, g[i] // what it takes the place of moves on by one
		}
	}
}

// has says whether link n was reported lost. The number 0 may stand for all links of a
// driver that reports none.
func (g *goneLinks) has(n uint64) bool {
	return 0 < n && n <= g[0] && (n <= g[goneMax-1] || slices.Contains(g[:], n))
}

// latest returns the highest of the numbers, zero if there are none.
func (g *goneLinks) latest() uint64 { return g[0] }
