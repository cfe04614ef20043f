package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// screen is what sweep top shows.
type screen struct {
	name, work    string // of the sweep; what is done with seeds
	plan          *ledger.Plan
	tally         *tally
	heard         *heard
	waiting, held uint64 // ranges
}

// lines returns the lines of a screen, none of them wider than width.
func (s *screen) lines(now time.Time, width int) []string {
	r := s.tally.result
	workers := s.heard.list(now)
	running, pace := uint64(0), 0.0
	for i := range workers {
		running += workers[i].Done
		pace += workers[i].pace()
	}
	done, all := r.Seeds(), s.plan.Of.Len()
	left := "? left"
	switch {
	case s.tally.ranges == s.plan.Ranges():
		left = "complete"
	case pace > 0:
		left = rounded(time.Duration(float64(all-done-min(running, all-done))/pace*float64(time.Second))) + " left"
	}
	again := ""
	if s.tally.again > 0 {
		again = fmt.Sprintf(", %s begun again, %s seed by seed", grouped(s.tally.again), grouped(s.tally.apart))
	}
	lines := []string{
		fmt.Sprintf("sweep %s: seeds %v, %s", s.name, s.plan.Of, s.work),
		"",
		fmt.Sprintf("%s  %s of %s seeds", bar(done, all, 30), grouped(done), grouped(all)),
		fmt.Sprintf("%.0f seeds/s, %s", pace, left),
		fmt.Sprintf("ranges: %s done, %s held, %s waiting%s", grouped(s.tally.ranges), grouped(s.held), grouped(s.waiting), again),
		fmt.Sprintf("%s, %s", plural(int(r.Violations()), "violation"), plural(len(r.Findings), "finding")),
		fmt.Sprintf("%s, %s, %s", share("marks", r.Marks, r.NeverHappened()), share("properties judged", r.Judged, r.NeverJudged()), share("rare things drawn", r.Drawn, r.NeverDrawn())),
	}
	if missed := r.NeverHappened(); len(missed) > 0 {
		lines = append(lines, "not yet: "+strings.Join(missed, ", "))
	}
	lines = append(lines, "")
	lines = append(lines, workerLines(workers, now)...)
	for i := range r.Findings {
		f := &r.Findings[i]
		what, _, _ := strings.Cut(f.What, "\n")
		lines = append(lines, fmt.Sprintf("%s, %d seeds, first %d: %s", f.ID(), f.Seeds, f.Seed, what))
	}
	for i, line := range lines {
		lines[i] = cut(printable(line), width)
	}
	return lines
}

// silent is the time after its last word from which on a worker is called silent.
const silent = 5 * time.Second

// workerLines returns a table of the workers.
func workerLines(workers []heardOf, now time.Time) []string {
	lines := []string{fmt.Sprintf("%-28s %7s %10s  %-20s", plural(len(workers), "worker"), "seeds/s", "seeds", "range")}
	for i := range workers {
		w := &workers[i]
		doing := "waits"
		if n := w.Range.Len(); n > 0 {
			doing = fmt.Sprintf("%s %v", bar(w.Done, n, 10), w.Range)
		}
		if w.Try > 1 && w.Range.Len() > 0 {
			doing += fmt.Sprintf(", %s try", ordinal(w.Try))
		}
		if w.Apart {
			doing += ", seed by seed"
		}
		if quiet := now.Sub(w.at); quiet > silent {
			doing = fmt.Sprintf("silent for %s, had %v", rounded(quiet), w.Range)
		}
		lines = append(lines, fmt.Sprintf("%-28s %7.0f %10s  %s", cut(w.Worker, 28), w.pace(), grouped(w.Seeds), doing))
	}
	return append(lines, "")
}

// share says how many of some things have happened, of those that can: missed are those that
// could have, and have not.
func share(what string, all report.Marks, missed []string) string {
	never := len(all.Missed(true))
	return fmt.Sprintf("%s %d of %d", what, len(all)-never, len(all)-never+len(missed))
}

// bar draws how much is done.
func bar(done, all uint64, width int) string {
	full := int(done * uint64(width) / max(all, 1))
	return fmt.Sprintf("[%s%s] %3d%%", strings.Repeat("#", full), strings.Repeat(".", width-full), done*100/max(all, 1))
}

// printable returns a line without what a terminal would obey: parts of it come from others.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, line)
}

// cut cuts a line to a width.
func cut(line string, width int) string {
	if utf8.RuneCountInString(line) <= width {
		return line
	}
	return string([]rune(line)[:max(width-3, 0)]) + "..."
}

// grouped writes a number with commas.
func grouped(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// paced says how fast something goes, and how long what is left takes.
func paced(done, left uint64, took time.Duration) (pace, remaining string) {
	if done == 0 || took <= 0 {
		return "0/s", "?"
	}
	return fmt.Sprintf("%.0f/s", float64(done)/took.Seconds()), rounded(time.Duration(float64(took) / float64(done) * float64(left)))
}

// rounded writes a duration to the second.
func rounded(d time.Duration) string { return d.Round(time.Second).String() }

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func ordinal(n uint64) string {
	switch {
	case n%100 >= 11 && n%100 <= 13:
	case n%10 == 1:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}
