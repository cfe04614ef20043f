package dice

import "time"

// sequence is the Aspect of the draws of a Sequence.
const sequence Aspect = 15

// A Sequence draws in order what a seed decides about a run as a whole. What
// befalls single frames or bytes is not drawn: see [Decide]. A copy of a Sequence
// goes on as the original does.
type Sequence struct {
	seed  uint64 // of every draw
	draws uint64 // so far
}

// NewSequence returns the sequence of a seed.
func NewSequence(seed uint64) Sequence { return Sequence{seed: seed} }

// Next returns the next draw, 64 random bits.
func (s *Sequence) Next() uint64 {
	s.draws++
	return Decide(s.seed, sequence, s.draws)
}

// Roll draws a number from 0 to n-1; n must be positive.
func (s *Sequence) Roll(n int) int { return int(Below(s.Next(), uint64(n))) }

// Chance says yes once in n times.
func (s *Sequence) Chance(n int) bool { return s.Roll(n) == 0 }

// Between draws a duration from least to most, a whole number of microseconds
// above least.
func (s *Sequence) Between(least, most time.Duration) time.Duration {
	return least + time.Duration(s.Roll(int((most-least)/time.Microsecond)+1))*time.Microsecond
}
