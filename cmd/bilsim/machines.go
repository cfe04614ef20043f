package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// schemaVersion is that of the JSON lines, docs/bilsim.schema.json. It rises when a
// reader of the earlier ones would misunderstand them; fields may be added without.
const schemaVersion = 1

// machines are the ways in which a command tells other programs what it has found.
type machines struct {
	c         *console
	command   string // such as run
	json      bool   // JSON lines in place of text
	github    bool   // annotations of a GitHub job
	junit     string // the file of a JUnit report, or ""
	html      string // the folder of artifacts, or ""
	keepGoing bool   // a scenario that fails does not stop those behind it
	began     time.Time
	cases     []junitCase
}

// machines adds the flags that say how to tell other programs.
func (c *console) machines(command string, f *flag.FlagSet) *machines {
	m := &machines{c: c, command: command, began: time.Now()}
	f.BoolVar(&m.json, "json", false, "print JSON lines, as docs/bilsim.schema.json has them")
	f.StringVar(&m.junit, "junit", "", "write a JUnit report to this `file`")
	f.StringVar(&m.html, "html", "", "write what is found into this `folder`: the page, the explanation and the smallest scenario, named by scenario and seed")
	f.BoolVar(&m.github, "github", c.env("GITHUB_ACTIONS") == "true", "print annotations for GitHub (the default in its jobs)")
	return m
}

// finding is what came of one run: of a file, of a seed, or of a whole hunt.
type finding struct {
	name      string // of the scenario, as people read it
	file      string // that it was read from, or ""
	seed      uint64
	result    *sim.Result    // nil if it was not run
	diagnosis *sim.Diagnosis // of its violation, if it has been looked for
	replay    string         // the command that runs it again
	err       error          // why it was not run
	lack      string         // of a hunt: why it says too little; may be empty
	took      time.Duration  // by the clock on the wall
	artifacts []string       // files that were written
	alone     error          // why its page can't run it again; nil if it can
}

// violated says whether a property was.
func (f *finding) violated() bool { return f.result != nil && f.result.Violation != nil }

// line returns the line of the file that a reader should look at: of the expectation
// that was not met, or the last fault that is necessary; 1 if none is known.
func (f *finding) line() int {
	if n := f.result.Scenario.Line(f.result.Violation); n > 0 {
		return n
	}
	last := 1
	if f.diagnosis != nil {
		for _, l := range f.diagnosis.Scenario.Lines {
			if l.Fault != nil || l.Rule != nil {
				last = max(last, l.Number)
			}
		}
	}
	return last
}

// note tells everybody of a finding.
func (m *machines) note(f *finding) error {
	var err error
	if f.violated() && m.html != "" && f.diagnosis != nil {
		f.artifacts, err = m.artifacts(f)
	}
	if m.github {
		m.annotate(f)
	}
	m.cases = append(m.cases, junitOf(m.command, f))
	return err
}

// finish writes what is written once.
func (m *machines) finish() error {
	if m.junit == "" {
		return nil
	}
	return writeJUnit(m.junit, "bilsim "+m.command, time.Since(m.began), m.cases)
}

// line prints a JSON line.
func (c *console) line(kind string, fields map[string]any) {
	fields["type"], fields["schema"] = kind, schemaVersion
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err) // strings and numbers always can be
	}
	fmt.Fprintf(c.out, "%s\n", text)
}

// resultLine prints what came of a run as a JSON line.
func (m *machines) resultLine(f *finding) {
	r := f.result
	fields := map[string]any{
		"name": f.name, "seed": r.Scenario.Seed, "model": r.Scenario.Model.String(), "ok": r.Violation == nil,
		"events": r.Events, "elapsed_s": r.Elapsed.Seconds(), "digest": r.Digest, "violations": violationFields(r),
		"artifacts": append([]string{}, f.artifacts...), "replay": f.replay,
	}
	if f.file != "" {
		fields["file"] = f.file
		if r.Violation != nil {
			fields["line"] = f.line()
		}
	}
	if f.diagnosis != nil {
		fields["smallest"] = f.diagnosis.Explanation.Scenario
	}
	m.c.line("result", fields)
}

// errorLine prints what is wrong with a file as a JSON line.
func (m *machines) errorLine(name string, err error) {
	fields := map[string]any{"file": name, "what": err.Error()}
	if syntax := (*sim.SyntaxError)(nil); errors.As(err, &syntax) {
		fields["line"], fields["column"], fields["what"] = syntax.Line, syntax.Column, syntax.What
	}
	m.c.line("error", fields)
}

// violationFields are the violations of a run, for JSON.
func violationFields(r *sim.Result) []map[string]any {
	list := []map[string]any{}
	for _, v := range r.Violations {
		list = append(list, map[string]any{
			"property": v.Property.ID, "claim": v.Property.Claim, "at_s": v.At.Seconds(), "step": v.Step, "what": v.What,
		})
	}
	return list
}
