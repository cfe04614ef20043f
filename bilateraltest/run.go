package bilateraltest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// Options is how Run runs. The zero Options are good ones.
type Options struct {
	// Seeds is how many runs there are in a batch, with the seeds 0, 1, 2 and so on. Zero
	// means 20. The variable BILATERAL_SEEDS of the environment raises it, and with
	// BILATERAL_SEED there is one run, with that seed.
	Seeds int
	// For is how long the faults of a run go on, in the time of the run. Zero means a minute.
	For time.Duration
	// Patience is how long functions of Go and Finally may take when the faults have
	// stopped, in the time of the run. Zero means a minute.
	Patience time.Duration
	// NoFaults has nothing go wrong that the function of Run does not plan.
	NoFaults bool
	// Timing is that of the protocol. With the zero one, and faults that the seed draws, the
	// protocol is 4 to 20 times as fast as the real one, so that more happens in a run.
	Timing bilateralrpc.Timing
	// Artifacts is the directory that the file of a failure is written to. Empty means
	// testdata/bilateraltest, below the package's own.
	Artifacts string
	// HTML is the directory that the page of a failure is written to: a picture, in one file,
	// that a browser opens from disk. Empty writes none, and a run that is stuck or does not
	// repeat has none. BILATERAL_HTML names it too.
	HTML string
	// AsFound leaves a failure as it was found: no run is done again, to see whether it
	// repeats or which of its faults it needs. It is for those who make smaller what they have
	// drawn themselves, as package rapidsim does.
	AsFound bool
	// Real has the same hosts run in the real world, once: on sockets of this machine, and
	// without any fault. For is then how long Go goes on, at most two seconds.
	Real bool
}

// timing returns the protocol's constants, zero where nothing is said.
func (o *Options) timing() core.Timing { return core.Timing(o.Timing) }

// setDefaults puts values for what was left zero.
func (o *Options) setDefaults() {
	if o.Seeds == 0 {
		o.Seeds = 20
	}
	if o.For == 0 {
		o.For = time.Minute
	}
	if o.Patience == 0 {
		o.Patience = time.Minute
	}
	if o.Artifacts == "" {
		o.Artifacts = "testdata/bilateraltest"
	}
}

// environment is what variables say.
type environment struct {
	seed     *uint64 // BILATERAL_SEED: this one alone
	seeds    int     // BILATERAL_SEEDS: so many at least
	scenario string  // BILATERAL_SCENARIO: a file
	html     string  // BILATERAL_HTML: the directory of pages
}

func environmentOf(get func(string) string) (e environment, err error) {
	if text := get("BILATERAL_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return e, fmt.Errorf("BILATERAL_SEED is %q: want a number, as 17", text)
		}
		e.seed = &seed
	}
	if text := get("BILATERAL_SEEDS"); text != "" {
		if e.seeds, err = strconv.Atoi(text); err != nil {
			return e, fmt.Errorf("BILATERAL_SEEDS is %q: want a number, as 10000", text)
		}
	}
	e.scenario, e.html = get("BILATERAL_SCENARIO"), get("BILATERAL_HTML")
	return e, nil
}

// Run runs a batch of runs of a program in a simulated world, each with another seed, and
// fails the test at the first one in which something does not hold. setup says what there
// is in the world; it is called anew for each run, several at a time, and must do the same
// for the same seed. So everything that belongs to a run is made in setup, and nothing
// outside of it is written to.
//
// A failure is reported with the fewest faults that show it, and written to a file. See
// the package's documentation for what makes a run repeat.
func Run(t *testing.T, o Options, setup func(w *World)) {
	t.Helper()
	o.setDefaults()
	if o.Real {
		runReal(t, &o, setup)
		return
	}
	f := find(t, &o, setup, os.Getenv)
	if f == nil {
		return
	}
	t.Error(f.Report + f.write(&o, t.Name()))
}

// write writes the files of a finding, and returns what is to be said of them.
func (f *Finding) write(o *Options, test string) (say string) {
	if f.Scenario != "" {
		if err := write(filepath.Join(o.Artifacts, fileName(test, f.Seed, "sim")), f.Scenario); err != nil {
			say = fmt.Sprintf("\nThe file could not be written: %v\n", err)
		}
	}
	if o.HTML != "" && f.draw != nil {
		say += f.writePage(o.HTML, test)
	}
	return say
}

// Find is Run that returns what it finds, and does not fail the test for it; nil if
// everything holds. It writes no file, and the environment says nothing to it: it is for
// programs with a mistake that has to be found.
func Find(t *testing.T, o Options, setup func(w *World)) *Finding {
	t.Helper()
	o.setDefaults()
	return find(t, &o, setup, func(string) string { return "" })
}

// find is Find, where get returns variables of the environment.
func find(t *testing.T, o *Options, setup func(w *World), get func(string) string) *Finding {
	t.Helper()
	env, err := environmentOf(get)
	if err != nil {
		t.Fatal(err)
	}
	if env.html != "" {
		o.HTML = env.html
	}
	b := &batch{t: t, o: o, setup: setup, seeds: max(o.Seeds, env.seeds)}
	switch {
	case env.scenario != "":
		return b.replay(env.scenario)
	case env.seed != nil:
		return b.single(*env.seed)
	}
	return b.all()
}

// batch is the runs of one Run.
type batch struct {
	t     *testing.T
	o     *Options
	setup func(w *World)
	seeds int
	marks marks
	stuck atomic.Bool // a run of it was

	mu     sync.Mutex
	next   uint64
	failed *outcome // that of the least seed
	err    error
}

// outcome is what came of a run.
type outcome struct {
	seed     uint64
	scenario *sim.Scenario
	result   *sim.Result
}

// all runs every seed, on all processors.
func (b *batch) all() *Finding {
	b.t.Helper()
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), b.seeds) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			b.work()
		}()
	}
	workers.Wait()
	switch {
	case b.t.Failed(): // the race detector has said why
		return nil
	case b.err != nil:
		return misuse(b.err)
	case b.failed != nil:
		return b.report(b.failed)
	}
	if !b.o.AsFound {
		if f := b.repeats(); f != nil {
			return f
		}
	}
	return b.vacuous()
}

// misuse is what is found where there is no world to be found in.
func misuse(err error) *Finding {
	return &Finding{Claim: "Setup", What: err.Error(), Report: "bilateraltest: " + err.Error()}
}

// vacuous is what is found of a batch in which something never happened.
func (b *batch) vacuous() *Finding {
	missed := b.marks.missed()
	if len(missed) == 0 {
		return nil
	}
	return &Finding{Claim: "Sometimes " + strconv.Quote(missed[0]), Report: fmt.Sprintf(
		"bilateraltest: in none of %d runs: %s\nThe batch proves too little: let more happen in a run, or have more runs.", b.seeds, strings.Join(quoted(missed), ", "))}
}

// work runs one seed after the other until there are no more, or one has failed.
func (b *batch) work() {
	for {
		b.mu.Lock()
		seed := b.next
		b.next++
		over := seed >= uint64(b.seeds) || b.failed != nil || b.err != nil || b.t.Failed()
		b.mu.Unlock()
		if over {
			return
		}
		out, err := b.run(seed, nil, nil)
		b.mu.Lock()
		switch {
		case err != nil:
			b.err = err
		case out.result.Violation != nil && (b.failed == nil || seed < b.failed.seed):
			b.failed = out
		}
		b.mu.Unlock()
	}
}

// run runs a seed: with a scenario, or, if that is nil, with what the setup and the seed
// make of it. trace is called with every line, unless it is nil.
func (b *batch) run(seed uint64, s *sim.Scenario, trace func(line []byte)) (*outcome, error) {
	if s == nil {
		var err error
		if s, err = b.plan(seed); err != nil {
			return nil, err
		}
	}
	r := s.Run(sim.RunOptions{Around: b.around(seed), Trace: trace})
	return &outcome{seed: seed, scenario: s, result: r}, nil
}

// plan returns the scenario of a seed.
func (b *batch) plan(seed uint64) (s *sim.Scenario, err error) {
	end := inBubble(b.t, b.watch(), func() {
		w := newWorld(seed, b.o, &b.marks, b.setup)
		s = w.scenario()
		err = w.wrong
		w.engine.close()
	})
	switch {
	case end.panicked != "":
		return nil, fmt.Errorf("the function of Run: %s", end.panicked)
	case end.left:
		return nil, fmt.Errorf("the function of Run has left goroutines behind: start them by World.Go, or in a host")
	}
	return s, err
}

// watch returns what watches a bubble. Once one was stuck, others are soon taken for stuck.
func (b *batch) watch() *watch {
	if b.stuck.Load() {
		return &watch{looks: looksAgain}
	}
	return &watch{looks: looksMax}
}

// around returns what runs a run of the seed in a bubble of its own, with the program in it.
func (b *batch) around(seed uint64) func(*sim.Scenario, *sim.RunOptions, func() *sim.Result) *sim.Result {
	return func(s *sim.Scenario, o *sim.RunOptions, run func() *sim.Result) *sim.Result {
		var w *World
		watched := b.watch()
		end := inBubble(b.t, watched, func() {
			w = newWorld(seed, b.o, &b.marks, b.setup)
			watched.progress.Store(w.engine.progress)
			customise := o.Customise
			o.Customise = func(world *sim.World) {
				w.attach(world, s.RunFor)
				if customise != nil {
					customise(world)
				}
			}
			result := run()
			w.leave()
			watched.result.Store(result)
		})
		r := watched.result.Load()
		if r == nil {
			r = &sim.Result{World: w.sim}
		}
		if v := b.outside(w, s, &end); v != nil && r.Violation == nil {
			v.At, v.Step = time.Duration(w.engine.reached.Load()), r.Events // the latest
			r.Violation, r.Violations = v, append(r.Violations, v)
		}
		return r
	}
}

// outside returns what is seen of a run from outside of its bubble, if anything is wrong.
func (b *batch) outside(w *World, s *sim.Scenario, end *ending) *sim.Violation {
	switch {
	case end.stuck != "":
		b.stuck.Store(true)
		return &sim.Violation{Property: propStuck, What: end.stuck}
	case end.panicked != "":
		return &sim.Violation{Property: propFails, What: end.panicked}
	case end.left && s.Settle: // a run that was cut short leaves those that it has cut short
		return &sim.Violation{Property: propEnds, What: "these goroutines are left:\n" + leftOf(w.engine.id)}
	}
	return nil
}

// single runs one seed. With -v it prints the steps of the run.
func (b *batch) single(seed uint64) *Finding {
	var trace func(line []byte)
	if testing.Verbose() {
		trace = func(line []byte) { fmt.Printf("%s\n", line) }
	}
	return b.once(seed, nil, trace)
}

// once runs one seed and reports what it finds.
func (b *batch) once(seed uint64, s *sim.Scenario, trace func(line []byte)) *Finding {
	b.t.Helper()
	out, err := b.run(seed, s, trace)
	switch {
	case err != nil:
		return misuse(err)
	case out.result.Violation != nil:
		return b.report(out)
	}
	b.t.Logf("seed %d holds: %d steps, digest %s", seed, out.result.Events, out.result.Digest)
	return nil
}

// replay runs the scenario of a file.
func (b *batch) replay(name string) *Finding {
	b.t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		b.t.Fatal(err)
	}
	s, err := sim.Parse(string(text))
	if err != nil {
		b.t.Fatalf("%s: %v", name, err)
	}
	return b.once(s.Seed, s, nil)
}

func quoted(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = strconv.Quote(name)
	}
	return all
}
