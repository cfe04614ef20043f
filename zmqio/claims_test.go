package zmqio

import "testing"

// The requests of each round that is tried, and how often the overseer looks at most.
var readingRounds = [...]int{3, 1, 2}

const looksMax = 7

// turnsOfReading is the goroutine that reads a link and the overseer of its node, at one moment.
type turnsOfReading struct {
	word uint64 // of the claims that they share

	// The reader: it serves the rounds one after the other.
	round int
	begun bool // the round
	stuck bool // in the handler of the newest request that it has claimed, for ever
	gone  bool // it has learnt that another goroutine reads

	// The overseer.
	last, looked  uint64 // what it saw at its last look, and at this one
	serving       bool   // the reader, at this one
	looking       bool   // between seen and take
	looks, behind int    // looks, and those that began after the reader was stuck
	moved, before bool   // the reader, since this look, and between the last one and it

	ran   [len(readingRounds)]int // requests of each round that the reader has run
	took  bool                    // the overseer took over
	first int                     // the first request that it took
}

// claims returns what they share, and what puts it back.
func (s *turnsOfReading) claims() (c *claims, put func()) {
	c = new(claims)
	c.word.Store(s.word)
	return c, func() { s.word = c.word.Load() }
}

// reader takes a step of the reader, if there is one.
func (s *turnsOfReading) reader(t *testing.T) bool {
	if s.stuck || s.gone || s.round == len(readingRounds) {
		return false
	}
	c, put := s.claims()
	defer put()
	s.moved = true
	if !s.begun {
		c.begin()
		s.begun = true
		return true
	}
	i, what := c.next(readingRounds[s.round])
	switch what {
	case claimedOne:
		if i != s.ran[s.round] {
			t.Fatalf("request %d was claimed, want the next one: %+v", i, s)
		}
		s.ran[s.round]++
	case claimedAll:
		s.round, s.begun = s.round+1, false
	case claimedNone:
		s.gone = true
	}
	return true
}

// overseer takes a step of the overseer, if there is one.
func (s *turnsOfReading) overseer(t *testing.T) bool {
	if s.looks == looksMax && !s.looking || s.took {
		return false
	}
	c, put := s.claims()
	defer put()
	if !s.looking {
		s.looked, s.serving = c.seen()
		s.looking = true
		s.looks++
		s.before, s.moved = s.moved, false
		if s.stuck {
			s.behind++
		}
		return true
	}
	if s.looking = false; s.serving && s.looked == s.last {
		s.first, s.took = c.take(s.looked)
		if s.took && (s.before || s.moved) {
			t.Fatalf("the link of a goroutine that gets on was taken: %+v", s)
		}
	}
	s.last = s.looked
	return true
}

// check holds a moment at which nobody can take a step against what is promised.
func (s *turnsOfReading) check(t *testing.T) {
	t.Helper()
	reads := s.round == len(readingRounds)
	for round, n := range readingRounds {
		switch {
		case round < s.round && s.ran[round] != n:
			t.Fatalf("of round %d, %d were run: %+v", round, s.ran[round], s)
		case round == s.round && s.took && s.first != s.ran[round]:
			t.Fatalf("of round %d, %d were run and those from %d taken over: %+v", round, s.ran[round], s.first, s)
		}
	}
	switch {
	case reads && s.took:
		t.Fatalf("two goroutines read: %+v", s)
	case !reads && !s.took && s.behind >= 2:
		t.Fatalf("nobody reads after %d looks: %+v", s.behind, s)
	case !reads && !s.took && !s.stuck:
		t.Fatalf("the reader has given up, and nobody reads: %+v", s)
	}
}

// Whatever the order of the steps, each request is run once, and one goroutine reads on, also
// behind a handler that never returns. A step is a call of claims, which decides by one
// operation on one word.
func TestOneGoroutineReadsOn(t *testing.T) {
	visited := make(map[turnsOfReading]bool)
	ends, takes := 0, 0
	var visit func(s turnsOfReading)
	visit = func(s turnsOfReading) {
		if visited[s] {
			return
		}
		visited[s] = true
		reader, overseer := s, s
		moves := reader.reader(t)
		if moves {
			visit(reader)
		}
		if reader.ran != s.ran {
			reader.stuck = true
			visit(reader)
		}
		if overseer.overseer(t) {
			moves = true
			visit(overseer)
		}
		if moves {
			return
		}
		s.check(t)
		ends++
		if s.took {
			takes++
		}
	}
	visit(turnsOfReading{word: claimsIdle})
	if takes == 0 || takes == ends {
		t.Errorf("the overseer took over in %d ends of %d, want some of both kinds", takes, ends)
	}
	t.Logf("%d moments, %d ends, in %d of them the overseer has taken over", len(visited), ends, takes)
}
