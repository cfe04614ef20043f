package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// The marks in a document between which the table of agreement is written.
const (
	agreementBegin = "<!-- what follows is written by make real WRITE=1 -->\n"
	agreementEnd   = "<!-- end -->\n"
)

// writeAgreement puts the table into a document.
func writeAgreement(file string, runs []*realRun, p *realPlan, took time.Duration) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, begins := bytes.Cut(old, []byte(agreementBegin))
	_, tail, ends := bytes.Cut(rest, []byte(agreementEnd))
	if !begins || !ends {
		return fmt.Errorf("%s lacks the lines %q and %q", file, agreementBegin, agreementEnd)
	}
	a := agreement{plan: p, rows: map[string]*agreementRow{}}
	for _, r := range runs {
		a.add(r)
	}
	text := fmt.Sprintf("%s\n%s\n%s%s", agreementBegin, a.markdown(took), agreementEnd, tail)
	return os.WriteFile(file, append(head, text...), 0o644)
}

// agreement is what came of all runs.
type agreement struct {
	plan  *realPlan
	files []string // in their order
	rows  map[string]*agreementRow
}

// agreementRow is what came of the runs of one file.
type agreementRow struct {
	facts, hanging, unseen int
	faster                 int64
	longest                time.Duration
	good, runs             map[string]int // by column
	refusals               []string
}

// add counts a run.
func (a *agreement) add(r *realRun) {
	row := a.rows[r.file]
	if row == nil {
		row = &agreementRow{good: map[string]int{}, runs: map[string]int{}}
		a.rows[r.file] = row
		a.files = append(a.files, r.file)
	}
	if r.refusal != nil {
		on := ""
		if r.scenario.NotRealOn != "" {
			on = "on " + r.scenario.NotRealOn + ": "
		}
		row.refusals = append(row.refusals, on+r.refusal.Why)
		return
	}
	row.runs[r.column()]++
	if r.err != nil {
		return
	}
	row.facts, row.hanging, row.unseen = len(r.result.World), r.result.World.Hanging(), len(r.result.Unseen)
	row.faster, row.longest = r.result.Faster, max(row.longest, r.result.Took)
	if r.result.Agrees() {
		row.good[r.column()]++
	}
}

// column is where a run counts. A scenario with keys is encrypted in any case, and counts
// with those that are as they say.
func (r *realRun) column() string {
	if r.curve && !r.scenario.Keys {
		return r.transport + ", curve"
	}
	return r.transport
}

// columns are those that there are.
func (a *agreement) columns() (all []string) {
	for _, curve := range a.plan.curves {
		for _, transport := range a.plan.transports {
			if curve {
				transport += ", curve"
			}
			all = append(all, transport)
		}
	}
	return all
}

// markdown returns the table and what is said of it.
func (a *agreement) markdown(took time.Duration) string {
	var table, refused strings.Builder
	columns := a.columns()
	fmt.Fprintf(&table, "| scenario | facts | of them on ms | not seen | faster | %s | longest, s |\n|%s\n",
		strings.Join(columns, " | "), strings.Repeat("---|", len(columns)+6))
	agreed, disagreed := 0, 0
	for _, file := range a.files {
		row, name := a.rows[file], strings.TrimSuffix(filepath.Base(file), ".sim")
		for _, why := range row.refusals {
			fmt.Fprintf(&refused, "- %s: %s\n", name, why)
		}
		if len(row.runs) == 0 {
			continue
		}
		all := true
		var cells []string
		for _, c := range columns {
			if row.runs[c] == 0 {
				cells = append(cells, "-")
				continue
			}
			all = all && row.good[c] == row.runs[c]
			cells = append(cells, fmt.Sprintf("%d/%d", row.good[c], row.runs[c]))
		}
		if all {
			agreed++
		} else {
			disagreed++
		}
		fmt.Fprintf(&table, "| %s | %d | %d | %d | %d | %s | %.1f |\n", name, row.facts, row.hanging, row.unseen, row.faster,
			strings.Join(cells, " | "), row.longest.Seconds())
	}
	return fmt.Sprintf("%s %d scenarios agree in all runs, %d don't in some; %d runs at a time, %s in all.\n\n%s\nNot run, as a whole or in part:\n\n%s",
		machineText(), agreed, disagreed, a.plan.jobs, took.Round(time.Second), table.String(), refused.String())
}

// machineText describes what the runs were made on.
func machineText() string {
	version := "none"
	if out, err := exec.Command("pkg-config", "--modversion", "libzmq").Output(); err == nil {
		version = strings.TrimSpace(string(out))
	}
	load := ""
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		load = ", load average " + strings.Join(strings.Fields(string(text))[:3], " ") + " at the end"
	}
	return fmt.Sprintf("Run on %s/%s, %d processors, %s, libzmq %s%s.", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), version, load)
}
