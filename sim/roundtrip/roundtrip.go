// Package roundtrip holds the parser, the formatter and the world against each other:
// what Format writes of a scenario is read back as the same, and runs the same. It is
// for tests and fuzzers.
package roundtrip

import (
	"errors"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// eventsMax bounds a run, so that a scenario that a fuzzer made up ends.
const eventsMax = 20_000

// bytesMax bounds what one line has made up: more is sent than a fuzzer has memory for.
const bytesMax = 1 << 20

// Check returns what is wrong with a text, which need not be a scenario: an error of
// Parse has to name a line of it; of a scenario the canonical form is a fixed point of
// Parse and Format, and its run has the digest of the original's, as far as the first
// events show.
func Check(text string) error {
	s, err := sim.Parse(text)
	if err != nil {
		var syntax *sim.SyntaxError
		if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.What == "" {
			return fmt.Errorf("the error does not say the line: %w", err)
		}
		return nil
	}
	once := sim.Format(s)
	again, err := sim.Parse(once)
	if err != nil {
		return fmt.Errorf("what Format wrote can't be read: %w\n%s", err, once)
	}
	if twice := sim.Format(again); twice != once {
		return fmt.Errorf("it is written as\n%s\nand read back as\n%s", once, twice)
	}
	if huge(s) {
		return nil
	}
	a, b := run(s), run(again)
	if a.Digest != b.Digest || a.Events != b.Events || a.Elapsed != b.Elapsed {
		return fmt.Errorf("its canonical form runs differently, from step %d on: %d events in %v and %d in %v\n%s",
			sim.FirstDifference(a, b), a.Events, a.Elapsed, b.Events, b.Elapsed, once)
	}
	return nil
}

// run runs a scenario without checkers: what they would find is not the question.
func run(s *sim.Scenario) *sim.Result {
	return s.Run(sim.RunOptions{Steps: true, EventsMax: eventsMax, Checkers: func() []sim.Checker { return nil }})
}

// huge says whether a line sends more than there is memory for.
func huge(s *sim.Scenario) bool {
	for i := range s.Lines {
		f := s.Lines[i].Fault
		if r := s.Lines[i].Rule; r != nil {
			f = r.Then
		}
		switch f := f.(type) {
		case sim.Forge:
			return f.Count*(len(f.Body)+100) > bytesMax
		case sim.Inject:
			return f.Count*(len(f.Body)+100) > bytesMax
		}
	}
	return false
}
