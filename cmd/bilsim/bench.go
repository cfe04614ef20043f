package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/live"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// benchmark is what the command bench was asked for.
type benchmark struct {
	peers   int           // of the mesh
	virtual time.Duration // how long it goes on
	rounds  int
}

// figures are what the rounds have measured, a value a round each.
type figures struct {
	bare, checked     []float64 // events a second of the mesh, without checkers and with all
	queue, container  []float64 // the same of its events in the queue alone, and in container/heap
	times, timesCheck []float64 // how many times the time of the queue the mesh takes
	seeds             []float64 // a second
}

// bench measures the world as a full mesh of idle peers, with and without checkers, beside a
// bare queue of the same events, and as swarm seeds, all on one processor and by its time.
// Each round has all of them, and the median of each is printed, since other work on the
// machine disturbs them all.
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
	fmt.Fprintln(c.out, live.Machine())
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	b := benchmark{*peers, time.Duration(*minutes) * time.Minute, *rounds}
	o := b.observed()
	var r figures
	for range b.rounds {
		b.round(o, &r)
	}
	rate := median(r.bare)
	fmt.Fprintf(c.out, "%d peers, full mesh, %d virtual minutes: %d events, for which %d things are put into the queue and %d taken out\n",
		b.peers, *minutes, o.events, o.planned, o.taken)
	fmt.Fprintf(c.out, "  checkers off        %10.0f events/s, %.0f x real time\n", rate, rate/float64(o.events)*b.virtual.Seconds())
	fmt.Fprintf(c.out, "  every checker on    %10.0f events/s\n", median(r.checked))
	fmt.Fprintf(c.out, "  its queue alone     %10.0f events/s: of that time checkers off takes %.1f times, every checker on %.1f times\n",
		median(r.queue), median(r.times), median(r.timesCheck))
	fmt.Fprintf(c.out, "  container/heap      %10.0f events/s\n", median(r.container))
	fmt.Fprintf(c.out, "swarm seeds of 8 peers and 10 virtual minutes, every checker and the digest on\n")
	fmt.Fprintf(c.out, "                      %10.0f seeds/s on one core\n", median(r.seeds))
	return exitFine, nil
}

// round measures everything once.
func (b *benchmark) round(o *operations, r *figures) {
	bare := b.mesh(o.events, nil)
	queue := perSecond(o.events, o.inQueue())
	checked := b.mesh(o.events, sim.Checkers())
	r.bare, r.queue, r.checked = append(r.bare, bare), append(r.queue, queue), append(r.checked, checked)
	r.times, r.timesCheck = append(r.times, queue/bare), append(r.timesCheck, queue/checked)
	r.container = append(r.container, perSecond(o.events, o.inContainer()))
	r.seeds = append(r.seeds, benchSeeds())
}

// world returns the mesh as it is before its nodes are told of one another.
func (b *benchmark) world(checkers []sim.Checker) *sim.World {
	w := sim.New(sim.Options{Seed: 1, Latency: sim.Uniform(time.Millisecond, 50*time.Millisecond), Checkers: checkers})
	name := func(i int) string { return fmt.Sprintf("n%03d", i) }
	for i := range b.peers {
		if err := w.AddPeers(name(i)); err != nil {
			panic(err) // the names are legal
		}
	}
	return w
}

// start lets the mesh come together.
func (b *benchmark) start(w *sim.World) {
	nodes := w.Nodes()
	for i := range nodes {
		for j := range i {
			w.At(time.Duration(i)*time.Millisecond, sim.Connect{From: nodes[i].Name, To: nodes[j].Name})
		}
	}
	w.RunUntil(time.Minute)
}

// goOn lets time pass, and returns how many events that was.
func (b *benchmark) goOn(w *sim.World) uint64 {
	before := w.Events()
	if v := w.RunUntil(w.Now() + b.virtual); v != nil {
		panic(v) // a quiet mesh violates nothing
	}
	return w.Events() - before
}

// mesh returns events per second of a mesh that has come together, which has to have as
// many as it always has.
func (b *benchmark) mesh(events uint64, checkers []sim.Checker) (rate float64) {
	w := b.world(checkers)
	b.start(w)
	runtime.GC() // what came before is none of its business
	spent := stopwatch()
	if n := b.goOn(w); n != events {
		panic(fmt.Sprintf("%d events, and %d before", n, events))
	}
	return perSecond(events, spent())
}

// seedsRound is how many swarm seeds a round has, the same in each.
const seedsRound = 300

func benchSeeds() float64 {
	runtime.GC()
	spent := stopwatch()
	for n := range uint64(seedsRound) {
		sim.Swarm(n, sim.SwarmOptions{Peers: 8}).Run(sim.RunOptions{})
	}
	return perSecond(seedsRound, spent())
}

// stopwatch returns what says how much processor time has gone by since, and where the system
// does not tell that, how much time.
func stopwatch() (spent func() time.Duration) {
	if live.Supported {
		start := live.Used()
		return func() time.Duration { return live.Used() - start }
	}
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}
