package picture

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// lines returns the statements of a scenario: first its lines in their order, then its
// rates. Those that are in needed too, with the numbers that they have in s, are marked.
func lines(s *sim.Scenario, needed *sim.Scenario) []Line {
	numbers := numbered(s)
	list := []Line{}
	for i := range s.Lines {
		l := &s.Lines[i]
		x := Line{Number: numbers[i], Needed: needed != nil && needs(needed, l)}
		switch {
		case l.Fault != nil:
			x.Kind, x.Text = "fault", text.Words("at", text.FormatDuration(l.At), l.Fault.String())
			if sim.ByUser(l.Fault) {
				x.Kind = "user"
			}
		case l.Rule != nil:
			x.Kind, x.Text = "rule", l.Rule.String()
		case l.Expect != nil:
			x.Kind, x.Text = "expect", l.Expect.String()
		}
		list = append(list, x)
	}
	for _, name := range sim.RateNames() {
		if r := s.Rates.Named(name); r.Num > 0 {
			list = append(list, Line{Text: text.Words("rate", name, text.FormatRatio(*r)), Kind: "rate"})
		}
	}
	return list
}

// needs says whether a line is in the smallest scenario. What users do is not said to be
// necessary: where the violation is about them, it was not tried without.
func needs(small *sim.Scenario, l *sim.Line) bool {
	if l.Fault != nil && sim.ByUser(l.Fault) {
		return false
	}
	return slices.ContainsFunc(small.Lines, func(x sim.Line) bool {
		if l.Number > 0 && x.Number != l.Number {
			return false
		}
		switch {
		case l.Fault != nil && x.Fault != nil:
			return l.Number > 0 && word(l.Fault.String()) == word(x.Fault.String()) || l.At == x.At && l.Fault.String() == x.Fault.String()
		case l.Rule != nil && x.Rule != nil:
			return l.Number > 0 || l.Rule.String() == x.Rule.String()
		case l.Expect != nil && x.Expect != nil:
			return l.Expect.String() == x.Expect.String()
		}
		return false
	})
}

// word returns the first word.
func word(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return w
}

// numbered returns the number that each line of a scenario has in its canonical form.
func numbered(s *sim.Scenario) []int {
	numbers := make([]int, len(s.Lines))
	end := strings.Count(sim.Format(s), "\n")
	for i := len(s.Lines) - 1; i >= 0; i-- {
		l := &s.Lines[i]
		if l.Fault != nil || l.Rule != nil || l.Expect != nil {
			numbers[i] = end
			end--
		}
		end -= len(l.Comment)
	}
	return numbers
}

// without returns a scenario without some of its lines, which lines has counted.
func without(s *sim.Scenario, off []int) *sim.Scenario {
	c := *s
	c.Lines = nil
	for i := range s.Lines {
		if !slices.Contains(off, i) {
			c.Lines = append(c.Lines, s.Lines[i])
		}
	}
	i := len(s.Lines)
	for _, name := range sim.RateNames() {
		if s.Rates.Named(name).Num == 0 {
			continue
		}
		if slices.Contains(off, i) {
			c.Rates.Named(name).Num = 0
		}
		i++
	}
	return &c
}

// number returns a seed that is written in a field.
func number(seed string) (uint64, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(seed), 10, 64)
	return n, err == nil
}
