package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/defects"
	"github.com/bitmark-inc/bilateralrpc/sim/explore"
)

// explorer is what the command explore was asked for.
type explorer struct {
	c       *console
	o       explore.Options
	longest time.Duration // of one search; zero has no bound
	defect  string        // the ID of one to put into the core
	out     string        // the file for what is found
	save    string        // the file for a search that was stopped
	resume  string        // the file of one that is to be gone on with
	quiet   bool          // says nothing of the progress
	stop    atomic.Bool   // the searches are to end
}

func exploreFiles(c *console, args []string) (int, error) {
	f := c.flagSet("explore")
	x := explorer{c: c}
	f.Uint64Var(&x.o.StatesMax, "states", 0, "end a search that has seen so many states; 0 is 10 million, some 300 MB")
	f.DurationVar(&x.longest, "for", 0, "end a search after this `time`; 0 has no bound")
	f.BoolVar(&x.o.AllOrders, "orders", false, "try both orders of two things that are due at one moment at two nodes")
	f.BoolVar(&x.o.Safety, "safety", false, "do not stop the faults in every state, though the scenario settles")
	workers := f.Int("workers", runtime.GOMAXPROCS(0), "how many processors to use; the result does not depend on it")
	f.StringVar(&x.defect, "defect", "", "put the known defect of this `ID` into the core, as kill does")
	f.StringVar(&x.out, "o", "", "write the scenario of what is found to this `file`")
	f.IntVar(&x.o.LiveMax, "live", 0, "keep so many worlds, for states that are gone on from later; 0 is 2048, less is none. The result does not depend on it")
	f.StringVar(&x.save, "save", "", "write a search that is stopped, by a bound or Ctrl-C, to this `file`")
	f.StringVar(&x.resume, "resume", "", "go on with the search in this `file`, written by -save, of the same scenario")
	f.BoolVar(&x.quiet, "q", false, "do not tell of the progress")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if f.NArg() == 0 {
		return 0, errors.New("name a scenario file with bounds, or - for standard input")
	}
	if (x.save != "" || x.resume != "") && f.NArg() > 1 {
		return 0, errors.New("-save and -resume are about one search: name one scenario file")
	}
	x.o.Each, x.o.Label = eachAtATime(*workers), x.defect
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(200)) // worlds are made and left behind all the time
	}
	ctx, end := signal.NotifyContext(context.Background(), os.Interrupt)
	defer end()
	defer context.AfterFunc(ctx, func() {
		x.stop.Store(true)
		end() // the second Ctrl-C ends it at once
	})()
	return c.eachFile("explore", f.Args(), true, x.file), nil
}

// eachAtATime returns what does n things, up to so many at a time.
func eachAtATime(workers int) func(n int, do func(i int)) {
	return func(n int, do func(i int)) {
		var wg sync.WaitGroup
		var next atomic.Int64
		for range min(max(workers, 1), n) {
			wg.Go(func() {
				for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
					do(i)
				}
			})
		}
		wg.Wait()
	}
}

// file searches through the scenario of a file.
func (x *explorer) file(name string) (int, error) {
	s, _, err := readScenario(x.c, name)
	if err != nil {
		return 0, err
	}
	if x.defect != "" {
		d := defectCalled(x.defect)
		if d == nil {
			return 0, fmt.Errorf("no defect is called %q: bilsim kill lists them", x.defect)
		}
		s = d.In(s)
	}
	began := time.Now()
	told := began
	first := uint64(0) // the states that it begins with, of a search that is gone on with
	o := x.o
	o.Stop = func(n *explore.Counts) bool {
		now := time.Now()
		if first == 0 {
			first = n.States
		}
		if !x.quiet && now.Sub(told) > 5*time.Second {
			told = now
			fmt.Fprintf(x.c.err, "%s: %d states, %d steps, depth %d, %.0f states/s\n", name, n.States, n.Steps, n.Depth, perSecond(n.States-first, now.Sub(began)))
		}
		return x.stop.Load() || x.longest > 0 && now.Sub(began) > x.longest
	}
	r, err := x.search(s, o)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	took := time.Since(began)
	switch {
	case r.Found != nil:
		return exitViolation, x.tell(name, r)
	case !r.Complete:
		fmt.Fprintf(x.c.out, "stop  %s  %v\n", name, r)
		return exitFine, x.saved(r)
	}
	fmt.Fprintf(x.c.out, "ok    %s  %v; %.0f states/s\n", name, r, perSecond(r.States-min(first, r.States), took))
	return exitFine, nil
}

// search searches through a scenario, from the start or from where a search was stopped.
func (x *explorer) search(s *sim.Scenario, o explore.Options) (*explore.Result, error) {
	if x.resume == "" {
		return explore.Search(s, o)
	}
	f, err := os.Open(x.resume)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := explore.Resume(s, o, f)
	if err != nil {
		err = fmt.Errorf("%s: %w", x.resume, err)
	}
	return r, err
}

// saved writes a search that was stopped to its file, which is as it was or as it is to be,
// also if that goes wrong.
func (x *explorer) saved(r *explore.Result) error {
	if x.save == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(x.save), filepath.Base(x.save)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // which is gone if all went well
	if err := errors.Join(r.Save(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), x.save)
}

// tell tells of what a search has found.
func (x *explorer) tell(name string, r *explore.Result) error {
	fmt.Fprintf(x.c.out, "FAIL  %s  %v\n", name, r)
	story := sim.Format(r.Story)
	if x.out != "" {
		if err := os.WriteFile(x.out, []byte(story), 0o644); err != nil {
			return err
		}
	}
	if v := r.Confirmed.Violation; v == nil || v.Property.ID != r.Found.Property.ID {
		fmt.Fprintf(x.c.out, "%s\n%v\nIts scenario does not show it by itself:\n%s", r.Found.Property.Claim, r.Found, story)
		return nil
	}
	fmt.Fprintf(x.c.out, "%s\n", sim.Explain(r.Confirmed, "go run ./cmd/bilsim run FILE"))
	return nil
}

// defectCalled returns the defect of that ID, or nil.
func defectCalled(id string) *defects.Defect {
	all := defects.All()
	for i := range all {
		if all[i].ID == id {
			return &all[i]
		}
	}
	return nil
}
