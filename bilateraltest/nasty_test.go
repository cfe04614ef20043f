package bilateraltest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// Programs that are written to be hard to repeat, though each is one that a person may
// write. What they do depends on the order in which things happen, wherever that is not
// left open by their own doing: every reply says in what order its server has served.

// Job is what the nodes of these programs ask each other for.
type Job struct {
	N, Depth int
	Hold     time.Duration // how long the handler takes
}

// Done is what a node has made of a job.
type Done struct {
	N     int
	Order uint64 // of all jobs that it has served so far
}

var work = bilateralrpc.NewMethod[Job, Done]("Nasty.Work")

// slowed has programs dawdle: the second of two runs that have to be the same.
var slowed atomic.Bool

// dawdle takes some real time, and gives the processor away, where that is asked for. It
// stands where the scheduler may do as it likes.
func dawdle() {
	if !slowed.Load() {
		return
	}
	for range rand.IntN(4) {
		runtime.Gosched()
	}
	for until := time.Duration(rand.IntN(2000)); until > 0; until-- {
		spun.Add(1)
	}
}

var spun atomic.Uint64

// worker is the state of a node of these programs.
type worker struct {
	mu    sync.Mutex
	order uint64
}

// serve serves a job at once.
func (k *worker) serve(n int) Done {
	dawdle()
	k.mu.Lock()
	defer k.mu.Unlock()
	dawdle()
	k.order = k.order*1099511628211 + uint64(n) + 1
	return Done{n, k.order}
}

// ask calls a node, and passes over what goes wrong.
func ask(ctx context.Context, w *World, from, to string, j Job) Done {
	dawdle()
	d, _ := work.One(ctx, w.Node(from), to, j, bilateralrpc.WithTimeout(time.Second))
	return d
}

var nastyNames = []string{"a", "b", "c", "d"}

// nasty makes a world of four nodes, each connected with every other one, with a handler
// for each and a goroutine of a user for each.
func nasty(handle func(h *Host, k *worker) func(context.Context, Job) (Done, error), use func(ctx context.Context, w *World, name string)) func(w *World) {
	return func(w *World) {
		for i, name := range nastyNames {
			w.Host(name, func(h *Host) error { return work.Handle(h.Node(), handle(h, &worker{})) })
			for _, other := range nastyNames[:i] {
				w.Connect(name, other)
			}
			if use != nil {
				w.Go("user of "+name, func(ctx context.Context) { use(ctx, w, name) })
			}
		}
	}
}

// plain is a handler that takes as long as it is asked to.
func plain(_ *Host, k *worker) func(context.Context, Job) (Done, error) {
	return func(_ context.Context, j Job) (Done, error) {
		time.Sleep(j.Hold)
		return k.serve(j.N), nil
	}
}

// others returns the names of the other nodes.
func others(name string) (all []string) {
	for _, other := range nastyNames {
		if other != name {
			all = append(all, other)
		}
	}
	return all
}

// nastyPrograms are the programs.
var nastyPrograms = []struct {
	name  string
	setup func(w *World)
}{
	{"a goroutine for each call", nasty(plain, func(ctx context.Context, w *World, name string) {
		for n := 0; ctx.Err() == nil; n++ {
			var all sync.WaitGroup
			for i := range 6 {
				for _, to := range others(name) {
					all.Go(func() { ask(ctx, w, name, to, Job{N: 10*n + i}) })
				}
			}
			all.Wait()
			time.Sleep(5 * time.Second)
		}
	})},
	{"a lock that is fought over", nasty(func(_ *Host, k *worker) func(context.Context, Job) (Done, error) {
		var outer sync.Mutex
		return func(_ context.Context, j Job) (Done, error) {
			for range 20 {
				outer.Lock()
				dawdle()
				outer.Unlock()
			}
			return k.serve(j.N), nil
		}
	}, func(ctx context.Context, w *World, name string) {
		for n := 0; ctx.Err() == nil; n++ {
			for range 5 {
				_, _ = work.All(ctx, w.Node(name), nil, Job{N: n}, bilateralrpc.WithTimeout(time.Second))
			}
			time.Sleep(3 * time.Second)
		}
	})},
	{"equal sleeps", nasty(plain, func(ctx context.Context, w *World, name string) {
		for n := 0; ctx.Err() == nil; n++ {
			_, _ = work.All(ctx, w.Node(name), nil, Job{N: n, Hold: 50 * time.Millisecond}, bilateralrpc.WithTimeout(time.Second))
			time.Sleep(2 * time.Second)
		}
	})},
	{"timers at one instant", nasty(plain, func(ctx context.Context, w *World, name string) {
		for n := 0; ctx.Err() == nil; n++ {
			var all sync.WaitGroup
			next := time.Now().Truncate(time.Second).Add(5 * time.Second)
			for i := range 6 {
				all.Add(1)
				time.AfterFunc(time.Until(next), func() {
					defer all.Done()
					ask(ctx, w, name, others(name)[i%3], Job{N: 10*n + i})
				})
			}
			all.Wait()
		}
	})},
	{"calls in a ring", nasty(func(h *Host, k *worker) func(context.Context, Job) (Done, error) {
		return func(ctx context.Context, j Job) (Done, error) {
			if j.Depth > 0 {
				next := others(h.Name())[j.Depth%3]
				return work.One(ctx, h.Node(), next, Job{N: j.N, Depth: j.Depth - 1})
			}
			return k.serve(j.N), nil
		}
	}, func(ctx context.Context, w *World, name string) {
		for n := 0; ctx.Err() == nil; n++ {
			ask(ctx, w, name, others(name)[n%3], Job{N: n, Depth: 5})
			time.Sleep(time.Second)
		}
	})},
	{"a pool of workers", nasty(func(h *Host, k *worker) func(context.Context, Job) (Done, error) {
		type task struct {
			j    Job
			done chan Done
		}
		tasks := make(chan task)
		for range 3 {
			go func() {
				for {
					select {
					case t := <-tasks:
						time.Sleep(20 * time.Millisecond)
						t.done <- k.serve(t.j.N)
					case <-h.Context().Done():
						return
					}
				}
			}()
		}
		return func(ctx context.Context, j Job) (Done, error) {
			if ctx.Err() != nil { // or the select might have two cases ready
				return Done{}, ctx.Err()
			}
			t := task{j, make(chan Done, 1)}
			select {
			case tasks <- t:
			case <-ctx.Done():
				return Done{}, ctx.Err()
			}
			return <-t.done, nil
		}
	}, func(ctx context.Context, w *World, name string) {
		for n := 0; ctx.Err() == nil; n++ {
			for range 3 {
				_, _ = work.All(ctx, w.Node(name), nil, Job{N: n}, bilateralrpc.WithTimeout(time.Second))
			}
			time.Sleep(2 * time.Second)
		}
	})},
	{"deadlines and cancellations", nasty(func(_ *Host, k *worker) func(context.Context, Job) (Done, error) {
		return func(ctx context.Context, j Job) (Done, error) {
			if ctx.Err() != nil {
				return Done{}, ctx.Err()
			}
			timer := time.NewTimer(j.Hold + 1)
			defer timer.Stop()
			select {
			case <-timer.C:
				return k.serve(j.N), nil
			case <-ctx.Done():
				k.serve(-j.N)
				return Done{}, ctx.Err()
			}
		}
	}, func(ctx context.Context, w *World, name string) {
		r := w.Rand(name)
		for n := 0; ctx.Err() == nil; n++ {
			short, cancel := context.WithTimeout(ctx, time.Duration(1+r.IntN(100))*time.Millisecond)
			var all sync.WaitGroup
			for _, to := range others(name) {
				all.Go(func() {
					_, _ = work.One(short, w.Node(name), to, Job{N: n, Hold: 50 * time.Millisecond})
				})
			}
			if r.IntN(2) == 0 {
				time.Sleep(30 * time.Millisecond)
				cancel()
			}
			all.Wait()
			cancel()
			for range work.Each(ctx, w.Node(name), nil, Job{N: n, Hold: time.Duration(r.IntN(50)) * time.Millisecond}, bilateralrpc.WithTimeout(time.Second)) {
				if r.IntN(3) == 0 {
					break
				}
			}
			time.Sleep(time.Second)
		}
	})},
	{"tickers", func(w *World) {
		nasty(plain, nil)(w)
		for _, name := range nastyNames {
			for _, to := range others(name) {
				w.Go("ticker of "+name+" to "+to, func(ctx context.Context) {
					ticker := time.NewTicker(time.Second)
					defer ticker.Stop()
					for n := 0; ctx.Err() == nil; n++ {
						<-ticker.C
						_ = work.Cast(ctx, w.Node(name), []string{to}, Job{N: n})
						ask(ctx, w, name, to, Job{N: n})
					}
				})
			}
		}
	}},
	{"once and cond", nasty(func(h *Host, k *worker) func(context.Context, Job) (Done, error) {
		var once sync.Once
		var mu sync.Mutex
		turn := sync.NewCond(&mu)
		open := false
		return func(ctx context.Context, j Job) (Done, error) {
			once.Do(func() {
				go func() {
					for h.Context().Err() == nil {
						time.Sleep(100 * time.Millisecond)
						mu.Lock()
						open = !open
						turn.Broadcast()
						mu.Unlock()
					}
					mu.Lock()
					open = true
					turn.Broadcast()
					mu.Unlock()
				}()
			})
			mu.Lock()
			for !open {
				turn.Wait()
			}
			mu.Unlock()
			if j.Depth > 0 {
				return work.One(ctx, h.Node(), others(h.Name())[j.N%3], Job{N: j.N})
			}
			return Done{N: j.N}, nil
		}
	}, func(ctx context.Context, w *World, name string) {
		for n := 0; ctx.Err() == nil; n++ {
			_, _ = work.All(ctx, w.Node(name), nil, Job{N: n, Depth: 1}, bilateralrpc.WithTimeout(time.Second))
			time.Sleep(time.Second)
		}
	})},
	{"the first error ends the group", nasty(func(_ *Host, k *worker) func(context.Context, Job) (Done, error) {
		return func(_ context.Context, j Job) (Done, error) {
			time.Sleep(j.Hold)
			if d := k.serve(j.N); d.Order%5 != 0 {
				return d, nil
			}
			return Done{}, fmt.Errorf("job %d is a bad one", j.N)
		}
	}, func(ctx context.Context, w *World, name string) {
		for n := 0; ctx.Err() == nil; n++ {
			group, cancel := context.WithCancelCause(ctx)
			var all sync.WaitGroup
			var once sync.Once
			for i, to := range append(others(name), others(name)...) {
				all.Go(func() {
					_, err := work.One(group, w.Node(name), to, Job{N: 10*n + i, Hold: time.Duration(i) * time.Millisecond}, bilateralrpc.WithTimeout(time.Second))
					if err != nil {
						once.Do(func() { cancel(err) })
					}
				})
			}
			all.Wait()
			cancel(nil)
			time.Sleep(time.Second)
		}
	})},
}
