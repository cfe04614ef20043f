package bilateraltest

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/page"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// shrinkTime and shrinkRuns bound the search for the fewest faults, in real time and in runs.
const (
	shrinkTime = 30 * time.Second
	shrinkRuns = 1000
)

// Finding is what a batch of runs has found.
type Finding struct {
	Seed  uint64 // of the first run that shows it
	Claim string // which does not hold, as Always "the sum is 300", or the number of a property of ours
	What  string // what was seen
	// Repeats says that the run is the same every time. One that is not was not searched
	// for fewer faults.
	Repeats bool
	// Faults is how many there were in the run, and Needed how many are left of them:
	// without any one of these it holds.
	Faults, Needed int
	Scenario       string // the smallest that shows it
	Report         string // all that, for people
	// draw runs it again to make its page, with so many steps at most; nil if there is none
	// to make.
	draw func(steps uint64) *page.Page
}

// report says what a run has found. Before, it is run twice more: of a run that does not
// repeat nothing more is to be said.
func (b *batch) report(out *outcome) *Finding {
	v := out.result.Violation
	f := &Finding{Seed: out.seed, Claim: v.Property.ID, What: v.What, Faults: faults(out.scenario)}
	if b.o.AsFound {
		f.Needed, f.Scenario = f.Faults, b.scenarioText(out.scenario, v, out.seed)
		f.Report = fmt.Sprintf("bilateraltest: seed %d fails.\n\n%s: %s\n\n%v", out.seed, v.Property.ID, v.Property.Claim, v)
		return f
	}
	if why := b.differs(out.seed, out.scenario); why != "" {
		f.Report = fmt.Sprintf("bilateraltest: seed %d fails.\n\n%s: %s\n\n%v\n\nThe seed %s", out.seed, v.Property.ID, v.Property.Claim, v, why)
		return f
	}
	f.Repeats = true
	around := b.around(out.seed)
	var stop time.Time // zero while there is no search
	r := out.scenario.Run(sim.RunOptions{Around: func(s *sim.Scenario, o *sim.RunOptions, run func() *sim.Result) *sim.Result {
		if !stop.IsZero() && !o.Record && time.Now().After(stop) {
			return &sim.Result{} // the search has taken its time
		}
		return around(s, o, run)
	}})
	if r.Violation == nil { // only just not: it has repeated twice
		r.Violation, r.Violations = v, []*sim.Violation{v}
	}
	stop = time.Now().Add(shrinkTime)
	complete := false
	command := b.command("BILATERAL_SCENARIO=" + filepath.Join(b.o.Artifacts, fileName(b.t.Name(), out.seed, "sim")))
	d := sim.Report(r, sim.ReportOptions{RunsMax: shrinkRuns, Command: func(*sim.Scenario) string {
		complete, stop = time.Now().Before(stop), time.Time{}
		return command
	}})
	small := d.Scenario
	f.Needed = faults(small)
	f.Scenario = b.scenarioText(small, cmp.Or(d.Violation, v), out.seed)
	f.Report = b.head(f, complete) + d.Explanation.String()
	if v.Property != propStuck { // a picture is drawn when its run is over
		f.draw = func(steps uint64) *page.Page { return b.page(r, small, command, steps) }
	}
	return f
}

// head begins a report.
func (b *batch) head(f *Finding, complete bool) string {
	var s strings.Builder
	fmt.Fprintf(&s, "bilateraltest: seed %d fails.\n", f.Seed)
	switch {
	case f.Needed == 0:
		fmt.Fprintf(&s, "None of the %d faults of the run is needed for it.\n", f.Faults)
	case complete:
		fmt.Fprintf(&s, "Of the %d faults of the run %d %s needed: without any one of them it holds.\n", f.Faults, f.Needed, plural(f.Needed, "is", "are"))
	default:
		fmt.Fprintf(&s, "Of the %d faults of the run %d %s left; the search for fewer was ended after %v.\n", f.Faults, f.Needed, plural(f.Needed, "is", "are"), shrinkTime)
	}
	fmt.Fprintf(&s, "The run as it was found:  %s -v\n", b.command(fmt.Sprintf("BILATERAL_SEED=%d", f.Seed)))
	return s.String()
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// command returns what runs the test, with a variable of the environment.
func (b *batch) command(variable string) string {
	return fmt.Sprintf("%s go test -run '^%s$'", variable, strings.ReplaceAll(b.t.Name(), "/", "$/^"))
}

// faults counts what befalls a run. What befalls frames at random counts for one each kind.
func faults(s *sim.Scenario) int {
	n := 0
	for i := range s.Lines {
		if s.Lines[i].Fault != nil || s.Lines[i].Rule != nil {
			n++
		}
	}
	for _, r := range []sim.Ratio{s.Rates.Drop, s.Rates.Duplicate, s.Rates.Delay, s.Rates.Reorder, s.Rates.Corrupt, s.Rates.Refuse, s.Rates.Break} {
		if r.Num > 0 {
			n++
		}
	}
	return n
}

// scenarioText is the text of the file of a failure, whose own violation stands at its head.
func (b *batch) scenarioText(small *sim.Scenario, v *sim.Violation, seed uint64) string {
	c := *small
	c.Prose = []string{fmt.Sprintf("%s, seed %d:", b.t.Name(), seed), firstLine(v.Error())}
	return sim.Format(&c)
}

// write writes a file, and makes its directory at need.
func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

var unfit = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// fileName names a file of a failure, by the test and the seed.
func fileName(test string, seed uint64, ending string) string {
	return fmt.Sprintf("%s-%d.%s", unfit.ReplaceAllString(test, "-"), seed, ending)
}

// transcript is what is kept of a run to compare it with another.
type transcript struct{ lines [][]byte }

func (t *transcript) add(line []byte) { t.lines = append(t.lines, bytes.Clone(line)) }

// transcribe runs a seed and keeps its trace. What it finds counts for a line.
func (b *batch) transcribe(seed uint64, s *sim.Scenario) (*transcript, error) {
	t := &transcript{}
	out, err := b.run(seed, s, t.add)
	if err != nil {
		return nil, err
	}
	if v := out.result.Violation; v != nil {
		t.add([]byte(firstLine(v.Error())))
	}
	return t, nil
}

// repeats runs the first seed twice, and says so if the two runs differ.
func (b *batch) repeats() *Finding {
	if why := b.differs(0, nil); why != "" {
		return &Finding{Claim: "Repeats", What: why, Report: "bilateraltest: nothing was found, but seed 0 " + why}
	}
	return nil
}

// differs runs a seed twice more, and says how the two runs differ; "" if they don't.
func (b *batch) differs(seed uint64, s *sim.Scenario) string {
	first, err := b.transcribe(seed, s)
	if err != nil {
		return err.Error()
	}
	second, err := b.transcribe(seed, s)
	if err != nil {
		return err.Error()
	}
	line := func(t *transcript, i int) []byte {
		if i < len(t.lines) {
			return t.lines[i]
		}
		return []byte("(the run is over)")
	}
	for i := range max(len(first.lines), len(second.lines)) {
		if x, y := line(first, i), line(second, i); !bytes.Equal(x, y) {
			return fmt.Sprintf("does not repeat: of two more runs, step %d is the first that differs:\n  %s\n  %s\n%s", i+1, x, y, whyDiffers)
		}
	}
	return ""
}

// whyDiffers says why a run may not repeat.
const whyDiffers = `Something decides that the seed does not know. The usual reasons are:
- a select of which several cases are ready
- the order in which a map is walked
- math/rand without a seed: World.Rand has one
Besides: goroutines that a program starts, or wakes, at one instant and that fight for the
same lock or channel before they wait for a call or for time to pass, or that make the very
same call without the context of their handler, by which they are told apart; what is shared
between runs, as a package variable is; and the time of day, when the test is not in a
bubble.`
