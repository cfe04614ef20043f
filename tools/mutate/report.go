package main

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/tools/bounded"
	"github.com/bitmark-inc/bilateralrpc/tools/section"
)

// tally counts mutants by what became of them.
type tally struct{ killed, survived, ranAway int }

func (t *tally) add(v verdict) {
	switch v {
	case killed:
		t.killed++
	case survived:
		t.survived++
	case ranAway:
		t.ranAway++
	}
}

func (t tally) all() int { return t.killed + t.survived + t.ranAway }

// score is the share that was killed, in per cent. Mutants that ran away count as
// not killed.
func (t tally) score() float64 {
	if t.all() == 0 {
		return 0
	}
	return 100 * float64(t.killed) / float64(t.all())
}

// row is a line of the report's tables.
type row struct {
	name string
	tally
}

// report is what a measurement found.
type report struct {
	total      tally
	files      []row // in the order of their mutants
	operators  []row
	batteries  []row
	results    []result
	reasons    *reasons
	unreasoned []*Mutant
	unused     []string // keys of reasons; of a measurement of all mutants only
	suite      *suite
	took       time.Duration
}

// newReport adds the results up; whole says that they are those of all mutants.
func newReport(results []result, reasons *reasons, s *suite, took time.Duration, whole bool) *report {
	r := &report{results: results, reasons: reasons, suite: s, took: took}
	for _, op := range operators {
		r.operators = append(r.operators, row{name: op})
	}
	for _, b := range s.batteries {
		r.batteries = append(r.batteries, row{name: b.Name})
	}
	for _, res := range results {
		r.total.add(res.verdict)
		if len(r.files) == 0 || r.files[len(r.files)-1].name != res.File {
			r.files = append(r.files, row{name: res.File})
		}
		r.files[len(r.files)-1].add(res.verdict)
		for i := range r.operators {
			if r.operators[i].name == res.Operator {
				r.operators[i].add(res.verdict)
			}
		}
		for i, b := range s.batteries {
			if res.by == b {
				r.batteries[i].add(res.verdict)
			}
		}
		if res.verdict != killed && reasons.of(res.Mutant) == "" {
			r.unreasoned = append(r.unreasoned, res.Mutant)
		}
	}
	if whole {
		r.unused = reasons.unused()
	}
	return r
}

// good says whether the tests pass.
func (r *report) good() bool {
	return len(r.unreasoned) == 0 && len(r.unused) == 0 && r.total.score() >= killedMin
}

func (r *report) print(w io.Writer) {
	for _, m := range r.unreasoned {
		fmt.Fprintf(w, "not killed, and no reason in %s: %v\n", r.reasons.name, m)
	}
	for _, key := range r.unused {
		fmt.Fprintf(w, "%s: killed, or no mutant any more: %s\n", r.reasons.name, key)
	}
	fmt.Fprintf(w, "%d mutants, %d killed (%.1f %%, at least %d), %d survived, %d ran away, in %v\n", r.total.all(),
		r.total.killed, r.total.score(), killedMin, r.total.survived, r.total.ranAway, r.took.Round(time.Second))
}

// writeFile writes the part "mutants" of a document.
func (r *report) writeFile(name string) error {
	machine, err := exec.Command("scripts/machine").Output()
	if err != nil {
		return fmt.Errorf("scripts/machine: %w", err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, preface, killedMin, cpuFactor, int(cpuMin.Seconds()), bounded.MemoryMiB/1024)
	b.WriteString("| tests | CPU | bound | killed here | ran away here |\n|---|---|---|---|---|\n")
	for i, row := range r.batteries {
		battery := r.suite.batteries[i]
		fmt.Fprintf(&b, "| %s | %.1f s | %v | %d | %d |\n", row.name, battery.cpu.Seconds(), battery.limit, row.killed, row.ranAway)
	}
	fmt.Fprintf(&b, "\n## Score\n\n**%.1f %%** of %d mutants were killed, in %v with %d runs at a time on this machine:\n\n```\n%s```\n",
		r.total.score(), r.total.all(), r.took.Round(time.Second), r.suite.workers, machine)
	table(&b, "file", r.files, r.total)
	table(&b, "operator", r.operators, r.total)
	b.WriteString("\n## Not killed\n\nEach with the reason why no test is owed. `tools/mutate/reasons.txt` holds the reasons.\n")
	r.survivors(&b)
	return section.Write(name, "mutants", b.String())
}

func table(w io.Writer, what string, rows []row, total tally) {
	fmt.Fprintf(w, "\n| %s | mutants | killed | survived | ran away | score |\n|---|---|---|---|---|---|\n", what)
	for _, row := range append(rows, row{"all", total}) {
		fmt.Fprintf(w, "| %s | %d | %d | %d | %d | %.0f %% |\n", row.name, row.all(), row.killed, row.survived, row.ranAway, row.score())
	}
}

// survivors lists what was not killed, under its reason.
func (r *report) survivors(w io.Writer) {
	var texts []string
	under := map[string][]string{}
	for _, res := range r.results {
		if res.verdict == killed {
			continue
		}
		text := r.reasons.of(res.Mutant)
		if text == "" {
			text = "NO REASON YET"
		}
		if under[text] == nil {
			texts = append(texts, text)
		}
		line := strings.ReplaceAll(fmt.Sprintf("%s:%d %s: %s `%s`", res.File, res.Line, res.Function, res.Operator, res.Source), "``", "` `")
		if res.verdict == ranAway {
			line += " (ran away)"
		} else {
			line += " (" + res.exercised + ")"
		}
		under[text] = append(under[text], line)
	}
	for _, text := range texts {
		fmt.Fprintf(w, "\n%s\n\n", text)
		for _, line := range under[text] {
			fmt.Fprintf(w, "- %s\n", line)
		}
	}
}

const preface = `
Written by ` + "`make mutate WRITE=1`; `make mutate`" + ` measures it again, and fails if less than %d %% of the mutants are killed or
if one that is not has no reason below. It is no part of the gate: it takes too long for every change.

## How it is measured

A mutant is one small mistake in one place of ` + "`core/*.go`" + `. The tool is ` + "`tools/mutate`" + `, which uses the standard library
only. It compiles all mutants into one copy of the module, each behind a number, so that every one of them is valid
Go by its making: there are no invalid mutants to leave out. The operators:

- negate a condition, or a comparison; move its boundary (` + "`<` and `<=`, `>` and `>=`" + `);
- drop one operand of ` + "`&&` or `||`" + `;
- swap ` + "`+ -`, `* /`, `& |`, `<< >>`, `++ --`, `+= -=`, `min max`; `^` becomes `&` and `%%` becomes `*`" + `;
- add 1 to a constant (an enum's value becomes the next one), double a duration, flip true and false;
- remove a statement: a call, an assignment, break, continue, a return without results; empty a case;
- return zeroes.

What an error or a panic says is left alone, and so are names and other strings.

A mutant meets the tests below in this order until one fails. The digests of committed seeds are not among them: they
notice any change, mistake or not. A run may take %d times the CPU time of the healthy module, and at least %d s, and
%d GiB of address space. One that reaches a bound *ran away*: it counts as not killed, however dead it may look. A bound
on CPU time instead of time by the clock keeps a busy machine from deciding a mutant's fate.

`
