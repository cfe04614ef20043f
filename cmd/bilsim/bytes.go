package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sim/stream"
)

// byteRun is a run of the bytes command.
type byteRun struct {
	c       *console
	trace   bool   // print the trace of a single scenario
	vacuous uint64 // from how many seeds on a mark that was never hit is a failure; 0 is never
	totals  stream.Totals
	digest  [sha256.Size]byte // over the digests of all seeds, in their order
}

// runBytes runs scenarios of the world of bytes (package stream): files, or those
// of seeds.
func runBytes(c *console, args []string) (int, error) {
	r := &byteRun{c: c}
	f := c.flagSet("bytes")
	seeds := f.String("seeds", "0..2000", "seeds A..B without B, where no file is named")
	seed := f.Int64("seed", -1, "instead of -seeds: one seed, whose scenario is printed too")
	limit := f.Duration("for", 0, "stop after this time")
	f.BoolVar(&r.trace, "trace", false, "with -seed or a file: print the trace")
	f.Uint64Var(&r.vacuous, "vacuous", 2000, "fail if something that should happen sometimes never does in so many seeds; 0 never fails")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if f.NArg() > 0 {
		var unused error
		f.Visit(func(x *flag.Flag) {
			if x.Name != "trace" {
				unused = fmt.Errorf("-%s is about seeds, and %s is a file: want one of the two", x.Name, f.Arg(0))
			}
		})
		if unused != nil {
			return 0, unused
		}
		return c.eachFile("bytes", f.Args(), true, r.file), nil
	}
	if *seed >= 0 {
		s := stream.Swarm(uint64(*seed))
		fmt.Fprint(c.out, s)
		return r.one(s, fmt.Sprint("seed ", *seed), fmt.Sprint("-seed ", *seed)), nil
	}
	all, err := campaign.ParseRange(*seeds)
	if err != nil {
		return 0, fmt.Errorf("-seeds: %w", err)
	}
	return r.hunt(all.From, all.To, *limit), nil
}

// file runs the scenario of a file.
func (r *byteRun) file(name string) (int, error) {
	text, err := readText(r.c, name)
	if err != nil {
		return 0, err
	}
	s, err := stream.Parse(text)
	if err != nil {
		return 0, located(name, text, err)
	}
	return r.one(s, name, name), nil
}

// one runs one scenario and returns the exit status. The command that replays it
// ends with replay.
func (r *byteRun) one(s *stream.Scenario, name, replay string) int {
	var o stream.Options
	if r.trace {
		o.Trace = func(line []byte) { fmt.Fprintf(r.c.out, "%s\n", line) }
	}
	result := s.Run(o)
	if result.Violation != nil {
		fmt.Fprintf(r.c.out, "FAIL  %s\n%s", name, stream.Explain(result, "go run ./cmd/bilsim bytes "+replay))
		return exitViolation
	}
	fmt.Fprintf(r.c.out, "ok    %s  %v, %d events, digest %.16s\n", name, result.Elapsed.Round(time.Millisecond), result.Events, result.Digest)
	return exitFine
}

// hunt runs seeds until one violates a property, and returns the exit status. A
// limit of 0 is without limit.
func (r *byteRun) hunt(first, last uint64, limit time.Duration) int {
	start := time.Now()
	next := first
	for ; next < last && r.totals.Violation == nil; next += batch {
		if limit > 0 && time.Since(start) >= limit {
			break
		}
		r.batch(next, min(next+batch, last))
	}
	next = min(next, last)
	elapsed := time.Since(start)
	missed := r.totals.Marks.Missed(true)
	t := &r.totals
	fmt.Fprintf(r.c.out, "%d seeds, next %d, %d events, %d bytes, %.0f seeds/s, %.0f events/s, %d of %d marks hit, digest %x\n",
		t.Runs, next, t.Events, t.Bytes, perSecond(t.Runs, elapsed), perSecond(t.Events, elapsed), len(t.Marks)-len(missed), len(t.Marks), r.digest[:8])
	if v := t.Violation; v != nil {
		fmt.Fprint(r.c.out, stream.Explain(v, fmt.Sprint("go run ./cmd/bilsim bytes -seed ", v.Scenario.Seed)))
		return exitViolation
	}
	if r.vacuous > 0 && t.Runs >= r.vacuous && len(missed) > 0 {
		fmt.Fprintf(r.c.out, "never happened, though it should sometimes: %s\n", strings.Join(missed, ", "))
		return exitViolation
	}
	return exitFine
}

// batch runs some seeds on all processors, and takes in what came of them in
// the order of their seeds.
func (r *byteRun) batch(from, to uint64) {
	var results [batch]*stream.Result
	var wg sync.WaitGroup
	workers := uint64(runtime.GOMAXPROCS(0))
	for worker := range workers {
		wg.Go(func() {
			for seed := from + worker; seed < to; seed += workers {
				results[seed-from] = stream.Swarm(seed).Run(stream.Options{})
			}
		})
	}
	wg.Wait()
	for _, result := range results[:to-from] {
		r.totals.Add(result)
		r.digest = sha256.Sum256(append(r.digest[:], result.Digest...))
	}
}
