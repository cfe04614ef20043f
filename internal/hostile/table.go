package main

import (
	"fmt"
	"strings"
	"time"
)

var columns = []string{"attack", "transport", "mechanism", "done", "alive", "memory, MiB", "p99 before / during / after, ms", "served / in time / bystander", "newcomer, s", "dials", "cpu node / others", "log, KiB/s", "recovered", "verdict"}

// cells returns a row as text, in the order of columns.
func (r *row) cells() []string {
	verdict := "pass"
	if len(r.troubles) > 0 {
		verdict = "FAIL: " + strings.Join(r.troubles, "; ")
	}
	newcomer := "none"
	if r.newcomer > 0 {
		newcomer = fmt.Sprintf("%.1f", r.newcomer.Seconds())
	}
	return []string{
		r.attack.Name, r.transport, r.mechanism(), fmt.Sprint(r.done), yes(r.alive), fmt.Sprintf("%+d", r.rise>>20),
		fmt.Sprintf("%s / %s / %s", millis(r.before.p99()), millis(r.during.p99()), millis(r.after.p99())),
		fmt.Sprintf("%.1f / %.1f / %.1f %%", 100*r.during.servedShare(), 100*r.share(), 100*r.machineShare()), newcomer, fmt.Sprint(r.dials),
		fmt.Sprintf("%.1f / %.1f", r.cpu, r.cpuOthers), fmt.Sprint(r.logRate() >> 10), yes(r.recovered), verdict,
	}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "NO"
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond)) }
