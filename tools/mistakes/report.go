package main

import (
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/tools/bounded"
	"github.com/bitmark-inc/bilateralrpc/tools/section"
)

// report is what a measurement found.
type report struct {
	results []*result
	seeds   int
	whole   bool // all mistakes met everything
	took    time.Duration
}

// counts of mistakes by who noticed them.
type counts struct{ all, tests, golden, scenarios, hunted, unnoticed int }

func (r *report) counts() (c counts) {
	c.all = len(r.results)
	for _, x := range r.results {
		for _, one := range []struct {
			yes bool
			n   *int
		}{
			{x.tests.what != "", &c.tests}, {x.golden.what != "", &c.golden}, {x.scenarios.what != "", &c.scenarios},
			{x.hunt.what != "", &c.hunted}, {x.unnoticed(), &c.unnoticed},
		} {
			if one.yes {
				*one.n++
			}
		}
	}
	return c
}

// good says whether enough is noticed. Of a part nothing is demanded.
func (r *report) good() bool {
	c := r.counts()
	return !r.whole || c.unnoticed == 0 && c.hunted >= huntedMin
}

func (r *report) summary() string {
	c := r.counts()
	return fmt.Sprintf("%d mistakes: the unit tests notice %d, golden tests alone %d more, the scenarios %d, the hunts %d (at least %d of all), nothing %d; in %v",
		c.all, c.tests, c.golden, c.scenarios, c.hunted, huntedMin, c.unnoticed, r.took.Round(time.Second))
}

// unit is the column of the unit tests.
func (r *result) unit() string {
	if r.golden.what != "" {
		return "golden only: " + r.golden.what
	}
	return r.tests.String()
}

func (f finding) String() string {
	switch {
	case !f.ran:
		return "not run"
	case f.what == "":
		return "-"
	}
	return f.what
}

// hunts is the column of the hunts: of a mistake that they missed it says whether it made
// a difference in them.
func (r *result) hunts() string {
	switch {
	case r.hunt.what != "":
		return r.hunt.what
	case r.differ == 0:
		return fmt.Sprintf("-; not exercised in %d seeds", r.compared)
	}
	return fmt.Sprintf("-; exercised in %d of %d seeds", r.differ, r.compared)
}

func (r *result) String() string {
	return fmt.Sprintf("%s %s | %s | %v | %s", r.file, r.id, r.unit(), r.scenarios, r.hunts())
}

// writeFile writes the part "mistakes" of a document.
func (r *report) writeFile(name string) error {
	machine, err := exec.Command("scripts/machine").Output()
	if err != nil {
		return fmt.Errorf("scripts/machine: %w", err)
	}
	return section.Write(name, "mistakes", r.text(string(machine)))
}

func (r *report) text(machine string) string {
	var b strings.Builder
	c := r.counts()
	fmt.Fprintf(&b, preface, c.unnoticed, huntedMin, r.seeds, cpuFactor, int(cpuMin.Seconds()), bounded.MemoryMiB/1024)
	fmt.Fprintf(&b, "Of %d mistakes the unit tests notice %d, golden tests alone %d more, the scenarios %d, **the hunts %d**, nothing %d. Measured in %v on this machine:\n\n```\n%s```\n",
		c.all, c.tests, c.golden, c.scenarios, c.hunted, c.unnoticed, r.took.Round(time.Second), machine)
	b.WriteString("\n| mistake | the harm it does | unit tests | scenarios | hunts |\n|---|---|---|---|---|\n")
	for _, x := range r.results {
		fmt.Fprintf(&b, "| %s %s | %s | %s | %v | %s |\n", x.file, x.id, x.harm, x.unit(), x.scenarios, x.hunts())
	}
	return b.String()
}

const preface = `
## Mistakes made by hand

Written by ` + "`make mistakes WRITE=1`; `make mistakes`" + ` measures it again, and fails if one is noticed by nothing (now %d) or the hunts
alone notice less than %d. The mistakes stand in ` + "`tools/mistakes/mistakes.txt`" + `, each a change at one place of ` + "`core`" + ` of the kind that
a refactoring makes, with the harm it does. They were written without a look at the properties. The hunts found 28 of them; P20, and what P6, P13,
P14, P16 and P17 see beyond that, were written in the knowledge of which ones were missed. So 28 says more of mistakes that nobody knows yet
than the figure of today. A test demands that each still
applies to the present source, and compiles.

Each mistake is built into the module by itself, with ` + "`go build -overlay`" + `, and meets all of the columns; a column says what noticed it
first. The digests of committed seeds are not among them. *Golden only* are tests that hold core against a recording of itself, the
transcripts and the diagrams, where no other test fails. The hunts, of %d seeds of each model of a campaign
of their own, end at the first property that is violated: the column says which, at which index of which model, or what never happened or never had anything to judge
though it should sometimes. A mistake that the hunts miss is *exercised*
where digests of seeds differ from the healthy core's: it lacks a property; one that is not lacks an option of the swarm.
A run may take %d times the CPU time of the healthy module, and at least %d s, and %d GiB of address space.

`
