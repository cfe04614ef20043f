package main

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// bench measures the world as a full mesh of idle peers, with and without
// checkers, and as swarm seeds. Rounds of the three are interleaved and the
// median of each is printed, since other work on the machine disturbs them all.
func bench(c *console, args []string) (int, error) {
	f := c.flagSet("bench")
	peers := f.Int("peers", 100, "peers of the mesh")
	minutes := f.Int("minutes", 60, "virtual minutes")
	rounds := f.Int("rounds", 5, "rounds")
	if err := parseAll(f, args); err != nil {
		return 0, err
	}
	if *peers < 2 || *peers > 1000 || *minutes < 1 || *rounds < 1 {
		return 0, errors.New("-peers is 2 to 1000, -minutes and -rounds at least 1")
	}
	fmt.Fprintf(c.out, "%s, %s/%s, %d CPUs\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	var bare, checked, seeds []float64
	virtual := time.Duration(*minutes) * time.Minute
	var events uint64
	for range *rounds {
		rate, n := benchMesh(*peers, virtual, nil)
		bare, events = append(bare, rate), n
		rate, _ = benchMesh(*peers, virtual, sim.Checkers())
		checked = append(checked, rate)
		seeds = append(seeds, benchSeeds())
	}
	rate := median(bare)
	fmt.Fprintf(c.out, "%d peers, full mesh, %d virtual minutes: %d events\n", *peers, *minutes, events)
	fmt.Fprintf(c.out, "  checkers off        %10.0f events/s, %.0f x real time\n", rate, rate/float64(events)*virtual.Seconds())
	fmt.Fprintf(c.out, "  every checker on    %10.0f events/s\n", median(checked))
	fmt.Fprintf(c.out, "swarm seeds of 8 peers and 10 virtual minutes, every checker and the digest on\n")
	fmt.Fprintf(c.out, "                      %10.0f seeds/s on one core\n", median(seeds))
	return exitFine, nil
}

// benchMesh returns events per second of a mesh that has come together.
func benchMesh(peers int, virtual time.Duration, checkers []sim.Checker) (rate float64, events uint64) {
	w := sim.New(sim.Options{Seed: 1, Latency: sim.Uniform(time.Millisecond, 50*time.Millisecond), Checkers: checkers})
	name := func(i int) string { return fmt.Sprintf("n%03d", i) }
	for i := range peers {
		if err := w.AddPeers(name(i)); err != nil {
			panic(err) // the names are legal
		}
		for j := range i {
			w.At(time.Duration(i)*time.Millisecond, sim.Connect{From: name(i), To: name(j)})
		}
	}
	w.RunUntil(time.Minute)
	before, start := w.Events(), time.Now()
	if v := w.RunUntil(w.Now() + virtual); v != nil {
		panic(v) // a quiet mesh violates nothing
	}
	events = w.Events() - before
	return perSecond(events, time.Since(start)), events
}

func benchSeeds() float64 {
	start, n := time.Now(), uint64(0)
	for ; time.Since(start) < time.Second; n++ {
		sim.Swarm(n, sim.SwarmOptions{Peers: 8}).Run(sim.RunOptions{})
	}
	return perSecond(n, time.Since(start))
}

func median(values []float64) float64 {
	for i := range values { // few values: insertion keeps this plain
		for j := i; j > 0 && values[j] < values[j-1]; j-- {
			values[j], values[j-1] = values[j-1], values[j]
		}
	}
	return values[len(values)/2]
}
