package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/live"
)

const (
	// envSoak has a process be the node under load; its value is the transport.
	envSoak = "CHAOS_SOAK"
	// soakMemory is the GOMEMLIMIT of that process.
	soakMemory = "256MiB"
	// soakCallers call at once while the peak is measured, for peakFor, and
	// share the rate after that.
	soakCallers = 64
	peakFor     = 10 * time.Second
	// sampleEvery is the time between two looks at what the node occupies. The first
	// sampleFrom of the time do not count for the slope: caches fill up.
	sampleEvery = 5 * time.Second
	warmShare   = 10
	// soakPatience is the timeout of a call.
	soakPatience = 10 * time.Second
	// slopeMax is by how much the memory may rise, in per cent a minute.
	slopeMax = 1
)

// soakNode is the process of the node under load.
func soakNode(transport string) error {
	node, err := bilateralrpc.New(bilateralrpc.Config{Network: "soak", Name: "node", Transport: transportOf(transport)})
	if err != nil {
		return err
	}
	defer node.Close()
	if err = echo.Handle(node, (&soakServer{}).serve); err != nil {
		return err
	}
	if err = node.ListenOn("tcp://127.0.0.1:*"); err != nil {
		return err
	}
	if err = json.NewEncoder(os.Stdout).Encode(report{Listening: node.ListenAddresses()[0]}); err != nil {
		return err
	}
	var end [1]byte
	_, _ = os.Stdin.Read(end[:]) // until the runner ends
	return nil
}

type soakServer struct{}

func (*soakServer) serve(_ context.Context, r Request) (Reply, error) {
	return Reply{Life: r.Life, N: r.N, By: "node", Payload: r.Payload}, nil
}

// soaked is what a soak has measured.
type soaked struct {
	transport  string
	peak, rate int // calls a second
	errors     map[string]int
	calls      int
	quarters   [4]histogram
	at         []time.Duration // of the samples
	resident   []int64
	behind     time.Duration // how far the callers were behind their times, at most
}

// soakMain is make soak.
func soakMain(o *options) int {
	transports, _ := o.transports()
	columns := []string{"transport", "peak, calls/s", "half of it, as made", "calls", "errors", "RSS at the start, MiB", "at the end", "slope, % a minute", "p99 of the quarters, ms", "behind at most, s"}
	var cells [][]string
	bad := 0
	for _, transport := range transports {
		s, err := soak(transport, o.soak)
		if err != nil {
			fmt.Fprintln(os.Stderr, "soak:", err)
			return 2
		}
		slope := slopeOf(s.at, s.resident)
		if slope > slopeMax || len(s.errors) > 0 {
			bad++
		}
		var p99 []string
		for i := range s.quarters {
			p99 = append(p99, fmt.Sprintf("%.1f", s.quarters[i].percentile(99).Seconds()*1000))
		}
		failed := 0
		for why, n := range s.errors {
			failed += n
			fmt.Printf("%s: %d times %s\n", transport, n, why)
		}
		first, last := s.resident[0], s.resident[len(s.resident)-1]
		cells = append(cells, []string{
			transport, fmt.Sprint(s.peak), fmt.Sprintf("%.0f", float64(s.calls)/o.soak.Seconds()), fmt.Sprint(s.calls), fmt.Sprint(failed),
			fmt.Sprint(first >> 20), fmt.Sprint(last >> 20), fmt.Sprintf("%+.2f", slope), strings.Join(p99, ", "), seconds(s.behind),
		})
	}
	text := fmt.Sprintf("\n%s %v of each transport, GOMEMLIMIT=%s, load when it ended: %s. %d failed.\n\n%s\n", live.Machine(), o.soak, soakMemory, load(), bad, live.Markdown(columns, cells))
	fmt.Print(text)
	if o.write != "" {
		if err := live.WriteInto(o.write, "make soak WRITE=1", text); err != nil {
			fmt.Fprintln(os.Stderr, "soak:", err)
			return 2
		}
	}
	return min(bad, 1)
}

// soak loads a node for a time.
func soak(transport string, lasts time.Duration) (*soaked, error) {
	if err := os.Setenv("GOMEMLIMIT", soakMemory); err != nil { // of the child; this process has begun
		return nil, err
	}
	child, err := live.Start(envSoak, transport)
	if err != nil {
		return nil, err
	}
	defer child.Stop()
	var begun report
	if err = child.Next(&begun, processPatience); err != nil {
		return nil, err
	}
	caller, err := bilateralrpc.New(bilateralrpc.Config{Network: "soak", Name: "caller", Transport: transportOf(transport)})
	if err != nil {
		return nil, err
	}
	defer caller.Close()
	ctx, cancel := context.WithTimeout(context.Background(), processPatience)
	defer cancel()
	if err = errors.Join(caller.ConnectTo("node", begun.Listening), caller.WaitFor(ctx, "node")); err != nil {
		return nil, err
	}
	s := &soaked{transport: transport, errors: map[string]int{}}
	peak := s.load(caller, peakFor, 0, child.Pid())
	s.peak = int(float64(peak) / peakFor.Seconds())
	s.rate = s.peak / 2
	*s = soaked{transport: transport, peak: s.peak, rate: s.rate, errors: map[string]int{}}
	fmt.Printf("%s: %d calls a second at the peak; now %d for %v\n", transport, s.peak, s.rate, lasts)
	s.calls = s.load(caller, lasts, s.rate, child.Pid())
	return s, nil
}

// load makes calls for a time: rate a second, or as many as there can be. It returns how many.
func (s *soaked) load(caller *bilateralrpc.Bilateral, lasts time.Duration, rate, pid int) (calls int) {
	began := time.Now()
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range soakCallers {
		all.Go(func() {
			var took [4]histogram
			n, failed := 0, map[string]int{}
			var behind time.Duration
			for ; ; n++ {
				at := time.Since(began)
				if rate > 0 {
					wait := time.Duration(n*soakCallers+i)*time.Second/time.Duration(rate) - at
					time.Sleep(wait)
					behind = max(behind, -wait)
					at += wait
				}
				if at >= lasts {
					break
				}
				due := began.Add(at) // a call that begins late counts from when it should have begun
				if why := soakCall(caller, uint64(i), uint64(n)); why != "" {
					failed[why]++
				}
				took[min(3, int(4*at/lasts))].add(time.Since(due))
			}
			mu.Lock()
			defer mu.Unlock()
			calls += n
			s.behind = max(s.behind, behind)
			for q := range took {
				s.quarters[q].merge(&took[q])
			}
			for why, n := range failed {
				s.errors[why] += n
			}
		})
	}
	for at := time.Duration(0); at < lasts; at = time.Since(began) {
		if resident, _, err := live.Memory(pid); err == nil && rate > 0 && at >= lasts/warmShare {
			s.at, s.resident = append(s.at, at), append(s.resident, resident)
		}
		time.Sleep(min(sampleEvery, lasts-at))
	}
	all.Wait()
	return calls
}

// soakCall makes one call, and says what was wrong with it.
func soakCall(caller *bilateralrpc.Bilateral, i, n uint64) string {
	r := Request{Life: i, N: n, Payload: make([]byte, 64)}
	reply, err := echo.One(context.Background(), caller, "node", r, bilateralrpc.WithTimeout(soakPatience))
	switch {
	case err != nil:
		return kindOf(err)
	case reply.Life != i || reply.N != n:
		return "the reply is another call's"
	}
	return ""
}

// slopeOf returns by how many per cent of their mean values rise in a minute, by least squares.
func slopeOf(at []time.Duration, values []int64) float64 {
	var t, v, tt, tv float64
	n := float64(len(at))
	for i := range at {
		x, y := at[i].Minutes(), float64(values[i])
		t, v, tt, tv = t+x, v+y, tt+x*x, tv+x*y
	}
	if spread := n*tt - t*t; n > 1 && spread > 0 && v > 0 {
		return 100 * (n*tv - t*v) / spread / (v / n)
	}
	return 0
}
