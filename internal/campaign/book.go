package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// A Status says how a finding stands after the latest run, by the one before.
type Status string

// The statuses of findings.
const (
	StatusNew       Status = "new"       // seen for the first time
	StatusOngoing   Status = "ongoing"   // seen before, and still there
	StatusResolved  Status = "resolved"  // seen before, and not any more
	StatusRegressed Status = "regressed" // was resolved, and is back
)

// next returns the status after a run in which the finding was seen, or was not; a finding
// that is not known yet has none.
func (s Status) next(seen bool) Status {
	switch {
	case s == "":
		return StatusNew
	case !seen:
		return StatusResolved
	case s == StatusResolved:
		return StatusRegressed
	}
	return StatusOngoing
}

// An Entry is what a Book keeps of a finding.
type Entry struct {
	ID       string // as Finding.ID returns it
	Status   Status
	What     string   // was seen, in one line
	Replay   string   // the command that runs the seed that showed it first
	Notes    []string // of people: the program only keeps them
	Scenario string   // the smallest one: it is pinned, and run before each sweep; "" if the process did not survive it
}

// Property returns the ID of the property that the entry is about.
func (e *Entry) Property() string {
	id, _, _ := strings.Cut(e.ID, "-")
	return id
}

// A Book is what is known of findings over many runs, to be kept in a file. The zero Book
// knows none. It is not safe for concurrent use.
type Book struct{ Entries []Entry } // in the order of their IDs

// header is the first line of a book; what follows it names version 1 of the format.
const header = "bilsim findings 1"

// The words that lines of an entry begin with; lines of the scenario are indented.
const (
	wordFinding = "finding "
	wordWhat    = "what "
	wordReplay  = "replay "
	wordNote    = "note "
	indentation = "    "
)

// String returns the book as text, which ParseBook reads. Equal books are equal texts, and
// a change of one finding changes the lines of that one alone.
func (b *Book) String() string {
	var text strings.Builder
	text.WriteString(header + "\n")
	for i := range b.Entries {
		e := &b.Entries[i]
		fmt.Fprintf(&text, "\n%s%s %s\n%s%s\n%s%s\n", wordFinding, e.ID, e.Status, wordWhat, e.What, wordReplay, e.Replay)
		for _, n := range e.Notes {
			text.WriteString(wordNote + n + "\n")
		}
		for line := range strings.Lines(e.Scenario) {
			text.WriteString(indentation + strings.TrimRight(line, "\n") + "\n")
		}
	}
	return text.String()
}

// ParseBook reads a book. An error names the line.
func ParseBook(text string) (*Book, error) {
	b, n := &Book{}, 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if n == 1 {
			if line != header {
				return nil, fmt.Errorf("line 1: a file of findings begins with %q", header)
			}
			continue
		}
		if err := b.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	for i := range b.Entries {
		e := &b.Entries[i]
		if e.Scenario == "" {
			continue
		}
		if _, err := sim.Parse(e.Scenario); err != nil {
			return nil, fmt.Errorf("the scenario of finding %s: %w", e.ID, err)
		}
	}
	slices.SortFunc(b.Entries, byID)
	for i := 1; i < len(b.Entries); i++ {
		if b.Entries[i].ID == b.Entries[i-1].ID {
			return nil, fmt.Errorf("finding %s is there twice", b.Entries[i].ID)
		}
	}
	return b, nil
}

// line reads a line behind the first one.
func (b *Book) line(line string) error {
	if rest, ok := strings.CutPrefix(line, wordFinding); ok {
		id, status, _ := strings.Cut(rest, " ")
		known := slices.Contains([]Status{StatusNew, StatusOngoing, StatusResolved, StatusRegressed}, Status(status))
		if property, print, _ := strings.Cut(id, "-"); property == "" || print == "" || !known {
			return fmt.Errorf("want finding PROPERTY-FINGERPRINT new, ongoing, resolved or regressed")
		}
		b.Entries = append(b.Entries, Entry{ID: id, Status: Status(status)})
		return nil
	}
	if line == "" {
		return nil
	}
	if len(b.Entries) == 0 {
		return fmt.Errorf("want a finding before %q", line)
	}
	e := &b.Entries[len(b.Entries)-1]
	for prefix, to := range map[string]func(s string){
		wordWhat: func(s string) { e.What = s }, wordReplay: func(s string) { e.Replay = s },
		wordNote: func(s string) { e.Notes = append(e.Notes, s) }, indentation: func(s string) { e.Scenario += s + "\n" },
	} {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			to(rest)
			return nil
		}
	}
	return fmt.Errorf("want finding, what, replay, note or an indented line of a scenario, not %q", line)
}

func byID(a, b Entry) int { return cmp.Compare(a.ID, b.ID) }

// Pinned runs the scenario of every finding, and returns the IDs of those that still
// violate their property.
func (b *Book) Pinned() (seen []string) {
	for i := range b.Entries {
		e := &b.Entries[i]
		s, err := sim.Parse(e.Scenario)
		if err != nil {
			continue // it has none: ParseBook has read it
		}
		for _, v := range s.Run(sim.RunOptions{NoDigest: true}).Violations {
			if v.Property.ID == e.Property() {
				seen = append(seen, e.ID)
				break
			}
		}
	}
	return seen
}

// Update notes a run: the pinned findings that it has seen, as Pinned returns them, and
// the findings of its seeds.
func (b *Book) Update(pinned []string, found []Finding) {
	for i := range found {
		if !slices.ContainsFunc(b.Entries, func(e Entry) bool { return e.ID == found[i].ID() }) {
			b.Entries = append(b.Entries, Entry{ID: found[i].ID()})
		}
	}
	for i := range b.Entries {
		e := &b.Entries[i]
		at := slices.IndexFunc(found, func(f Finding) bool { return f.ID() == e.ID })
		seen := slices.Contains(pinned, e.ID)
		if at >= 0 && !seen { // also where the scenario that was pinned does not show it any more
			f := &found[at]
			e.What, e.Replay, e.Scenario = firstLine(f.What), f.Replay, f.Scenario
		}
		e.Status = e.Status.next(seen || at >= 0)
	}
	slices.SortFunc(b.Entries, byID)
}

// With returns the findings with one of the statuses.
func (b *Book) With(statuses ...Status) (list []Entry) {
	for _, e := range b.Entries {
		if slices.Contains(statuses, e.Status) {
			list = append(list, e)
		}
	}
	return list
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
