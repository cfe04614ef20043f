package main

import (
	"slices"
	"time"
)

// sample is one measurement of one contender with so many callers.
type sample struct {
	perSecond  float64 // calls
	p50, p99   float64 // of calls, in microseconds
	cpuPerCall float64 // microseconds, both processes
	allocs     float64 // heap objects a call, both processes
}

// warmUp lets connections, pools and the scheduler settle before the clock runs.
const warmUp = 300 * time.Millisecond

// measure connects once and takes a sample for each number of callers.
func measure(c contender, callers []int, span time.Duration) (map[int]sample, error) {
	ch, err := startChild(c)
	if err != nil {
		return nil, err
	}
	defer ch.stop()
	cl, err := c.dial(ch.target)
	if err != nil {
		return nil, err
	}
	defer cl.close()
	samples := map[int]sample{}
	for _, n := range callers {
		if samples[n], err = measureLoad(cl, ch, n, span); err != nil {
			return nil, err
		}
	}
	return samples, nil
}

func measureLoad(cl client, ch *child, callers int, span time.Duration) (sample, error) {
	if _, err := cl.load(callers, until(time.Now().Add(warmUp))); err != nil {
		return sample{}, err
	}
	before, err := bothUsages(ch)
	if err != nil {
		return sample{}, err
	}
	latencies := make([][]time.Duration, callers)
	for i := range latencies {
		// Room for a call every microsecond, of all callers, so that growth is not measured.
		latencies[i] = make([]time.Duration, 0, int(span/time.Microsecond)/callers)
	}
	began := time.Now()
	calls, err := cl.load(callers, timed(began.Add(span), latencies))
	elapsed := time.Since(began)
	if err != nil {
		return sample{}, err
	}
	after, err := bothUsages(ch)
	if err != nil {
		return sample{}, err
	}
	used := after.minus(before)
	s := sample{
		perSecond:  float64(calls) / elapsed.Seconds(),
		cpuPerCall: float64(used.cpu) / 1e3 / float64(calls),
		allocs:     float64(used.allocs) / float64(calls),
	}
	all := slices.Concat(latencies...)
	if n := len(all); n > 0 {
		slices.Sort(all)
		s.p50 = float64(all[n/2].Nanoseconds()) / 1e3
		s.p99 = float64(all[n*99/100].Nanoseconds()) / 1e3
	}
	return s, nil
}

func until(end time.Time) func(int) bool {
	return func(int) bool { return !time.Now().Before(end) }
}

// timed is until that notes the time between two questions of a caller: one call.
func timed(end time.Time, latencies [][]time.Duration) func(int) bool {
	last := make([]time.Time, len(latencies))
	return func(caller int) bool {
		now := time.Now()
		if !last[caller].IsZero() {
			latencies[caller] = append(latencies[caller], now.Sub(last[caller]))
		}
		last[caller] = now
		return !now.Before(end)
	}
}

func bothUsages(ch *child) (usage, error) {
	theirs, err := ch.usage()
	return usageNow().plus(theirs), err
}

// median returns the middle one of the values that f picks from samples.
func median(samples []sample, f func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = f(s)
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
