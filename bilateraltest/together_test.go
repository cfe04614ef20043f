package bilateraltest

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// later says which of two goroutines that have been woken together is the later one: 0 or 1.
var later atomic.Int32

// yield has the other one go first, if i is the later one. There is one processor, so that
// the other one goes on until it waits.
func yield(i int) {
	if int(later.Load()) == i {
		for range 100 {
			runtime.Gosched()
		}
	}
}

// place is 0 and 1 for the callers a and b.
func place(name string) int { return int(name[0] - 'a') }

// twoHandlers makes a world in which host d serves a and b, and wakes both handlers by one
// Broadcast. Then they act. A fourth host, late, comes up after that.
func twoHandlers(act func(ctx context.Context, h *Host, i int)) func(w *World) {
	return func(w *World) {
		for _, name := range []string{"a", "b", "late"} {
			w.Host(name, func(h *Host) error { return work.Handle(h.Node(), plain(h, &worker{})) })
		}
		w.Host("d", func(h *Host) error {
			var mu sync.Mutex
			turn, open := sync.NewCond(&mu), false
			go func() {
				time.Sleep(5 * time.Second)
				mu.Lock()
				open = true
				turn.Broadcast()
				mu.Unlock()
			}()
			return work.Handle(h.Node(), func(ctx context.Context, j Job) (Done, error) {
				mu.Lock()
				for !open {
					turn.Wait()
				}
				mu.Unlock()
				i := place(bilateralrpc.PeerOf(ctx))
				yield(i)
				act(ctx, h, i)
				time.Sleep(time.Millisecond) // those that go on one after the other are then seen to
				return Done{N: i}, nil
			})
		})
		for _, name := range []string{"a", "b"} {
			w.Connect("d", name)
			w.Go("user of "+name, func(ctx context.Context) {
				_ = w.Node(name).WaitFor(ctx, "d")
				_, _ = work.One(ctx, w.Node(name), "d", Job{}, bilateralrpc.WithTimeout(time.Minute))
			})
		}
		w.Go("late", func(context.Context) {
			time.Sleep(10 * time.Second)
			_ = w.Node("late").ConnectTo("d", "tcp://d:5555")
		})
	}
}

// twoUsers makes a world of which two functions of Go are woken by one channel. They ask for
// the same, and then each for something else.
func twoUsers(w *World) {
	start := make(chan struct{})
	for _, name := range []string{"a", "d"} {
		w.Host(name, func(h *Host) error { return work.Handle(h.Node(), plain(h, &worker{})) })
	}
	w.Connect("a", "d")
	for i, name := range []string{"one", "two"} {
		w.Go(name, func(ctx context.Context) {
			<-start
			yield(i)
			for _, n := range []int{7, i} {
				w.Began(i, n)
				_, _ = work.One(ctx, w.Node("a"), "d", Job{N: n}, bilateralrpc.WithTimeout(time.Second))
			}
		})
	}
	w.Go("starter", func(context.Context) {
		time.Sleep(5 * time.Second)
		close(start)
	})
	w.Finally("the history is in order", func() error {
		if ops := w.History(); ops[0].Client != 0 || ops[1].Client != 1 {
			return fmt.Errorf("at one instant client %d is before %d", ops[0].Client, ops[1].Client)
		}
		return nil
	})
}

// Where two goroutines have been woken together, a run does not hang on which of them the
// scheduler of Go lets run first, even if both ask for the very same thing, and go on
// differently.
func TestWhoRunsFirstAtAnInstantDecidesNothing(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	same, second := Job{N: 7}, bilateralrpc.WithTimeout(time.Second)
	for _, program := range []struct {
		name  string
		setup func(w *World)
	}{
		{"handlers that reply", twoHandlers(func(context.Context, *Host, int) {})},
		{"handlers that call", twoHandlers(func(ctx context.Context, h *Host, _ int) {
			_, _ = work.One(ctx, h.Node(), "a", same, second)
		})},
		{"handlers that call all", twoHandlers(func(ctx context.Context, h *Host, _ int) {
			for range work.Each(ctx, h.Node(), []string{"a", "b"}, same, second) {
			}
		})},
		{"handlers that call until a deadline of their own", twoHandlers(func(ctx context.Context, h *Host, _ int) {
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			_, _ = work.One(short, h.Node(), "a", Job{N: 7, Hold: 2 * time.Second})
		})},
		{"handlers that cast", twoHandlers(func(ctx context.Context, h *Host, _ int) {
			_ = work.Cast(ctx, h.Node(), []string{"a"}, same)
		})},
		{"handlers that connect", twoHandlers(func(_ context.Context, h *Host, _ int) {
			_ = h.Node().ConnectTo("late", h.Address("late"))
		})},
		{"handlers that connect to two places", twoHandlers(func(_ context.Context, h *Host, i int) {
			_ = h.Node().ConnectTo("late", h.Address([]string{"late", "nowhere"}[i]))
		})},
		{"handlers that wait for a peer", twoHandlers(func(ctx context.Context, h *Host, _ int) {
			_ = h.Node().WaitFor(ctx, "late")
		})},
		{"handlers that watch", twoHandlers(func(ctx context.Context, h *Host, _ int) {
			for e := range h.Node().Watch(ctx) {
				if e.Name == "late" {
					break
				}
			}
		})},
		{"functions of Go that call", twoUsers},
	} {
		t.Run(program.name, func(t *testing.T) {
			o := Options{For: 20 * time.Second, NoFaults: true}
			o.setDefaults()
			b := &batch{t: t, o: &o, setup: program.setup}
			for seed := range uint64(5) {
				var runs [2]transcript
				for i := range runs {
					later.Store(int32(i))
					out, err := b.run(seed, nil, runs[i].add)
					if err != nil {
						t.Fatal(err)
					}
					if v := out.result.Violation; v != nil {
						t.Fatalf("seed %d: %v", seed, v)
					}
				}
				later.Store(-1)
				for i := range min(len(runs[0].lines), len(runs[1].lines)) {
					if x, y := runs[0].lines[i], runs[1].lines[i]; !bytes.Equal(x, y) {
						t.Fatalf("seed %d differs first at step %d:\n%s\n%s", seed, i, x, y)
					}
				}
			}
		})
	}
}
