package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/tools/bounded"
)

// The pinned settings.
const (
	corePackage = "core"
	campaign    = "mistakes" // gives the seeds of the hunts
	cpuFactor   = 10         // CPU time with a mistake, in times of the healthy module's
	cpuMin      = 5 * time.Second
)

// models are those of the world.
var models = [...]string{"physical", "adversarial"}

// golden are the tests of core that hold it against a recording of itself: they notice a
// change, whether it is a mistake or not, and leave it to a reader to tell.
const golden = "^(TestTranscripts|TestStateDiagrams)$"

// A measurement runs what may notice a mistake.
type measurement struct {
	dir       string // of binaries, digests and sources with mistakes
	seeds     int    // of each model
	onlyHunt  bool   // no tests and no scenarios
	scenarios []string
	limits    map[string]time.Duration // of a stage; none yet while the healthy module is run
}

// finding is what noticed a mistake in one of the stages; empty: nothing did.
type finding struct {
	what string // a test, a scenario, or a property and the index of a seed
	ran  bool   // false: the stage has not been run
}

// result is what became of a mistake.
type result struct {
	*mistake
	tests, golden, scenarios, hunt finding
	compared, differ               int // seeds of the hunts
}

// unnoticed says whether nothing that was run noticed.
func (r *result) unnoticed() bool {
	return r.tests.what == "" && r.golden.what == "" && r.scenarios.what == "" && r.hunt.what == ""
}

// newMeasurement builds the healthy module, the one in the working directory, and
// measures what it takes.
func newMeasurement(dir string, seeds int, onlyHunt bool) (*measurement, error) {
	m := &measurement{dir: dir, seeds: seeds, onlyHunt: onlyHunt, limits: map[string]time.Duration{}}
	var err error
	if m.scenarios, err = filepath.Glob("testdata/scenario/*.sim"); err != nil {
		return nil, err
	}
	if err := m.build(""); err != nil {
		return nil, err
	}
	check := func(stage string, r bounded.Run, what string) error {
		if r.Verdict != bounded.Passed {
			return fmt.Errorf("%s fails on the healthy module (%s):\n%s", stage, what, r.Output)
		}
		m.limits[stage] = max(cpuFactor*r.CPU, cpuMin)
		return nil
	}
	for _, s := range m.stages() {
		r := m.run(s.name, s.args, s.where)
		if err := check(s.name, r, s.found(r.Output)); err != nil {
			return nil, err
		}
	}
	for _, model := range models {
		r := m.run(model, append(m.huntArgs(model), "-digests", m.digests(model)), "")
		if err := check(model, r, huntFound(r.Output)); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// build builds the simulator and the tests of core, with what the overlay file puts in
// place of sources.
func (m *measurement) build(overlay string) error {
	builds := [][]string{
		{"build", "-buildvcs=false", "-o", filepath.Join(m.dir, "bilsim"), "-overlay=" + overlay, "./cmd/bilsim"},
		{"test", "-c", "-o", filepath.Join(m.dir, "core.test"), "-overlay=" + overlay, "./" + corePackage},
	}
	if m.onlyHunt {
		builds = builds[:1]
	}
	for _, args := range builds {
		c := exec.Command("go", args...)
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	return nil
}

// stage is a run of tests or scenarios, and found what its output says of a failure.
type stage struct {
	name  string
	args  []string
	where string
	found func(output []byte) string
}

// stages lists what is run before the hunts.
func (m *measurement) stages() []stage {
	if m.onlyHunt {
		return nil
	}
	test := filepath.Join(m.dir, "core.test")
	return []stage{
		{"unit tests", []string{test, "-test.failfast", "-rapid.nofailfile", "-test.skip=" + golden}, corePackage, testFound},
		{"golden tests", []string{test, "-test.failfast", "-test.run=" + golden}, corePackage, testFound},
		{"scenarios", append([]string{filepath.Join(m.dir, "bilsim"), "run"}, m.scenarios...), "", scenarioFound},
	}
}

func (m *measurement) huntArgs(model string) []string {
	return []string{
		filepath.Join(m.dir, "bilsim"), "hunt", "-json", "-workers", "1", "-most", "1", "-campaign", campaign,
		"-seeds", fmt.Sprintf("0..%d", m.seeds), "-model", model,
	}
}

func (m *measurement) digests(model string) string { return filepath.Join(m.dir, model+".digests") }

// run runs one stage, within the bounds that the healthy module has set.
func (m *measurement) run(name string, args []string, where string) bounded.Run {
	limit := time.Hour
	if l := m.limits[name]; l > 0 {
		limit = l
	}
	c := bounded.Command{Args: args, Dir: where, CPU: limit}
	return c.Do()
}

// measure puts a mistake in and runs everything: the golden tests where the other ones saw
// nothing, and the hunts until one finds something.
func (m *measurement) measure(x *mistake) (*result, error) {
	text, err := x.apply(corePackage)
	if err != nil {
		return nil, err
	}
	if err := m.overlay(x, text); err != nil {
		return nil, err
	}
	r := &result{mistake: x}
	into := []*finding{&r.tests, &r.golden, &r.scenarios}
	for i, s := range m.stages() {
		if into[i] != &r.golden || r.tests.what == "" {
			*into[i] = noticed(m.run(s.name, s.args, s.where), s.found)
		}
	}
	for _, model := range models {
		out := m.run(model, append(m.huntArgs(model), "-against", m.digests(model)), "")
		r.hunt = noticed(out, huntFound)
		if r.hunt.what != "" {
			r.hunt.what += ", " + model
			break
		}
		compared, differ := huntDiffer(out.Output)
		r.compared, r.differ = r.compared+compared, r.differ+differ
	}
	return r, nil
}

// noticed returns the finding of a run. One that ran away has noticed nothing.
func noticed(r bounded.Run, found func([]byte) string) finding {
	if r.Verdict != bounded.Failed {
		return finding{ran: true}
	}
	return finding{what: found(r.Output), ran: true}
}

// overlay builds the module with a mistake in it.
func (m *measurement) overlay(x *mistake, text []byte) error {
	source, err := filepath.Abs(filepath.Join(corePackage, x.file))
	if err != nil {
		return err
	}
	changed := filepath.Join(m.dir, x.file)
	if err := os.WriteFile(changed, text, 0o644); err != nil {
		return err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {source: changed}})
	if err != nil {
		return err
	}
	name := filepath.Join(m.dir, "overlay.json")
	if err := os.WriteFile(name, list, 0o644); err != nil {
		return err
	}
	return m.build(name)
}

var (
	failedTest     = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)
	failedScenario = regexp.MustCompile(`(?m)^FAIL +\S*?([^/\s]+)\.sim$`)
)

func testFound(output []byte) string { return firstOf(failedTest, output) }

func scenarioFound(output []byte) string { return firstOf(failedScenario, output) }

// firstOf returns what the first match of a failure names.
func firstOf(failed *regexp.Regexp, output []byte) string {
	if name := failed.FindSubmatch(output); name != nil {
		return string(name[1])
	}
	return "panic"
}

// huntLine is a line of what a hunt prints.
type huntLine struct {
	Type, Property   string
	Index            int
	Missed           []string `json:"marks_missed"`
	Unjudged         []string `json:"never_judged"`
	Compared, Differ int
}

// huntLines reads what a hunt prints, but for the explanation, which is for people.
func huntLines(output []byte) []huntLine {
	var list []huntLine
	for line := range bytes.Lines(output) {
		var l huntLine
		if json.Unmarshal(line, &l) == nil {
			list = append(list, l)
		}
	}
	return list
}

// huntFound returns the property that a hunt has seen violated first, and at which
// seed's index, or what it has never seen happen or had to judge.
func huntFound(output []byte) string {
	for _, l := range huntLines(output) {
		switch {
		case l.Type == "violation":
			return l.Property + " at " + strconv.Itoa(l.Index)
		case l.Type == "summary" && len(l.Missed)+len(l.Unjudged) > 0:
			return "never: " + strings.Join(append(l.Missed, l.Unjudged...), ", ")
		}
	}
	return "panic"
}

// huntDiffer returns how many seeds of a hunt were compared with those of the healthy
// module, and how many differ.
func huntDiffer(output []byte) (compared, differ int) {
	for _, l := range huntLines(output) {
		if l.Type == "summary" {
			return l.Compared, l.Differ
		}
	}
	return 0, 0
}
