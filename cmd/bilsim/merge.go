package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// merger puts results of hunts together.
type merger struct {
	*machines
	vacuous uint64
	known   book
	parts   []campaign.Part  // of a file each
	total   *campaign.Result // nil if there is none
	unread  int              // files
}

func mergeResults(c *console, args []string) (int, error) {
	m := &merger{}
	f := c.flagSet("merge")
	m.machines = c.machines("merge", f)
	vacuousFlag(f, &m.vacuous)
	m.known.flags(f)
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if f.NArg() == 0 {
		return 0, errors.New("name files that bilsim hunt -json has printed, or - for standard input")
	}
	if err := m.known.read(); err != nil {
		return 0, err
	}
	for _, name := range f.Args() {
		if err := m.add(name); err != nil {
			fmt.Fprintf(c.err, "bilsim merge: %s: %v\n", name, err)
			m.unread++
		}
	}
	if m.total == nil {
		return exitUsage, nil
	}
	m.known.runPinned()
	m.known.update(m.total)
	err := m.tell()
	return m.code(), errors.Join(err, m.known.write(), m.finish())
}

// add takes in the results of a file.
func (m *merger) add(name string) error {
	text, err := readText(m.c, name)
	if err != nil {
		return err
	}
	results, err := resultsIn(text)
	if err != nil {
		return err
	}
	for _, r := range results {
		total := r
		if m.total != nil {
			if total, err = campaign.Merge(m.total, r); err != nil {
				return err
			}
		}
		m.total, m.parts = total, append(m.parts, campaign.Part{Name: name, Result: r})
	}
	return nil
}

// resultLineBytes is how long a line with a result may be.
const resultLineBytes = 64 << 20

// resultsIn returns the results among JSON lines. Others are passed over: logs of pods have
// what was printed for people among them.
func resultsIn(text string) (results []*campaign.Result, err error) {
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, resultLineBytes)
	for n := 1; lines.Scan(); n++ {
		var head struct{ Type string }
		if json.Unmarshal(lines.Bytes(), &head) != nil || head.Type != "summary" {
			continue
		}
		r := new(campaign.Result)
		if err := json.Unmarshal(lines.Bytes(), r); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		results = append(results, r)
	}
	if len(results) == 0 && lines.Err() == nil {
		return nil, errors.New("it has no summary, as bilsim hunt -json prints at its end")
	}
	return results, lines.Err()
}

// code returns the exit status: of several reasons the highest counts.
func (m *merger) code() int {
	switch {
	case m.unread > 0 || len(m.total.Missing()) > 0:
		return exitUsage
	case m.known.fails(m.total) || len(m.total.Lacks(m.vacuous)) > 0:
		return exitViolation
	}
	return exitFine
}

// lacks says everything that the results leave open.
func (m *merger) lacks() []string {
	lacks := m.total.Lacks(m.vacuous)
	if missing := m.total.Missing(); len(missing) > 0 {
		lacks = append(lacks, fmt.Sprintf("no result has seeds %v: a shard is missing", missing))
	}
	if m.unread > 0 {
		lacks = append(lacks, fmt.Sprintf("%d files could not be taken in", m.unread))
	}
	return lacks
}

// tell tells of the whole.
func (m *merger) tell() error {
	lacks := m.lacks()
	err := m.note(&finding{name: fmt.Sprintf("%v, %d seeds", m.total.Campaign.Model, m.total.Seeds()), lack: strings.Join(lacks, "; "), took: m.total.Took})
	pages := map[string]string{}
	for i := range m.total.Findings {
		f, wrong := m.finding(&m.total.Findings[i])
		err = errors.Join(err, wrong)
		if f != nil && len(f.artifacts) > 0 {
			pages[m.total.Findings[i].ID()] = filepath.Base(f.artifacts[0])
		}
	}
	if m.html != "" {
		err = errors.Join(err, m.page(lacks, pages))
	}
	if m.json {
		m.known.lines(m.c)
		fields, wrong := resultFields(m.total)
		if wrong == nil {
			m.c.line("summary", fields)
		}
		return errors.Join(err, wrong)
	}
	m.print(lacks)
	return err
}

// finding tells of a finding, and writes its page: the scenario is run once more.
func (m *merger) finding(x *campaign.Finding) (*finding, error) {
	f := &finding{name: fmt.Sprintf("%s, %d seeds", x.ID(), x.Seeds), seed: x.Seed, replay: x.Replay}
	if x.Scenario == "" { // the seed has ended its process, which shrinks nothing any more
		f.lack = x.What
		return f, m.note(f)
	}
	s, err := sim.Parse(x.Scenario)
	if err != nil {
		return nil, fmt.Errorf("the scenario of %s: %w", x.ID(), err)
	}
	began := time.Now()
	f.result = s.Run(sim.RunOptions{})
	if v := f.result.Violation; v != nil && v.Property.ID == x.Property {
		f.diagnosis = sim.Diagnose(f.result, x.Replay)
	} else {
		f.result, f.lack = nil, "its scenario shows it no more: this is another build than the one that found it"
	}
	f.took = time.Since(began)
	return f, m.note(f)
}

// print tells people.
func (m *merger) print(lacks []string) {
	for _, p := range m.parts {
		fmt.Fprintf(m.c.out, "%s: seeds %v, %d violations, digest %.16s\n", p.Name, p.Result.Ran, p.Result.Violations(), p.Result.Digest)
	}
	if gaps := m.total.Gaps(); len(gaps) > 0 {
		fmt.Fprintf(m.c.out, "%d seeds were not run, as time was up or there were too many violations: %v\n", gaps.Len(), gaps)
	}
	for i := range m.total.Findings {
		f := &m.total.Findings[i]
		fmt.Fprintf(m.c.out, "%s, %d seeds: %s\n  %s\n  %s\n", f.ID(), f.Seeds, f.Claim, f.What, f.Replay)
	}
	m.c.sum(m.total, lacks)
	m.known.tell(m.c.out)
	if m.html != "" {
		fmt.Fprintf(m.c.out, "Written: %s\n", filepath.Join(m.html, mergedPage))
	}
}

// mergedPage is the name of the page of the whole in its folder.
const mergedPage = "index.html"

// page writes that page.
func (m *merger) page(lacks []string, pages map[string]string) error {
	if err := os.MkdirAll(m.html, 0o755); err != nil {
		return err
	}
	p := &campaign.Page{
		Result: m.total, Fine: m.code() == exitFine, Lacks: lacks, By: "file", Parts: m.parts, Status: m.known.status, Pages: pages,
	}
	var out strings.Builder
	if err := p.Write(&out); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(m.html, mergedPage), []byte(out.String()), 0o644)
}
