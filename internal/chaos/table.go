package main

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/live"
)

var columns = []string{"fault", "transport", "faults", "pairs", "min", "median", "p99", "max", "target, s", "within", "the original, s"}

// table returns the recoveries by kind of fault and transport.
func table(rigs []*rig) string {
	var cells [][]string
	for _, f := range faults {
		for _, transport := range transportNames {
			var took []time.Duration
			n := 0
			for _, r := range rigs {
				for _, result := range r.results {
					if r.transport == transport && result.fault == f {
						took = append(took, result.took...)
						n++
					}
				}
			}
			if len(took) == 0 {
				continue
			}
			slices.Sort(took)
			original := f.original
			if original == "" {
				original = "not measured"
			}
			within, _ := slices.BinarySearch(took, f.target+1)
			cells = append(cells, []string{
				f.name, transport, fmt.Sprint(n), fmt.Sprint(len(took)), seconds(took[0]), seconds(percentile(took, 50)),
				seconds(percentile(took, 99)), seconds(took[len(took)-1]), fmt.Sprintf("%.0f", f.target.Seconds()),
				fmt.Sprintf("%.2f %%", 100*float64(within)/float64(len(took))), original,
			})
		}
	}
	return live.Markdown(columns, cells)
}

// percentile returns the p-th percentile of what is sorted.
func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[(len(sorted)*p-1)/100]
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }

// summary says in a paragraph what was done and what came of it; used is the processors' time that it took.
func summary(o *options, rigs []*rig, lasted, used time.Duration) string {
	var all counts
	done, nodes, runs, troubles := 0, 0, 0, 0
	for _, r := range rigs {
		done += len(r.results)
		nodes += len(r.members)
		runs += r.runs
		troubles += len(r.troubles)
		all.add(&r.counts)
	}
	var outcomes []string
	for _, why := range slices.Sorted(maps.Keys(all.Outcomes)) {
		outcomes = append(outcomes, fmt.Sprintf("%s %d", why, all.Outcomes[why]))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d faults in %s on %d rigs of %d nodes, seed %d. ", done, lasted.Round(time.Second), len(rigs), nodes, o.seed)
	fmt.Fprintf(&b, "%d calls, %d replies; the others: %s. ", all.Calls, all.Replies, strings.Join(outcomes, ", "))
	fmt.Fprintf(&b, "%d runs of handlers that may run once. ", runs)
	fmt.Fprintf(&b, "Back more than %v after their timeout: %d calls, the latest by %v; %d of them were not judged, as the machine itself was more than %v late; the latest of the control timers by %v. ", lateMax, all.LateCalls, all.LateMost.Round(time.Millisecond), all.Unjudged, machineLateMax, all.ControlMost.Round(time.Millisecond))
	fmt.Fprintf(&b, "The campaign itself kept the processors busy for %.0f %% of the time; load when it ended: %s. Found wrong: %d.", 100*used.Seconds()/lasted.Seconds()/float64(runtime.NumCPU()), load(), troubles)
	return b.String()
}
