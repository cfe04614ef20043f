package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// results holds the samples of every round by contender and number of callers.
type results map[string]map[int][]sample

func (r results) add(name string, samples map[int]sample) {
	for callers, s := range samples {
		r.of(name)[callers] = append(r.of(name)[callers], s)
	}
}

// of returns the samples of a contender by number of callers, for more to be added.
func (r results) of(name string) map[int][]sample {
	if r[name] == nil {
		r[name] = map[int][]sample{}
	}
	return r[name]
}

// merge adds the samples of others.
func (r results) merge(others results) {
	for name, byCallers := range others {
		for callers, samples := range byCallers {
			r.of(name)[callers] = append(r.of(name)[callers], samples...)
		}
	}
}

// print writes a line for each number of callers and contender. Ratios are to
// the first contender: above one is faster, in the column "cpu" dearer.
func print(w io.Writer, chosen []contender, callers []int, r results) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "callers\tcontender\tcalls/s\tratio\tp50 us\tp99 us\tcpu us\tratio\tallocs\t\n")
	for _, n := range callers {
		base := r[chosen[0].name][n]
		for _, c := range chosen {
			samples := r[c.name][n]
			speed := median(samples, func(s sample) float64 { return s.perSecond })
			cpu := median(samples, func(s sample) float64 { return s.cpuPerCall })
			fmt.Fprintf(t, "%d\t%s\t%.0f\t%.2f\t%.0f\t%.0f\t%.1f\t%.2f\t%.1f\t\n", n, c.name,
				speed, speed/median(base, func(s sample) float64 { return s.perSecond }),
				median(samples, func(s sample) float64 { return s.p50 }),
				median(samples, func(s sample) float64 { return s.p99 }),
				cpu, cpu/median(base, func(s sample) float64 { return s.cpuPerCall }),
				median(samples, func(s sample) float64 { return s.allocs }))
		}
	}
	t.Flush()
	fmt.Fprintln(w)
	for _, c := range chosen {
		fmt.Fprintf(w, "%s: %s\n", c.name, c.what)
	}
}
