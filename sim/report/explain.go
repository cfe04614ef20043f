package report

import (
	"fmt"
	"strings"
)

// The trace in a report: how many lines, and how many bytes of each.
const (
	tailLines     = 40
	tailLineBytes = 240
)

// A Tail keeps the last lines of a trace, for a report. The zero Tail has none.
type Tail struct {
	lines []string // a ring, once it is full
	next  int      // once it is full: the place of the oldest line
}

// Add adds a line, without a line feed. It keeps nothing of the slice.
func (t *Tail) Add(line []byte) {
	text := string(line[:min(len(line), tailLineBytes)])
	if len(line) > tailLineBytes {
		text += " ..."
	}
	if len(t.lines) < tailLines {
		t.lines = append(t.lines, text)
		return
	}
	t.lines[t.next] = text
	t.next = (t.next + 1) % tailLines
}

// Lines returns the lines, the oldest first.
func (t *Tail) Lines() []string {
	return append(append([]string{}, t.lines[t.next:]...), t.lines[:t.next]...)
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
	if lines := e.Trace.Lines(); len(lines) > 0 {
		fmt.Fprintf(&b, "\nThe last %d lines of its trace, up to the moment it broke:\n\n", len(lines))
		for _, line := range lines {
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
