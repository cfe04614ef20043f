package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
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

// markdown returns a table.
func markdown(rows []*row) string {
	var b strings.Builder
	line := func(cells []string) {
		for i, c := range cells {
			cells[i] = strings.NewReplacer("|", "\\|", "\n", " ").Replace(c)
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	line(append([]string(nil), columns...))
	b.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
	for _, r := range rows {
		line(r.cells())
	}
	return b.String()
}

// machine describes what the figures were measured on.
func machine() string {
	version := "none"
	if out, err := exec.Command("pkg-config", "--modversion", "libzmq").Output(); err == nil {
		version = strings.TrimSpace(string(out))
	}
	return fmt.Sprintf("Measured on %s, %d cores, %s, libzmq %s; %s.", systemText(), runtime.NumCPU(), runtime.Version(), version, pageText())
}

// The marks in a document between which the run writes.
const (
	markBegin = "<!-- what follows is written by make hostile WRITE=1 -->\n"
	markEnd   = "<!-- end -->\n"
)

// writeInto replaces what stands between the marks of a document.
func writeInto(file, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, ok := bytes.Cut(old, []byte(markBegin))
	_, tail, ok2 := bytes.Cut(rest, []byte(markEnd))
	if !ok || !ok2 {
		return fmt.Errorf("%s: the marks are missing: %q and %q", file, markBegin, markEnd)
	}
	var b bytes.Buffer
	b.Write(head)
	b.WriteString(markBegin + text + markEnd)
	b.Write(tail)
	return os.WriteFile(file, b.Bytes(), 0o644)
}
