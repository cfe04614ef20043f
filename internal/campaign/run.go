package campaign

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// A Seed is what the run of an index gave.
type Seed struct {
	Index, Seed uint64
	Result      *sim.Result
	Diagnosis   *sim.Diagnosis // of its violation; nil if it has none
}

// RunOptions say how to run seeds. None of them changes the Result.
type RunOptions struct {
	Workers int // how many seeds run at a time; 0 is one for each processor
	// Each, unless it is nil, is called with every seed, in the order of their indices and
	// one at a time. The results need memory for as long as they are kept.
	Each func(*Seed)
}

// batch is how many seeds run between two looks at the context.
const batch = 64

// Run runs the indices of a range and returns what they gave. The cause of every violation
// is looked for, which takes seconds each. If the context is done, Run ends within a batch
// of seeds and returns the result of those before; Result.Ran says which they are.
func (c *Campaign) Run(ctx context.Context, r Range, o RunOptions) *Result {
	if o.Workers < 1 {
		o.Workers = runtime.NumCPU()
	}
	total := New(*c, r, r)
	for from := r.From; from < r.To && ctx.Err() == nil; from += batch {
		began := time.Now()
		to := min(from+batch, r.To)
		for _, s := range c.batch(Range{from, to}, o.Workers) {
			total.take(s)
			if o.Each != nil {
				o.Each(s)
			}
		}
		total.Ran = total.Ran.Union(Ranges{{from, to}})
		total.Took += time.Since(began)
	}
	return total
}

// batch runs some indices at a time.
func (c *Campaign) batch(r Range, workers int) []*Seed {
	seeds := make([]*Seed, r.Len())
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			for i := worker; i < len(seeds); i += workers {
				seeds[i] = c.run(r.From + uint64(i))
			}
		})
	}
	wg.Wait()
	return seeds
}

// run runs one index.
func (c *Campaign) run(index uint64) *Seed {
	s := &Seed{Index: index, Seed: c.Seed(index)}
	s.Result = c.Scenario(s.Seed).Run(sim.RunOptions{})
	if s.Result.Violation != nil {
		s.Diagnosis = sim.Diagnose(s.Result, c.Replay(s.Seed))
	}
	return s
}

// take adds what one seed gave.
func (r *Result) take(s *Seed) {
	r.Events += s.Result.Events
	r.Digest.Add(s.Index, s.Result.Digest)
	r.Marks.Add(s.Result.Marks)
	r.Judged.Add(s.Result.Judged)
	r.Drawn.Add(s.Result.Scenario.Rare())
	if s.Result.Violation != nil {
		r.Findings = mergeFindings(r.Findings, []Finding{r.Campaign.finding(s)})
	}
}
