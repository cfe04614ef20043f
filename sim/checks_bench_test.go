//go:build unix

package sim

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/check"
)

// newer are the properties whose checkers came last. The aim is that all of them together
// cost no more than a tenth of what a world costs without them.
var newer = []Property{
	check.PropTruth, check.PropAnswers, check.PropResend, check.PropReasons, check.PropVoid,
	check.PropTurns, check.PropRoles, check.PropAlive, check.PropHeads, check.PropGone, check.PropMet,
}

// olderCheckers returns a new checker for each of the other properties.
func olderCheckers() []Checker {
	return slices.DeleteFunc(Checkers(), func(c Checker) bool { return slices.Contains(newer, c.Property()) })
}

// BenchmarkCheckers compares a world with every checker and one without those of newer, by
// the processor time of the process. The two take turns, so that what else the machine
// does befalls both: "all/older" is the median of what the turns have cost more.
func BenchmarkCheckers(b *testing.B) {
	b.Run("mesh", func(b *testing.B) {
		worlds := [2]*World{mesh(b, 100, olderCheckers()), mesh(b, 100, Checkers())}
		for _, w := range worlds {
			w.RunUntil(time.Minute)
		}
		compare(b, func(i, _ int) {
			if v := worlds[i].RunUntil(worlds[i].Now() + 5*time.Second); v != nil {
				b.Fatal(v)
			}
		})
	})
	b.Run("swarm", func(b *testing.B) {
		sets := [2]func() []Checker{olderCheckers, Checkers}
		compare(b, func(i, turn int) {
			for seed := range uint64(10) {
				if r := Swarm(uint64(turn)*10+seed, SwarmOptions{}).Run(RunOptions{Checkers: sets[i]}); r.Violation != nil {
					b.Fatal(r.Violation)
				}
			}
		})
	})
}

// compare has two sides take a turn each b.N times, and reports what the second one costs
// of the first.
func compare(b *testing.B, turn func(side, turn int)) {
	b.ReportAllocs()
	b.ResetTimer()
	var ratios []float64
	for n := range b.N {
		var took [2]time.Duration
		for k := range took {
			side := (n + k) % 2
			start := spent(b)
			turn(side, n)
			took[side] = spent(b) - start
		}
		ratios = append(ratios, float64(took[1])/float64(took[0]))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "all/older")
}

// spent returns the processor time that the process has used, the collector's included.
func spent(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
