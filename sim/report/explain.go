package report

import (
	"fmt"
	"slices"
	"strings"
)

// The trace in a report: how many lines, and how many bytes of each.
const (
	tailLines     = 40
	tailLineBytes = 240
)

// A Tail keeps the last lines of a trace, for a report. Where there is no room for all of
// them, those that say little go first. The zero Tail has none.
type Tail struct {
	lines []tailLine // the oldest first
	gap   int        // how many lines that say little were left out behind the last one
}

// tailLine is a line of a Tail.
type tailLine struct {
	text string // without a line feed, and not whole if it is long
	idle bool   // it says little
	gap  int    // how many lines that say little were left out before it
}

// Add adds a line, without a line feed. It keeps nothing of the slice.
func (t *Tail) Add(line []byte) { t.add(line, false) }

// AddIdle adds a line that says little, as it does of a heartbeat.
func (t *Tail) AddIdle(line []byte) { t.add(line, true) }

func (t *Tail) add(line []byte, idle bool) {
	if len(t.lines) == tailLines {
		oldest := slices.IndexFunc(t.lines, func(l tailLine) bool { return l.idle })
		switch {
		case oldest >= 0:
			t.leaveOut(oldest)
		case idle:
			t.gap++
			return
		default:
			t.lines = slices.Delete(t.lines, 0, 1)
			t.lines[0].gap = 0 // what is before the first line is not told of
		}
	}
	text := string(line[:min(len(line), tailLineBytes)])
	if len(line) > tailLineBytes {
		text += " ..."
	}
	t.lines = append(t.lines, tailLine{text, idle, t.gap})
	t.gap = 0
}

// leaveOut takes away a line that says little.
func (t *Tail) leaveOut(i int) {
	gap := t.lines[i].gap + 1
	t.lines = slices.Delete(t.lines, i, i+1)
	switch {
	case i == 0:
		t.lines[0].gap = 0
	case i < len(t.lines):
		t.lines[i].gap += gap
	default:
		t.gap += gap
	}
}

// Lines returns the lines, the oldest first. In the place of those that were left out
// between them stands how many there were.
func (t *Tail) Lines() []string {
	var lines []string
	for _, l := range t.lines {
		lines = append(appendGap(lines, l.gap), l.text)
	}
	return appendGap(lines, t.gap)
}

func appendGap(lines []string, n int) []string {
	switch n {
	case 0:
		return lines
	case 1:
		return append(lines, "(1 line of heartbeats)")
	}
	return append(lines, fmt.Sprintf("(%d lines of heartbeats)", n))
}

// An Explanation is what a reader of a failure needs.
type Explanation struct {
	Violation *Violation   // what was found first
	Others    []*Violation // what else was found in the same run, in order
	Seed      uint64       // of the scenario
	Note      string       // what else there is to say of the run; may be empty
	Scenario  string       // that shows the violation
	Smaller   bool         // the Scenario was made from the one that was run, by taking away
	Runs      int          // how many scenarios were run to find it
	Trace     *Tail        // of the run of the Scenario, up to the violation
	Diagram   string       // of that run, in Mermaid's language; may be empty
	Command   string       // what replays the run
}

// String returns the report, in this order: the property in English, everything that
// was seen, the scenario, its trace up to there, the diagram, and the command.
func (e *Explanation) String() string {
	var b strings.Builder
	v := e.Violation
	fmt.Fprintf(&b, "\n%s: %s\n\n", v.Property.ID, v.Property.Claim)
	indent(&b, v.Error())
	for _, other := range e.Others {
		indent(&b, other.Error())
	}
	indent(&b, strings.TrimRight(fmt.Sprintf("Seed %d. %s", e.Seed, e.Note), " "))
	switch {
	case e.Smaller:
		fmt.Fprintf(&b, "\nThe smallest scenario that shows it, of %d that were run:\n\n", e.Runs)
	case e.Runs > 1:
		fmt.Fprintf(&b, "\nThe scenario (none of %d smaller ones that were run shows it):\n\n", e.Runs-1)
	default:
		b.WriteString("\nThe scenario, as it was run:\n\n")
	}
	indent(&b, e.Scenario)
	if n := len(e.Trace.lines); n > 0 {
		fmt.Fprintf(&b, "\nThe last %d lines of its trace, up to the moment it broke:\n\n", n)
		for _, line := range e.Trace.Lines() {
			indent(&b, line)
		}
	}
	if e.Diagram != "" {
		b.WriteString("\nWhat was said, as a Mermaid diagram (https://mermaid.live shows it):\n\n")
		indent(&b, e.Diagram)
	}
	fmt.Fprintf(&b, "\nReplay it with:  %s\n", e.Command)
	return b.String()
}

// indent writes every line of a text behind two blanks.
func indent(b *strings.Builder, text string) {
	for l := range strings.Lines(text) {
		b.WriteString("  ")
		b.WriteString(strings.TrimRight(l, "\n"))
		b.WriteByte('\n')
	}
}
