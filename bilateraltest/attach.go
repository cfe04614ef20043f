package bilateraltest

import (
	"context"
	"fmt"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/hosted"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// What a program may do wrong by itself, whatever it claims.
var (
	propFails = sim.Property{ID: "Program", Claim: "No function of the program panics, and none of a host returns an error while the host lives.", Means: meansProgram}
	propSpins = sim.Property{ID: "Waits", Claim: "A program that tries again waits in between.", Means: meansProgram}
	propEnds  = sim.Property{ID: "Ends", Claim: "Every goroutine of a host ends after the host's life, and every function of Go once its context is done.", Means: meansProgram}
	propStuck = sim.Property{ID: "Stuck", Claim: "Nobody waits for a lock whose holder waits for time to pass, or for the network."}
)

// What a page says below a property, to those who don't know the test.
const (
	meansClaim = "The test of the program claims this, in its own words. What was seen is what its function returned. Between the nodes everything may have gone by the rules: " +
		"ask what the program does when the necessary faults befall it."
	meansProgram = "Every program is held to this, whatever its test claims. Between the nodes everything may have gone by the rules: ask what the program did."
)

// labelRun and labelOf are the labels of goroutines: the run, and whose they are.
const (
	labelRun = "bilateraltest run"
	labelOf  = "bilateraltest of"
)

// runs numbers the runs of the process.
var runs atomic.Uint64

// newWorld makes a world for a run and has setup say what there is in it. It is called in
// the bubble of the run.
func newWorld(seed uint64, o *Options, m *marks, setup func(w *World)) *World {
	w := &World{seed: seed, options: o, marks: m, engine: newEngine(seed), addresses: map[string]string{}}
	w.engine.id = strconv.FormatUint(runs.Add(1), 10)
	w.engine.labels = w.labels("the function of Run")
	pprof.SetGoroutineLabels(w.engine.labels)
	setup(w)
	w.begun = true
	for _, l := range w.links {
		if w.hostNamed(l[0]) == nil || w.hostNamed(l[1]) == nil {
			w.reject(fmt.Errorf("Connect(%q, %q): want the names of hosts", l[0], l[1]))
		}
	}
	if len(w.hosts) == 0 {
		w.reject(fmt.Errorf("there is no host"))
	}
	return w
}

// labels are those of goroutines, which those that they start have too.
func (w *World) labels(of string) context.Context {
	return pprof.WithLabels(context.Background(), pprof.Labels(labelRun, w.engine.id, labelOf, of))
}

// scenario returns the faults of the run, and the settings of its network.
func (w *World) scenario() *sim.Scenario {
	names := make([]string, len(w.hosts))
	for i, h := range w.hosts {
		names[i] = h.name
	}
	var s *sim.Scenario
	switch {
	case w.loaded != nil:
		s = w.loaded
		s.Seed = w.seed
		for _, p := range s.Peers {
			if w.hostNamed(p.Name) == nil {
				w.reject(fmt.Errorf("the scenario has a peer %q, which is no host", p.Name))
			}
		}
	case w.options.NoFaults || len(w.planned) > 0:
		s = &sim.Scenario{Settings: sim.Settings{Network: "net", Seed: w.seed}}
		s.Timing = w.options.timing()
	default:
		s = sim.Storm(w.seed, sim.StormOptions{Nodes: names, For: w.options.For, Timing: w.options.timing()})
	}
	s.Peers = nil
	for _, name := range names {
		s.Peers = append(s.Peers, sim.Peer{Name: name})
	}
	s.Lines = append(slices.Clone(s.Lines), w.planned...)
	s.Settle = true
	if s.RunFor == 0 {
		s.RunFor = w.options.For
	}
	return s
}

// attach has the hosts run on the nodes of a simulated world, whose faults last for a time.
func (w *World) attach(s *sim.World, faults time.Duration) {
	e := w.engine
	w.sim, e.sim, e.look, e.tell = s, s, w.lookAt, w.tell
	s.DriveBy(e.drive)
	s.AtRest(w.rest)
	s.Observe(w.see)
	for _, h := range w.hosts {
		s.Run(s.Node(h.name), h)
	}
	for _, l := range w.links {
		s.At(0, sim.Connect{From: l[0], To: l[1]})
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.endLoad = cancel
	for i, f := range w.flows {
		own := hosted.WithAsker(ctx, hosted.Asker(1+i))
		e.hand(func() { go w.flow(own, f) })
	}
	s.At(faults, sim.Do{Name: "the load ends", Func: func(*sim.World) { e.hand(cancel) }})
}

// flow runs a function of Go.
func (w *World) flow(ctx context.Context, f *flow) {
	pprof.SetGoroutineLabels(w.labels(fmt.Sprintf("Go %q", f.name)))
	err := guardedStack(func() error {
		f.run(ctx)
		return nil
	})
	if err != nil {
		w.failed(fmt.Sprintf("Go %q: %v", f.name, err))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f.done = true
}

// tell has the drivers do what is left of steps that the world has taken by itself.
func (w *World) tell() {
	for _, h := range w.hosts {
		if h.life != nil {
			h.life.tell()
		}
	}
}

// rest is what is done when the faults have stopped and everything has come right: it waits
// for the functions of Go, and looks at what has to hold finally.
func (w *World) rest() {
	if !w.waitUntil(func() bool { return len(w.busy()) == 0 }) {
		if !w.sim.Broken() {
			w.sim.Fail(propEnds, fmt.Sprintf("%v after the faults stopped, %s", w.options.Patience, w.notReturned()))
		}
		return
	}
	for _, c := range w.finally {
		property := sim.Property{ID: fmt.Sprintf("Finally %q", c.name), Claim: "it has to hold after the faults have stopped and everybody has come to rest.", Means: meansClaim}
		var done atomic.Bool
		var err error
		w.engine.hand(func() {
			go func() {
				err = guardedStack(c.holds)
				done.Store(true)
			}()
		})
		switch ok := w.waitUntil(done.Load); {
		case w.sim.Broken():
			return
		case !ok:
			w.sim.Fail(property, fmt.Sprintf("the function has not returned after %v", w.options.Patience))
			return
		case err != nil:
			w.sim.Fail(property, err.Error())
			return
		}
	}
}

// busy returns the names of the functions of Go that have not returned.
func (w *World) busy() (names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.flows {
		if !f.done {
			names = append(names, f.name)
		}
	}
	return names
}

// notReturned names them, one a line.
func (w *World) notReturned() string {
	names := w.busy()
	var b strings.Builder
	b.WriteString("these functions of Go have not returned:\n")
	for _, name := range names[:min(len(names), leftMax)] {
		fmt.Fprintf(&b, "  %q\n", name)
	}
	if n := len(names) - leftMax; n > 0 {
		fmt.Fprintf(&b, "and %d more\n", n)
	}
	return b.String()
}

// waitUntil lets time pass until is returns true, and reports whether it did so in time.
func (w *World) waitUntil(is func() bool) bool {
	for end := w.sim.Now() + w.options.Patience; !is(); {
		if w.sim.Now() >= end || w.sim.RunUntil(w.sim.Now()+w.options.Patience/1000) != nil {
			return false
		}
	}
	return true
}

// leave ends every life and gives the goroutines of the run the time to end.
func (w *World) leave() {
	w.engine.hand(w.endLoad)
	for _, h := range w.hosts {
		h.end(false)
	}
	for grace := time.Second; grace <= 32*time.Second; grace *= 2 {
		w.engine.settle()
		time.Sleep(grace)
	}
	w.engine.close()
}
