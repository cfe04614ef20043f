package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
)

// measured is what bench says of one peer.
type measured struct {
	Calls     int     `json:"calls"`
	Failed    int     `json:"failed"`
	PerSecond float64 `json:"per_second"`
	Median    float64 `json:"median_ms"`
	P99       float64 `json:"p99_ms"`
	Worst     float64 `json:"worst_ms"`
	Error     string  `json:"error,omitempty"` // the first one
}

const callersMax = 1024

func (a *app) benchCommand() *cobra.Command {
	var callers int
	var duration time.Duration
	c := &cobra.Command{
		Use: "bench PEER [METHOD [JSON]]", Short: "Measure how many calls peers answer, and how fast",
		Long: `Measure how many calls peers answer, and how fast. Without a METHOD it is what ping sends.
All that a call takes counts: on this machine, on the way, and there.`,
		Example: `  bilateral bench alice Echo.SumDiff '{"A":1,"B":2}' --callers 64 --duration 10s`,
		Args:    cobra.RangeArgs(1, 3), ValidArgsFunction: a.completeMethod,
		RunE: func(c *cobra.Command, args []string) error {
			if callers < 1 || callers > callersMax || duration <= 0 {
				return usage("--callers is %d and --duration %v: want 1 to %d, and more than 0", callers, duration, callersMax)
			}
			if duration >= a.timeout {
				if c.Flags().Changed("timeout") {
					return usage("--timeout is %v, in which %v of --duration have no place", a.timeout, duration)
				}
				a.timeout += duration
			}
			var text []byte
			if len(args) > 1 {
				var err error
				if text, err = a.argsText(args[2:]); err != nil {
					return err
				}
			}
			return a.each(c, args[0], func(ctx context.Context, s *session, up []string) (work, error) {
				call := s.pinged
				if len(args) > 1 {
					plans, err := s.plans(ctx, up, args[1], text)
					if err != nil {
						return nil, err
					}
					call = func(ctx context.Context, peer string) error {
						_, err := s.call(ctx, peer, args[1], plans[peer])
						return err
					}
				}
				return s.bench(callers, duration, call), nil
			})
		},
	}
	c.Flags().IntVar(&callers, "callers", 16, "that call a peer at a time")
	c.Flags().DurationVar(&duration, "duration", 5*time.Second, "how long")
	return c
}

func (s *session) pinged(ctx context.Context, peer string) error {
	_, err := s.ping(ctx, peer)
	return err
}

// bench returns the work of calling a peer as often as it answers.
func (s *session) bench(callers int, duration time.Duration, call func(ctx context.Context, peer string) error) work {
	var made atomic.Int64
	first := time.Now()
	s.doing = func() string {
		return fmt.Sprintf("%d calls, %v of %v", made.Load(), min(time.Since(first), duration).Round(100*time.Millisecond), duration)
	}
	return func(ctx context.Context, peer string) (json.RawMessage, error) {
		if err := call(ctx, peer); err != nil { // and so the first of all is not measured
			return nil, err
		}
		over, cancel := context.WithTimeout(ctx, duration)
		defer cancel()
		var running sync.WaitGroup
		sum := meter{made: &made}
		began := time.Now()
		for range callers {
			running.Go(func() { sum.run(ctx, over, peer, call) })
		}
		running.Wait()
		took := time.Since(began)
		if err := s.interrupt.Err(); err != nil {
			return nil, err
		}
		return s.report(peer, sum.measured(took))
	}
}

// report shows what was measured, as a result of its own in text.
func (s *session) report(peer string, m *measured) (json.RawMessage, error) {
	var failed error
	if m.Failed > 0 {
		failed = &failure{exitFailed, fmt.Errorf("%d of %d calls have failed, the first with: %s", m.Failed, m.Calls+m.Failed, m.Error)}
	}
	if s.json() {
		text, err := json.Marshal(m)
		return text, errors.Join(err, failed)
	}
	err := s.text("%s: %d calls, %.0f a second, median %.3f ms, 99%% within %.3f ms, worst %.3f ms\n",
		s.book.called(peer), m.Calls, m.PerSecond, m.Median, m.P99, m.Worst)
	return nil, errors.Join(err, failed)
}

// meter adds up what callers measure.
type meter struct {
	made   *atomic.Int64 // calls at all peers, for progress
	mu     sync.Mutex
	times  histogram
	failed int
	first  error // that a call has failed with
}

// run calls until over is done; a call that runs then may end.
func (m *meter) run(ctx, over context.Context, peer string, call func(context.Context, string) error) {
	var own histogram
	for over.Err() == nil {
		began := time.Now()
		err := call(ctx, peer)
		m.made.Add(1)
		if err == nil {
			own.add(time.Since(began))
		} else if m.fail(err); codeOf(err) == exitNotConnected {
			break // the others would fail as fast as they are made
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.times.merge(&own)
}

func (m *meter) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed++
	if m.first == nil {
		m.first = err
	}
}

func (m *meter) measured(took time.Duration) *measured {
	out := &measured{
		Calls: m.times.total, Failed: m.failed, PerSecond: math.Round(float64(m.times.total) / took.Seconds()),
		Median: *ms(m.times.quantile(500)), P99: *ms(m.times.quantile(990)), Worst: *ms(m.times.most),
	}
	if m.first != nil {
		out.Error = textOf(m.first)
	}
	return out
}
