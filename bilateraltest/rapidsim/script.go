package rapidsim

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// Script is what happens in a run, in the order in which it was added: calls and faults,
// each at its time. The zero Script is empty. It is for one goroutine, and is not added to
// any more once it is played.
type Script struct {
	now    time.Duration
	faults []sim.Line
	calls  []call
}

// call is something that a user does.
type call struct {
	at time.Duration
	do func(ctx context.Context, w *bilateraltest.World)
}

// Wait has what is added next happen so much later.
func (s *Script) Wait(d time.Duration) { s.now += d }

// Do adds faults. They are planned ones, of which bilateraltest finds the fewest that a
// failure needs.
func (s *Script) Do(faults ...sim.Fault) {
	for _, f := range faults {
		s.faults = append(s.faults, sim.Line{At: s.now, Fault: f})
	}
}

// Go adds what a user does, on a goroutine of its own, as World.Go has it: do has to return
// once its context is done.
func (s *Script) Go(do func(ctx context.Context, w *bilateraltest.World)) {
	s.calls = append(s.calls, call{s.now, do})
}

// Play puts the script into a world. What would happen after Options.For, users do not do.
func (s *Script) Play(w *bilateraltest.World) {
	for _, l := range s.faults {
		w.At(l.At, l.Fault)
	}
	for i, c := range s.calls {
		w.Go(fmt.Sprintf("call %d of the script", i+1), func(ctx context.Context) {
			select {
			case <-ctx.Done():
			case <-time.After(c.at):
			}
			if ctx.Err() == nil { // whichever comes first, where both are ready
				c.do(ctx, w)
			}
		})
	}
}

// Schedule generates schedules of at most so many faults, for World.At, in the time that a
// run has. Fewer, earlier and shorter ones are simpler.
func Schedule(names []string, most int, within time.Duration) *rapid.Generator[[]sim.Line] {
	return rapid.Custom(func(t *rapid.T) []sim.Line {
		fault := Fault(names, within)
		lines := make([]sim.Line, rapid.IntRange(0, most).Draw(t, "faults"))
		for i := range lines {
			lines[i] = sim.Line{At: Duration(within).Draw(t, "at"), Fault: fault.Draw(t, "fault")}
		}
		return lines
	})
}

// Check checks a property of programs in the world: draw draws what there is in it and
// returns the function of bilateraltest.Run for that. Options.Seeds zero means one seed, of
// each. What fails is reported with rapid's smallest draws and, of these, the fewest faults. The
// variables of the environment that bilateraltest knows have no effect, of which a line in the log tells; the flags of rapid have.
func Check(t *testing.T, o bilateraltest.Options, draw func(t *rapid.T) func(w *bilateraltest.World)) {
	t.Helper()
	check(t, t, o, draw)
}

// check is Check, where failures are reported to tb.
func check(tb rapid.TB, t *testing.T, o bilateraltest.Options, draw func(t *rapid.T) func(w *bilateraltest.World)) {
	tb.Helper()
	if o.Seeds == 0 {
		o.Seeds = 1
	}
	if set := withoutEffect(os.Getenv); set != "" {
		tb.Logf("rapidsim: %s has no effect here: the flags of rapid, which a failure names, replay it", set)
	}
	o.NoFaults = true // but for those that are drawn here
	quick := o
	quick.AsFound = true
	var failed func(w *bilateraltest.World) // the latest, which in the end is rapid's smallest
	held := &holder{TB: tb}
	rapid.Check(held, func(rt *rapid.T) {
		setup := draw(rt)
		if f := bilateraltest.Find(t, quick, setup); f != nil {
			failed = setup
			rt.Fatal(f.Claim) // the same text for the same mistake, or rapid takes it for another one
		}
	})
	if failed != nil {
		if f := bilateraltest.Find(t, o, failed); f != nil {
			tb.Errorf("%s", f.Report)
		}
	}
	if held.failed {
		tb.FailNow()
	}
}

// withoutEffect lists the variables that bilateraltest knows, as far as they are set.
func withoutEffect(get func(string) string) string {
	var set []string
	for _, name := range []string{"BILATERAL_SEED", "BILATERAL_SEEDS", "BILATERAL_SCENARIO", "BILATERAL_HTML"} {
		if value := get(name); value != "" {
			set = append(set, name+"="+value)
		}
	}
	return strings.Join(set, ", ")
}

// holder keeps to itself that a test has failed: Find runs nothing more in one that has.
type holder struct {
	rapid.TB
	failed bool
}

// Errorf implements rapid.TB.
func (h *holder) Errorf(format string, args ...any) {
	h.Helper()
	h.failed = true
	h.Logf(format, args...)
}

// FailNow implements rapid.TB. Nothing comes after it in rapid.Check.
func (h *holder) FailNow() { h.failed = true }

// Failed implements rapid.TB.
func (h *holder) Failed() bool { return h.failed }
