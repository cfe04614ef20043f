package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/reality"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/defects"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// Where the matrix is kept, from the root of the repository.
const (
	killScenarios = "testdata/scenario"
	killTable     = "docs/KILL.md"
)

// killer hunts known defects.
type killer struct {
	c      *console
	starts int
	most   int // seeds of one start
	write  bool
	html   string // the folder for a page; empty: none
}

// kill fails if a defect survives: a start that does not find it within its
// seeds is enough.
func kill(c *console, args []string) (int, error) {
	k := killer{c: c}
	f := c.flagSet("kill")
	f.IntVar(&k.starts, "starts", 20, "independent starts of each hunt")
	f.IntVar(&k.most, "most", 5000, "seeds after which a start gives up")
	f.BoolVar(&k.write, "write", false, "write the scenarios and "+killTable+" anew; what is missing is written anyway")
	only := f.String("only", "", "hunt this defect only, such as K8, and explain what is found")
	f.StringVar(&k.html, "html", "", "with -only, write the page of what is found into this `folder`")
	if err := parseAll(f, args); err != nil {
		return 0, err
	}
	if k.html != "" && *only == "" {
		return 0, errors.New("-html wants -only: a page shows one defect")
	}
	all := defects.All()
	if k.starts < 1 || k.most < 1 {
		return 0, errors.New("-starts and -most are at least 1")
	}
	if *only != "" {
		all = slices.DeleteFunc(all, func(d defects.Defect) bool { return d.ID != *only })
		if len(all) == 0 {
			return 0, fmt.Errorf("there is no defect %q: they are called K1 to K18, K11b and K13b", *only)
		}
	}
	if info, err := os.Stat(killScenarios); err != nil || !info.IsDir() {
		return 0, fmt.Errorf("there is no %s here: run this in the root of the repository", killScenarios)
	}
	return k.matrix(all, *only != "")
}

// matrix hunts the defects one after the other and prints a row for each.
func (k *killer) matrix(all []defects.Defect, explain bool) (int, error) {
	begun := time.Now()
	table := fmt.Sprintf("| id | defect | found by, in %d starts | seeds, median (most) | model | lines | scenario |\n|---|---|---|---|---|---|---|\n", k.starts)
	fmt.Fprint(k.c.out, table)
	survivors := 0
	for i := range all {
		h := k.hunt(&all[i])
		if err := k.keep(h); err != nil {
			return 0, err
		}
		row := k.row(h)
		fmt.Fprint(k.c.out, row)
		table += row
		if len(h.finds) < k.starts {
			survivors++
		}
		if explain && h.small != nil {
			again := h.defect.In(h.small).Run(sim.RunOptions{NoDigest: true})
			fmt.Fprint(k.c.out, sim.Explain(again, "go run ./cmd/bilsim kill -only "+h.defect.ID))
			if err := k.page(h); err != nil {
				return 0, err
			}
		}
	}
	fmt.Fprintf(k.c.out, "\n%d of %d survived, %v\n", survivors, len(all), time.Since(begun).Round(time.Second))
	if survivors > 0 {
		return exitViolation, nil
	}
	if _, err := os.Stat(killTable); !explain && (k.write || err != nil) {
		return exitFine, os.WriteFile(killTable, []byte(fmt.Sprintf(killText, k.starts, table)), 0o644)
	}
	return exitFine, nil
}

var errPlanted = errors.New("its nodes have a planted defect, which the simulation of a page has not")

// page writes the page of the first find of a defect by its commonest property, if there is
// a folder for it. Nothing in the page names the defect.
func (k *killer) page(h *hunted) error {
	if k.html == "" {
		return nil
	}
	i := slices.IndexFunc(h.finds, func(f find) bool { return f.result.Violation.Property == h.property })
	s := h.finds[i].result.Scenario
	_, err := k.c.draw(k.html, &finding{name: fmt.Sprintf("seed %d, %v", s.Seed, s.Model), seed: s.Seed, replay: "go run ./cmd/bilsim kill -only ID", alone: errPlanted}, s)
	return err
}

// killText is docs/KILL.md around the table.
const killText = `# The kill matrix

Written by ` + "`make kill WRITE=1`" + `; ` + "`make kill`" + ` measures it again and fails if a defect survives.

The known defects of the original package (up to K13b), and of earlier versions of this one, are the test of the simulated world. Each is put back into a test double of
the core (package ` + "`sim/defects`" + `): something that owns a machine and rewrites its events and actions, in every node of
ours. The core itself has no switch for it. K11 and K13 have two halves, each a row.

Each hunt has %d starts, every one with seeds of its own. A seed stands for two random scenarios, one in the physical
model of a link and one in the adversarial model. It counts when a property of docs/SIMULATION.md is violated with the
defect, and nothing is with the healthy core. *Seeds* says how many that took. *Model* is the weaker model that shows
the defect, *lines* the length of its smallest scenario without the comment at its head and the line that says why it is not for processes. Such a scenario passes on the
healthy core and stays as a test of it; without any one of its faults, it would not show the defect.

%s`

// find is the first run of a start that shows a defect.
type find struct {
	seeds  int
	result *sim.Result
}

// hunted is what came of hunting one defect.
type hunted struct {
	defect   *defects.Defect
	finds    []find
	property sim.Property // that most starts found it by
	small    *sim.Scenario
}

// shrunkMost is how many of the finds are shrunk; the smallest result is kept.
const shrunkMost = 5

// shrinkRuns bounds the runs of one shrinking.
const shrinkRuns = 3000

func (k *killer) hunt(d *defects.Defect) *hunted {
	h := &hunted{defect: d}
	all := make([]find, k.starts)
	parallel(k.starts, func(i int) {
		const apart = 1_000_000 // no two starts share a seed
		if r, seeds := d.Find(uint64(i)*apart, k.most); r != nil {
			all[i] = find{seeds, r}
		}
	})
	h.finds = slices.DeleteFunc(all, func(f find) bool { return f.result == nil })
	h.property = h.commonest()
	var shown []*sim.Result
	for _, f := range h.finds {
		if f.result.Violation.Property == h.property && len(shown) < shrunkMost {
			shown = append(shown, f.result)
		}
	}
	candidates := make([]*sim.Scenario, len(shown))
	parallel(len(shown), func(i int) {
		candidates[i] = sim.Shrink(shown[i], shrinkRuns)
	})
	for _, s := range candidates {
		if h.small == nil || simpler(s, h.small) {
			h.small = s
		}
	}
	return h
}

// simpler prefers the weaker model, then fewer lines.
func simpler(a, b *sim.Scenario) bool {
	if a.Model != b.Model {
		return a.Model == sim.Physical
	}
	return lines(a) < lines(b)
}

func lines(s *sim.Scenario) int {
	bare := *s
	bare.Prose, bare.NotReal, bare.NotRealOn = nil, "", ""
	return strings.Count(sim.Format(&bare), "\n")
}

// parallel calls f for 0 to n-1 on all processors.
func parallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				f(i)
			}
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// counts returns how many starts found the defect by each property, in the
// order of the properties.
func (h *hunted) counts() (properties []sim.Property, counts []int) {
	for _, p := range sim.Properties() {
		n := 0
		for _, f := range h.finds {
			if f.result.Violation.Property == p {
				n++
			}
		}
		if n > 0 {
			properties, counts = append(properties, p), append(counts, n)
		}
	}
	return properties, counts
}

func (h *hunted) commonest() (most sim.Property) {
	properties, counts := h.counts()
	top := 0
	for i, p := range properties {
		if counts[i] > top {
			most, top = p, counts[i]
		}
	}
	return most
}

// row is the defect's row of the table.
func (k *killer) row(h *hunted) string {
	d := h.defect
	if h.small == nil {
		return fmt.Sprintf("| %s | %s | **survived**, %s | | | | |\n", d.ID, d.Name, k.exercised(d))
	}
	var by []string
	properties, counts := h.counts()
	for i, p := range properties {
		by = append(by, fmt.Sprintf("%s (%d)", p.ID, counts[i]))
	}
	if n := k.starts - len(h.finds); n > 0 {
		by = append(by, fmt.Sprintf("**survived %d**, %s", n, k.exercised(d)))
	}
	seeds := make([]int, len(h.finds))
	for i, f := range h.finds {
		seeds[i] = f.seeds
	}
	slices.Sort(seeds)
	return fmt.Sprintf("| %s | %s | %s | %d (%d) | %v | %d | %s |\n", d.ID, d.Name, strings.Join(by, ", "),
		seeds[len(seeds)/2], seeds[len(seeds)-1], h.small.Model, lines(h.small), d.File)
}

// exercised says whether a defect that survived ever made a difference, which no
// property noticed, or never came into play.
func (k *killer) exercised(d *defects.Defect) string {
	const seedsMost = 200
	runs, differ := d.Exercised(0, min(k.most, seedsMost))
	if differ == 0 {
		return fmt.Sprintf("never exercised in %d runs", runs)
	}
	return fmt.Sprintf("exercised in %d of %d runs", differ, runs)
}

// keep writes the defect's scenario to its file, if there is none or all are to
// be written anew. The healthy core has to pass it.
func (k *killer) keep(h *hunted) error {
	if h.small == nil {
		return nil
	}
	h.small.Prose = []string{
		h.defect.Rule,
		fmt.Sprintf("With defect %s (%s) it", h.defect.ID, h.defect.Name),
		fmt.Sprintf("violates %s: %s", h.property.ID, h.property.Claim),
	}
	name := filepath.Join(killScenarios, h.defect.File+".sim")
	h.small.NotReal, h.small.NotRealOn = whyNotReal(h.small, name)
	text := sim.Format(h.small)
	healthy, err := sim.Parse(text)
	if err != nil {
		return fmt.Errorf("%s: its scenario can't be read back: %w", h.defect.ID, err)
	}
	r := healthy.Run(sim.RunOptions{NoDigest: true})
	if r.Violation != nil && r.Violation.Property == report.Expected {
		// Without the defect a frame that a rule is about may not be sent at all.
		text = maybe(healthy)
		r = healthy.Run(sim.RunOptions{NoDigest: true})
	}
	if r.Violation != nil {
		return fmt.Errorf("%s: the healthy core fails its scenario too: %w\n%s", h.defect.ID, r.Violation, text)
	}
	if _, err := os.Stat(name); err == nil && !k.write {
		return nil
	}
	return os.WriteFile(name, []byte(text), 0o644)
}

// whyNotReal returns why a scenario can't be run by processes, and on which transport, if
// that is known: what they can't do, or what a file with the same scenario says.
func whyNotReal(s *sim.Scenario, file string) (why, on string) {
	if r := reality.Check(s, "zmtp", false); r != nil {
		return r.Why, ""
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", ""
	}
	is, err := sim.Parse(string(text))
	if err != nil {
		return "", ""
	}
	said := *is
	said.NotReal, said.NotRealOn = "", ""
	if sim.Format(&said) != sim.Format(s) {
		return "", ""
	}
	return is.NotReal, is.NotRealOn
}

// maybe lets every rule of a scenario meet no frame, and returns its text.
func maybe(s *sim.Scenario) string {
	for i := range s.Lines {
		if r := s.Lines[i].Rule; r != nil {
			r.Maybe = true
		}
	}
	return sim.Format(s)
}
