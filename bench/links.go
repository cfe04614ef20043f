package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// star is a node, the hub, that many others have dialled, all in this process.
type star struct {
	hub    *bilateralrpc.Bilateral
	leaves []*bilateralrpc.Bilateral
}

// linksRow is what a star of so many links costs.
type linksRow struct {
	transport   string
	links       int
	storm       time.Duration // from the first ConnectTo until all have joined
	bytes       float64       // memory a link: a node, and both ends
	idle        float64       // processors used while nothing is called, of 1
	multicast   time.Duration // a call to all, until all replies are in; median
	cpu         time.Duration // processor time of that; median
	connections time.Duration // of ActiveConnections; median
}

// linksAddresses are where the hub listens, by what carries its links.
var linksAddresses = map[string]string{"zmtp": "tcp://127.0.0.1:*", "memory": "inproc://*"}

// linksSpare is how many descriptors are left for other things than links, both of whose
// ends are here.
const linksSpare = 64

// linksPossible returns how many of so many links the process has descriptors for.
func linksPossible(transport string, links int) int {
	var limit syscall.Rlimit
	if transport == "memory" || syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return links
	}
	return min(links, int(limit.Cur-linksSpare)/2)
}

// linksTimes is how often what is quick is repeated for a median.
const linksTimes = 11

// linksIdle is how long a star is left alone: five of the heartbeats of 4 s.
const linksIdle = 20 * time.Second

// measureLinks makes a star of so many links, measures it, and takes it down.
func measureLinks(transport string, links int) (row linksRow, err error) {
	if transport == "bare" {
		return measureBareLinks(links)
	}
	row = linksRow{transport: transport, links: links}
	before := memoryInUse()
	var s star
	defer func() { s.close() }()
	address, err := s.makeNodes(transport, links)
	if err != nil {
		return row, err
	}
	if row.storm, err = s.join(address); err != nil {
		return row, err
	}
	if row.multicast, row.cpu, err = s.multicast(); err != nil { // before memory: buffers are in use then
		return row, err
	}
	row.connections = medianOf(func() error { s.hub.ActiveConnections(); return nil })
	row.idle = idleCPU()
	row.bytes = float64(memoryInUse()-before) / float64(links)
	runtime.KeepAlive(s)
	return row, nil
}

// makeNodes makes the nodes, unconnected, and returns where the hub listens.
func (s *star) makeNodes(transport string, links int) (address string, err error) {
	// All come from one address, which by default has half of the links at most.
	limits := bilateralrpc.Limits{LinksMax: 2*links + 1}
	if s.hub, err = bilateralrpc.New(bilateralrpc.Config{Network: "bench", Name: "hub", Limits: limits}); err != nil {
		return "", err
	}
	if err := s.hub.ListenOn(linksAddresses[transport]); err != nil {
		return "", err
	}
	for i := range links {
		b, err := bilateralrpc.New(bilateralrpc.Config{Network: "bench", Name: fmt.Sprint("leaf-", i)})
		if err != nil {
			return "", err
		}
		s.leaves = append(s.leaves, b)
		if err := b.Register(Arith{}); err != nil {
			return "", err
		}
	}
	return s.hub.ListenAddresses()[0], nil
}

// join has all nodes dial the hub at once, and returns how long it takes until all are joined.
func (s *star) join(address string) (time.Duration, error) {
	began := time.Now()
	for _, b := range s.leaves {
		if err := b.ConnectTo("hub", address); err != nil {
			return 0, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	err := s.hub.WaitPeers(ctx, len(s.leaves))
	return time.Since(began), err
}

// multicast returns how long a call to all takes, and its processor time.
func (s *star) multicast() (elapsed, cpu time.Duration, err error) {
	var cpus []time.Duration
	elapsed = medianOf(func() error {
		before := usageNow()
		var rows []struct {
			From  string
			Reply Results
			Err   error
		}
		args := Operands{A: 7, B: 5}
		if e := s.hub.Call(nil, "Arith.SumDiff", args, &rows, time.Minute); e != nil {
			err = e
			return e
		}
		cpus = append(cpus, time.Duration(usageNow().minus(before).cpu))
		if len(rows) != len(s.leaves) {
			err = fmt.Errorf("%d replies of %d", len(rows), len(s.leaves))
		}
		for _, r := range rows {
			if e := cmp.Or(r.Err, check(args, r.Reply)); e != nil {
				err = fmt.Errorf("%s: %w", r.From, e)
			}
		}
		return err
	})
	slices.Sort(cpus)
	if err == nil {
		cpu = cpus[len(cpus)/2]
	}
	return elapsed, cpu, err
}

func (s *star) close() {
	for _, b := range s.leaves {
		b.Close()
	}
	if s.hub != nil {
		s.hub.Close()
	}
}

// medianOf returns the median time that f takes, and ends with its first error.
func medianOf(f func() error) time.Duration {
	var times []time.Duration
	for range linksTimes {
		began := time.Now()
		if f() != nil {
			return 0
		}
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// idleCPU returns how many processors this process uses while it is left alone.
func idleCPU() float64 {
	before, began := usageNow(), time.Now()
	time.Sleep(linksIdle)
	return float64(usageNow().minus(before).cpu) / float64(time.Since(began).Nanoseconds())
}

// memoryInUse is what lives on the heap, and stacks.
func memoryInUse() int64 {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// printLinks writes a line for each row.
func printLinks(w io.Writer, rows []linksRow) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "transport\tlinks\tjoin storm s\tKiB a link\tidle CPU %%\tmulticast ms\tits CPU us a peer\tActiveConnections us\t\n")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%d\t%.2f\t%.1f\t%.2f\t%.1f\t%.1f\t%.0f\t\n", r.transport, r.links, r.storm.Seconds(),
			r.bytes/1024, 100*r.idle, float64(r.multicast.Microseconds())/1e3,
			float64(r.cpu.Nanoseconds())/1e3/float64(r.links), float64(r.connections.Nanoseconds())/1e3)
	}
	t.Flush()
}
