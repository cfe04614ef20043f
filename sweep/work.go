package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// work helps with a sweep until it is complete.
func (a *app) work(ctx context.Context, args []string) (int, error) {
	f := a.flags("work")
	p := a.placeFlags(f)
	var wf workFlags
	wf.add(f)
	if err := parse(f, args); err != nil {
		return exitUsage, err
	}
	if err := wf.check(); err != nil {
		return exitUsage, err
	}
	log := a.logger(p)
	c, err := p.connect(log)
	if err != nil {
		return exitUsage, err
	}
	defer c.close()
	ours := program()
	l, err := a.planned(ctx, p, c)
	if err != nil {
		return exitUsage, err
	}
	if l.Plan().Program != ours {
		return exitUsage, fmt.Errorf("the sweep %q was planned with a program that behaves differently (%.12s, this one is %.12s): build this one from the same sources", p.name, l.Plan().Program, ours)
	}
	t, err := taskOf(l.Plan().Work)
	if err != nil {
		return exitUsage, err
	}
	t.before = a.before
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	over, err := c.Subscribe(l.Subject()+overSuffix, func(*nats.Msg) { stop(errOver) })
	if err != nil {
		return exitUsage, err
	}
	defer func() { _ = over.Unsubscribe() }()
	w := &crew{app: a, flags: &wf, ledger: l, task: t, board: newBoard(c, l.Subject()), log: log}
	go w.board.run(working)
	if err := w.work(working); err != nil && !errors.Is(err, errOver) {
		return exitUsage, err
	}
	return exitFine, nil
}

// errOver says that the sweep is complete.
var errOver = errors.New("the sweep is complete")

// planned opens a sweep, and waits until somebody plans it.
func (a *app) planned(ctx context.Context, p *place, c *connection) (*ledger.Ledger, error) {
	for said := false; ; said = true {
		l, err := ledger.Open(ctx, c.js, p.name, ledger.Options{Log: a.logger(p)})
		if !errors.Is(err, ledger.ErrNoSweep) {
			return l, err
		}
		if !said {
			fmt.Fprintf(a.err, "waiting for somebody to plan the sweep %q, with sweep run\n", p.name)
		}
		if !sleep(ctx, time.Second) {
			return nil, ctx.Err()
		}
	}
}
