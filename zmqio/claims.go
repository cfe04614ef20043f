package zmqio

import "sync/atomic"

// claims says how far a goroutine has come with the requests that it serves by itself, and
// whether another one has taken over from it. Both decide by the same word, so that each
// request is run by one of them, and one of them reads on: TestOneGoroutineReadsOn tries every
// order of their steps.
//
// The word is the number of the round, and in the lower half how many requests of the round
// have been claimed, or claimsIdle between two rounds, with claimsTaken added once the rest is
// another's.
type claims struct{ word atomic.Uint64 }

const (
	claimsRound = 1 << 32
	claimsTaken = 1 << 31
	claimsIdle  = 1 << 30
	claimsCount = claimsIdle - 1
)

// claimed is what a claim has led to.
type claimed uint8

const (
	claimedOne  claimed = iota // a request, which is this goroutine's now
	claimedAll                 // the round is over
	claimedNone                // another goroutine has taken over
)

// init makes the zero value ready for rounds.
func (c *claims) init() { c.word.Store(claimsIdle) }

// begin begins a round. Only the goroutine that serves calls it, and next.
func (c *claims) begin() { c.word.Store(c.word.Load()&^(claimsRound-1) + claimsRound) }

// next claims the next of n requests.
func (c *claims) next(n int) (int, claimed) {
	for {
		w := c.word.Load()
		count := int(w & claimsCount)
		switch {
		case w&claimsTaken != 0:
			return 0, claimedNone
		case count < n && c.word.CompareAndSwap(w, w+1):
			return count, claimedOne
		case count == n && c.word.CompareAndSwap(w, w&^(claimsRound-1)|claimsIdle):
			return 0, claimedAll
		}
	}
}

// seen returns what a later take is to compare with, and whether a round is under way.
func (c *claims) seen() (word uint64, serving bool) {
	w := c.word.Load()
	return w, w&(claimsIdle|claimsTaken) == 0
}

// take takes over what has not been claimed, if nothing has been claimed and no round begun
// or ended since seen returned word. It returns the index of the first request that is the
// taker's.
func (c *claims) take(word uint64) (first int, taken bool) {
	return int(word & claimsCount), c.word.CompareAndSwap(word, word|claimsTaken)
}
