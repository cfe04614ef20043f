//go:build unix

package main

import (
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
)

// killSeeds are those of the kill test: some ranges more than the workers hold at a time.
var killSeeds = campaign.Range{To: 24 * chunk}

var killAlone = sync.OnceValue(func() string { return alone(killSeeds) })

// A sweep outlives its workers and its server. Of eight workers, all in the middle of a
// range, three are killed and one is frozen; the server is killed while others have results
// in hand, and starts again on what it has on disk; the frozen one comes back when its range
// has long been run by another. Every seed is in the result, once.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	g := newGate(t)
	server := start(t, nil, "serve", "-dir", dir)
	o := observe(t, dir)
	var workers []*process
	for range 8 {
		workers = append(workers, start(t, []string{g.env()}, "work", "-dir", dir, "-workers", "1", "-v"))
	}
	for _, w := range workers {
		eventually(t, "a worker waits for a plan", func() bool { return strings.Contains(w.err.String(), "waiting for somebody") })
	}
	planner := start(t, nil, "run", "-dir", dir, "-workers", "0", "-json", "-vacuous", "0",
		"-seeds", killSeeds.String(), "-chunk", "32", "-lease", "3s")
	o.open()
	for _, w := range workers {
		eventually(t, "all eight are in the middle of a range", func() bool { return g.holds(w) && o.of(w).Range.Len() > 0 })
	}

	killed, frozen, alive := workers[:3], workers[3], workers[4:]
	lost := []campaign.Range{o.of(frozen).Range}
	for _, w := range killed {
		lost = append(lost, o.of(w).Range)
		w.kill()
	}
	planner.signal(syscall.SIGSTOP) // who would tell the frozen one that all is over
	frozen.signal(syscall.SIGSTOP)

	g.open()
	eventually(t, "some ranges have a result", func() bool { return o.entries() >= 4 })
	g.shut()
	for _, w := range alive {
		eventually(t, "the others are in the middle of a range again", func() bool { return g.holds(w) })
	}
	before := o.entries()
	if all := o.ledger.Plan().Ranges(); before >= all {
		t.Fatalf("all %d ranges are done before the server is killed", all)
	}
	server.kill()
	g.open()
	eventually(t, "a worker has a result and no server", func() bool {
		return slices.ContainsFunc(alive, func(w *process) bool { return strings.Contains(w.err.String(), `to="keep a result"`) })
	})
	start(t, nil, "serve", "-dir", dir)
	for _, r := range lost {
		eventually(t, "others run what the dead and the frozen one had", func() bool { return o.entry(r) != nil })
		if e := o.entry(r); e == nil || e.Try < 2 {
			t.Errorf("seeds %v, which were in the hands of one that died, came of the first try: %+v", r, e)
		}
	}
	frozen.signal(syscall.SIGCONT)
	eventually(t, "the frozen worker comes with a result that nobody wants any more", func() bool {
		return strings.Contains(frozen.err.String(), "another worker had a result first")
	})
	planner.signal(syscall.SIGCONT)
	if code := planner.exit(); code != exitFine {
		t.Errorf("the sweep's exit code is %d", code)
	}
	for _, w := range append(alive, frozen) {
		if code := w.exit(); code != exitFine {
			t.Errorf("the exit code of a worker is %d", code)
		}
	}
	if got, want := strings.TrimSpace(planner.out.String()), killAlone(); got != want {
		t.Errorf("the sweep gave\n%s\none machine gives\n%s", got, want)
	}
	if got, want := o.entries(), o.ledger.Plan().Ranges(); got != want {
		t.Errorf("%d results are kept of %d ranges", got, want)
	}
}
