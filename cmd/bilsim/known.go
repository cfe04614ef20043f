package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
)

// book is the file of findings of earlier runs, if there is one.
type book struct {
	file   string
	allow  bool // findings that are known do not fail
	known  *campaign.Book
	before string   // what the file held
	pinned []string // IDs of findings that their scenarios still show
}

func (b *book) flags(f *flag.FlagSet) {
	f.StringVar(&b.file, "findings", "", "keep findings in this `file`: their scenarios are run first, and each is new, ongoing, resolved or regressed")
	f.BoolVar(&b.allow, "allow-ongoing", false, "with -findings: do not fail for what is ongoing, as the file knew it before")
}

// read reads the file; one that is not there knows nothing.
func (b *book) read() error {
	if b.file == "" {
		if b.allow {
			return errors.New("-allow-ongoing needs -findings")
		}
		return nil
	}
	text, err := os.ReadFile(b.file)
	b.known = &campaign.Book{}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	b.before = string(text)
	if b.known, err = campaign.ParseBook(b.before); err != nil {
		return fmt.Errorf("%s: %w", b.file, err)
	}
	return nil
}

// runPinned runs the scenarios of the findings.
func (b *book) runPinned() {
	if b.known != nil {
		b.pinned = b.known.Pinned()
	}
}

// update notes what a run has found.
func (b *book) update(r *campaign.Result) {
	if b.known != nil {
		b.known.Update(b.pinned, r.Findings)
	}
}

// fails says whether what was found is a failure.
func (b *book) fails(r *campaign.Result) bool {
	if b.known == nil {
		return r.Violations() > 0
	}
	wrong := b.known.With(campaign.StatusNew, campaign.StatusRegressed)
	if !b.allow {
		wrong = append(wrong, b.known.With(campaign.StatusOngoing)...)
	}
	return len(wrong) > 0
}

// status returns how a finding stands, and "" if no file knows.
func (b *book) status(id string) campaign.Status {
	if b.known != nil {
		for _, e := range b.known.Entries {
			if e.ID == id {
				return e.Status
			}
		}
	}
	return ""
}

// tell prints how every finding stands.
func (b *book) tell(out io.Writer) {
	if b.known == nil {
		return
	}
	for _, e := range b.known.Entries {
		fmt.Fprintf(out, "%-9s  %s: %s\n", e.Status, e.ID, e.What)
	}
}

// lines prints the same as JSON lines.
func (b *book) lines(c *console) {
	if b.known == nil {
		return
	}
	for _, e := range b.known.Entries {
		c.line("finding", map[string]any{
			"id": e.ID, "property": e.Property(), "status": string(e.Status), "what": e.What, "replay": e.Replay, "scenario": e.Scenario,
		})
	}
}

// write writes the file, if it would change.
func (b *book) write() error {
	if b.known == nil || b.known.String() == b.before || b.before == "" && len(b.known.Entries) == 0 {
		return nil
	}
	return os.WriteFile(b.file, []byte(b.known.String()), 0o644)
}
