package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sweep/internal/host"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// runner is a sweep that this process has planned, and sees through.
type runner struct {
	app     *app
	ledger  *ledger.Ledger
	tally   *tally
	log     *slog.Logger
	show    *resultFlags
	began   time.Time
	already uint64 // seeds that had been run before
}

// runSweep plans a sweep, runs it with others, and prints what came of it. Where the sweep
// has been planned already it goes on.
func (a *app) runSweep(ctx context.Context, args []string) (int, error) {
	f := a.flags("run")
	p := a.placeFlags(f)
	var pf planFlags
	var wf workFlags
	var rf resultFlags
	pf.add(f)
	wf.add(f)
	rf.add(f)
	replicas := f.Int("replicas", 1, "with -server: on how many servers of a cluster everything is kept")
	if err := parse(f, args); err != nil {
		return exitUsage, err
	}
	if err := wf.check(); err != nil {
		return exitUsage, err
	}
	plan, t, err := pf.plan()
	if err != nil {
		return exitUsage, err
	}
	log := a.logger(p)
	if p.server == "" {
		h, err := host.Start(p.dir, "127.0.0.1:0", serverLog{log})
		switch {
		case err == nil:
			defer h.Stop()
		case !errors.Is(err, host.ErrRuns): // then that server is ours too
			return exitUsage, err
		}
	}
	c, err := p.connect(log)
	if err != nil {
		return exitUsage, err
	}
	defer c.close()
	l, err := ledger.Create(ctx, c.js, p.name, plan, ledger.Options{Replicas: *replicas, Log: log})
	if err != nil {
		if errors.Is(err, ledger.ErrOther) {
			err = fmt.Errorf("%w: give yours another name with -name", err)
		}
		return exitUsage, err
	}
	t.before = a.before
	r := &runner{app: a, ledger: l, tally: newTally(l, t), log: log, show: &rf, began: time.Now()}
	return r.run(ctx, c, &crew{app: a, flags: &wf, ledger: l, task: t, board: newBoard(c, l.Subject()), log: log})
}

// run sees the sweep through.
func (r *runner) run(ctx context.Context, c *connection, w *crew) (int, error) {
	if err := r.tally.read(ctx); err != nil {
		return exitUsage, err
	}
	if r.already = r.tally.result.Seeds(); r.already > 0 {
		fmt.Fprintf(r.app.err, "%d of %d seeds have been run before\n", r.already, r.ledger.Plan().Of.Len())
	}
	if _, err := r.ledger.Fill(ctx); err != nil {
		return exitUsage, err
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	go w.board.run(working)
	failed := make(chan error, 1)
	if w.flags.workers > 0 {
		go func() { failed <- w.work(working) }()
	}
	err := r.watch(ctx, failed)
	stop()
	if ctx.Err() != nil && w.flags.workers > 0 {
		fmt.Fprintln(r.app.err, "interrupted: the workers finish the seeds that they run, and give their ranges back; again to end at once")
		<-failed
	}
	if err != nil {
		return exitUsage, err
	}
	_ = c.Publish(r.ledger.Subject()+overSuffix, nil)
	return r.app.tell(ctx, r.tally, r.show)
}

// overSuffix ends the subject on which it is said that a sweep is complete, so that workers
// end even if the server does.
const overSuffix = ".over"

// How often somebody who sees a sweep through looks at it and, where no terminal shows it,
// says how far it is; and after how long without a result he asks whether the list is lost.
const (
	lookEvery = time.Second
	sayEvery  = 10 * time.Second
	quietMax  = 10 * time.Second
)

// watch waits until every range has an entry. It fails if the workers do.
func (r *runner) watch(ctx context.Context, failed <-chan error) error {
	said, came, ranges := time.Now(), time.Now(), uint64(0)
	defer r.erase()
	for {
		if err := r.tally.read(ctx); err != nil {
			return err
		}
		if r.tally.complete() {
			return nil
		}
		if r.tally.ranges > ranges {
			came, ranges = time.Now(), r.tally.ranges
		} else if time.Since(came) >= quietMax {
			if err := r.refill(ctx); err != nil {
				return err
			}
			came = time.Now()
		}
		if r.app.screen != nil {
			fmt.Fprintf(r.app.out, "\r\x1b[K%s", r.line())
		} else if time.Since(said) >= sayEvery {
			said = time.Now()
			fmt.Fprintln(r.app.err, r.line())
		}
		select {
		case err := <-failed:
			if err != nil {
				return err
			}
			failed = nil // they have seen it complete
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookEvery):
		}
	}
}

// refill lists again what is left if the list is empty: the server has lost it.
func (r *runner) refill(ctx context.Context) error {
	waiting, held, err := r.ledger.Left(ctx)
	if err != nil || waiting+held > 0 {
		return err
	}
	added, err := r.ledger.Fill(ctx)
	if added > 0 {
		r.log.Warn("ranges were neither done nor listed; they are listed again", "ranges", added)
	}
	return err
}

// line says how far the sweep is.
func (r *runner) line() string {
	done, all := r.tally.result.Seeds(), r.ledger.Plan().Of.Len()
	pace, left := paced(done-r.already, all-done, time.Since(r.began))
	return fmt.Sprintf("%s of %s seeds, %s, %s left, %d violations", grouped(done), grouped(all), pace, left, r.tally.result.Violations())
}

// erase takes the line away from a terminal.
func (r *runner) erase() {
	if r.app.screen != nil {
		io.WriteString(r.app.out, "\r\x1b[K")
	}
}
