package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// digests runs each seed twice. A seed that gives two digests is the worst that
// can happen to a simulator: the first step that differs says where to look.
func digests(c *console, args []string) (int, error) {
	f := c.flagSet("digest")
	var sf seedFlags
	seed := f.Uint64("seed", 0, "the seed")
	seeds := f.String("seeds", "", "instead of -seed: seeds A..B without B, whose combined digest is printed")
	each := f.Bool("each", false, "with -seeds: print a line for each seed, as testdata/digests.txt has them")
	slow := f.Int("slow", 1, "let the second run of a seed take so many times as long as the first")
	f.StringVar(&sf.model, "model", "physical", "the model of a link: physical or adversarial")
	f.IntVar(&sf.peers, "peers", 0, "the number of peers; 0 lets the seed decide")
	if err := parseAll(f, args); err != nil {
		return 0, err
	}
	o, err := sf.options()
	if err != nil {
		return 0, err
	}
	all := campaign.Range{From: *seed, To: *seed + 1}
	if *seeds != "" {
		if all, err = campaign.ParseRange(*seeds); err != nil {
			return 0, fmt.Errorf("-seeds: %w", err)
		}
	}
	if *slow < 1 || *slow > 100 {
		return 0, errors.New("-slow is 1 to 100")
	}
	var combined campaign.Digest // as a hunt has it
	for n := all.From; n < all.To; n++ {
		a := sim.Swarm(n, o).Run(sim.RunOptions{})
		b := sim.Swarm(n, o).Run(slowed(*slow))
		if a.Digest != b.Digest {
			return c.differ(n, o), nil
		}
		combined.Add(n, a.Digest)
		switch {
		case *each:
			fmt.Fprintf(c.out, "%v %d %d %s\n", o.Model, n, a.Events, a.Digest)
		case *seeds == "":
			fmt.Fprintf(c.out, "%s  seed %d, %v, %d events\n", a.Digest, n, o.Model, a.Events)
		}
	}
	if *seeds != "" && !*each {
		fmt.Fprintf(c.out, "%v  seeds %v, %v\n", combined, all, o.Model)
	}
	return exitFine, nil
}

// slowed are options for a run that takes so many times as long, by the clock of the
// machine: whatever looks at that clock decides otherwise in it.
func slowed(times int) sim.RunOptions {
	if times == 1 {
		return sim.RunOptions{}
	}
	last := time.Now()
	pause := func(*sim.World, *sim.Step, sim.Fault) {
		// Short sleeps last longer than they are asked to: some steps at a time.
		if ran := time.Since(last); ran > time.Millisecond {
			time.Sleep(ran * time.Duration(times-1))
			last = time.Now()
		}
	}
	return sim.RunOptions{Customise: func(w *sim.World) { w.Observe(pause) }}
}

// differ runs a seed twice more, to say which step differs first.
func (c *console) differ(seed uint64, o sim.SwarmOptions) int {
	var traces [2][]string
	var results [2]*sim.Result
	for i := range results {
		results[i] = sim.Swarm(seed, o).Run(sim.RunOptions{Steps: true, Trace: func(line []byte) {
			traces[i] = append(traces[i], string(line))
		}})
	}
	fmt.Fprintf(c.out, "seed %d gave two digests; the first step that differs is %d\n", seed, sim.FirstDifference(results[0], results[1]))
	for i, line := range traces[0] {
		if i >= len(traces[1]) || traces[1][i] != line {
			fmt.Fprintf(c.out, "  once:  %s\n", line)
			if i < len(traces[1]) {
				fmt.Fprintf(c.out, "  again: %s\n", traces[1][i])
			}
			break
		}
	}
	return exitDigest
}
