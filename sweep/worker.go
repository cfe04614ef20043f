package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// crew is the workers of a process. Each of them takes a range, runs its seeds one after
// the other, keeps the result, and takes the next one; so all processors are busy, whatever
// single ranges take.
type crew struct {
	app    *app
	flags  *workFlags
	ledger *ledger.Ledger
	task   *task
	board  *board
	log    *slog.Logger
}

// work runs the workers until every range of the sweep has a result, and then returns nil. If
// the context is done, they give their ranges back. An error that one of them meets ends all;
// if it is errStall, one of them still runs, and the process has to end.
func (c *crew) work(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for i := range c.flags.workers {
		w := &worker{crew: c, name: fmt.Sprintf("%s.%d", processName(), i), fail: cancel}
		w.status = c.board.add(w.name)
		all.Go(func() {
			if err := w.work(ctx); err != nil {
				cancel(err)
			}
		})
	}
	over := make(chan struct{})
	go func() {
		all.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-ctx.Done():
		if _, stalled := context.Cause(ctx).(*stallError); !stalled {
			<-over
		}
	}
	return context.Cause(ctx)
}

// A stallError says that seeds take too long.
type stallError struct {
	seeds campaign.Range
	limit time.Duration
}

func (e *stallError) Error() string {
	return fmt.Sprintf("seeds %v have not come on for %v; they go to another worker, and are run one by one in the end", e.seeds, e.limit)
}

// worker is one of a crew.
type worker struct {
	*crew
	name   string
	fail   func(error)
	status *status // on the board
}

func (w *worker) work(ctx context.Context) error {
	for ctx.Err() == nil {
		lease, err := w.ledger.Take(ctx)
		if err != nil {
			return err
		}
		if lease == nil {
			done, err := w.ledger.Done(ctx)
			if err != nil || done == w.ledger.Plan().Ranges() {
				return err
			}
			continue
		}
		if err := w.serve(ctx, lease); err != nil {
			return err
		}
	}
	return nil
}

// serve runs a range, unless somebody has, and keeps the result.
func (w *worker) serve(ctx context.Context, lease *ledger.Lease) error {
	open, err := w.ledger.Begin(ctx, lease)
	if !open || err != nil {
		return err
	}
	result, err := w.held(ctx, lease)
	if err != nil {
		return err
	}
	if result == nil { // interrupted
		w.ledger.Return(lease)
		return nil
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	// What is finished is kept, though somebody wants to end.
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(keepMax, stop) })()
	kept, err := w.ledger.Keep(keeping, lease, ledger.Entry{Worker: w.name, Apart: w.apart(lease), Result: text})
	if err == nil && !kept {
		w.log.Warn("another worker had a result first, which counts", "seeds", lease.Range.String(), "worker", w.name)
	}
	w.board.set(w.status, func(s *status) { s.Range, s.Done, s.Apart = campaign.Range{}, 0, false })
	return err
}

// keepMax is how long an interrupted worker tries to keep a result.
const keepMax = 5 * time.Second

// apart says whether the seeds of a range have to be run in processes of their own.
func (w *worker) apart(lease *ledger.Lease) bool { return lease.Try > w.flags.deaths }

// held runs a range while the lease is renewed. The result is nil if the context was done.
func (w *worker) held(ctx context.Context, lease *ledger.Lease) (*campaign.Result, error) {
	w.board.set(w.status, func(s *status) {
		s.Range, s.Done, s.Try, s.Apart = lease.Range, 0, lease.Try, w.apart(lease)
	})
	w.board.tell(w.status)
	came := make(chan struct{}, 1) // that seeds have come
	told := func(done uint64) {
		w.board.set(w.status, func(s *status) {
			s.Seeds += done - s.Done
			s.Done = done
		})
		select {
		case came <- struct{}{}:
		default:
		}
	}
	over := make(chan struct{})
	var renewing sync.WaitGroup
	renewing.Go(func() { w.renew(lease, came, over) })
	defer renewing.Wait()
	defer close(over)
	if w.apart(lease) {
		w.log.Warn("workers that had taken these seeds did not come back: each is run in a process of its own",
			"seeds", lease.Range.String(), "workers", lease.Try-1)
		return w.runApart(ctx, lease.Range, told)
	}
	return w.task.run(ctx, lease.Range, told)
}

// renew renews a lease until over is closed. If nothing comes for too long, all work ends.
func (w *worker) renew(lease *ledger.Lease, came, over <-chan struct{}) {
	every := time.NewTicker(w.ledger.Plan().Lease / 4)
	defer every.Stop()
	stall := time.NewTimer(w.flags.stall)
	defer stall.Stop()
	for {
		select {
		case <-over:
			return
		case <-came:
			stall.Reset(w.flags.stall)
		case <-every.C:
			lease.Renew()
		case <-stall.C:
			w.fail(&stallError{lease.Range, w.flags.stall})
			return
		}
	}
}
