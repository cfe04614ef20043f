package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/tools/bounded"
)

// battery is one run of tests. A mutant goes through all of them, the cheap ones
// first, until one fails.
type battery struct {
	Name    string
	files   []string // whose mutants run it; none: all
	dir     string   // where it runs, relative to the copied module
	command []string
	cpu     time.Duration // what the healthy module takes
	limit   time.Duration // what a mutant may take
}

// The pinned settings.
const (
	cpuFactor = 20              // CPU time of a mutant, in times of the healthy module's
	cpuMin    = 3 * time.Second // but not less than this
	seeds     = 150             // of each model of the world
)

// batteries lists what a mutant goes through: the short storm instead of the
// whole one, and the slow tests of one file for the mutants of that file, which
// can only lower the score. The digests of committed seeds are not among it: they
// notice any change, whether it is a mistake or not.
func batteries() []*battery {
	const slow = "TestStorm|TestStateIsRelative|TestClone|TestSameEventsSameActions"
	const references = "TestTimersAgainst|TestWindowAgainst|TestPayload"
	const snapshots = "TestSnapshot|TestRestored|TestBrokenSnapshots"
	const opaque = "TestOpaqueBytes"
	core := func(name, flags string, files ...string) *battery {
		command := append([]string{"./core.mutants", "-test.short", "-test.failfast"}, strings.Fields(flags)...)
		return &battery{Name: name, dir: mutatedPackage, command: command, files: files, limit: time.Hour}
	}
	return []*battery{
		core("models of timers, windows and payloads", "-test.run="+references, "timer.go", "window.go", "payload.go"),
		core("stories and transcripts of core", "-test.skip="+slow+"|"+references+"|"+snapshots+"|"+opaque),
		core("snapshots", "-test.run="+snapshots, "snapshot.go", "snapshot_state.go", "snapshot_timers.go", "state.go"),
		core("opaque bytes", "-test.run="+opaque, "opaque.go"),
		world("scenarios of the world", "run", "testdata/scenario"),
		core("short storm", "-test.run=TestStorm"),
		hunt(models[0]),
		hunt(models[1]),
		core("slow tests of clones and states", "-test.run="+slow, "encode.go", "clone.go"),
	}
}

// models are those of the world.
var models = [...]string{"physical", "adversarial"}

// world is a battery that runs bilsim.
func world(name string, args ...string) *battery {
	return &battery{Name: name, dir: ".", command: append([]string{"./bilsim.mutants"}, args...), limit: time.Hour}
}

// hunt is a battery of seeds of one model.
func hunt(model string, args ...string) *battery {
	return world("seeds, "+model, append([]string{"hunt", "-campaign", "mutants", "-seeds", fmt.Sprintf("0..%d", seeds), "-model", model}, args...)...)
}

// exercised says whether a mutant that no battery killed makes a difference in the
// seeds of the world at all: one that does and is not noticed is worse than one that
// was never reached.
func (s *suite) exercised(id int) string {
	compared, differ := 0, 0
	for _, model := range models {
		b := hunt(model, "-json", "-vacuous", "0", "-against", model+".digests")
		r := s.once(b, id)
		lines := bytes.Split(bytes.TrimSpace(r.Output), []byte("\n"))
		var summary struct{ Compared, Differ int }
		if json.Unmarshal(lines[len(lines)-1], &summary) != nil {
			return "the world did not say whether it is exercised"
		}
		compared, differ = compared+summary.Compared, differ+summary.Differ
	}
	if differ == 0 {
		return fmt.Sprintf("not exercised by %d seeds", compared)
	}
	return fmt.Sprintf("exercised by %d of %d seeds", differ, compared)
}

// newSuite copies the module to dir, weaves the mutants in, and builds what the
// batteries run.
func newSuite(dir string, pkg *Package, workers int) (*suite, error) {
	if err := copyModule(dir); err != nil {
		return nil, err
	}
	for name, source := range pkg.Files {
		if err := os.WriteFile(filepath.Join(dir, pkg.Dir, name), source, 0o644); err != nil {
			return nil, err
		}
	}
	for _, args := range [][]string{
		{"test", "-c", "-o", "core/core.mutants", "./core"},
		{"build", "-buildvcs=false", "-o", "bilsim.mutants", "./cmd/bilsim"},
	} {
		c := exec.Command("go", args...)
		c.Dir = dir
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := c.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	s := &suite{dir: dir, workers: workers, batteries: batteries()}
	for _, model := range models {
		if r := s.once(hunt(model, "-digests", model+".digests"), 0); r.Verdict != bounded.Passed {
			return nil, fmt.Errorf("digests of the healthy module:\n%s", r.Output)
		}
	}
	for _, b := range s.batteries {
		if b.command[1] == "run" {
			b.command = b.command[:2]
			names, err := filepath.Glob(filepath.Join(dir, "testdata/scenario/*.sim"))
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				b.command = append(b.command, "testdata/scenario/"+filepath.Base(name))
			}
		}
		r := s.once(b, 0)
		if r.Verdict != bounded.Passed {
			return nil, fmt.Errorf("%s: fails on the healthy module, with every mutant asleep:\n%s", b.Name, r.Output)
		}
		b.cpu = r.CPU
		b.limit = max(cpuFactor*r.CPU, cpuMin).Round(time.Second)
	}
	return s, nil
}

// copyModule copies the tracked files of the module in the working directory.
func copyModule(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return fmt.Errorf("%s exists: remove it, or name another directory", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.CopyFS(dir, visible{os.DirFS(".")})
}

// suite is the batteries over a module with mutants.
type suite struct {
	dir       string
	workers   int // runs at a time
	batteries []*battery
}

type verdict uint8

const (
	survived verdict = iota
	killed
	ranAway // reached a bound of CPU time or memory
)

var verdictNames = [...]string{survived: "survived", killed: "killed", ranAway: "ran away"}

func (v verdict) String() string { return verdictNames[v] }

// verdicts says what the end of a run means for a mutant.
var verdicts = [...]verdict{bounded.Passed: survived, bounded.Failed: killed, bounded.RanAway: ranAway}

// once runs a battery with one mutant active, none for id 0.
func (s *suite) once(b *battery, id int) bounded.Run {
	c := bounded.Command{
		Args: b.command, Dir: filepath.Join(s.dir, b.dir), CPU: b.limit,
		Env: []string{fmt.Sprintf("MUTANT=%d", id)},
	}
	return c.Do()
}
