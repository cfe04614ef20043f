package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// flags returns the flags of a command.
func (a *app) flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet("sweep "+name, flag.ContinueOnError)
	f.SetOutput(a.err)
	return f
}

// parse parses the flags of a command that takes nothing else.
func parse(f *flag.FlagSet, args []string) error {
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return errUsage
	case f.NArg() > 0:
		return fmt.Errorf("%q is no flag: this command takes flags only, and -h lists them", f.Arg(0))
	}
	return nil
}

// place says which sweep, and where.
type place struct {
	server, creds, dir, name string
	verbose                  bool
}

// placeFlags adds the flags that say which sweep, and where.
func (a *app) placeFlags(f *flag.FlagSet) *place {
	p := &place{}
	f.StringVar(&p.server, "server", a.env("SWEEP_SERVER"), "`URL`s of NATS servers with JetStream, with commas between them (or $SWEEP_SERVER); without it the server is on this machine")
	f.StringVar(&p.creds, "creds", a.env("SWEEP_CREDS"), "`file` of credentials for the server (or $SWEEP_CREDS)")
	f.StringVar(&p.dir, "dir", "sweep.data", "`folder` of the server on this machine")
	f.StringVar(&p.name, "name", "sweep", "name of the sweep: letters, digits, - and _")
	f.BoolVar(&p.verbose, "v", false, "say more on standard error")
	return p
}

// logger returns where a command says what is worth a line.
func (a *app) logger(p *place) *slog.Logger {
	level := slog.LevelWarn
	if p.verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))
}

// planFlags are the flags that say what a sweep is.
type planFlags struct {
	seeds, model, campaign string
	peers                  int
	chunk                  uint64
	lease                  time.Duration
}

// add adds the flags.
func (p *planFlags) add(f *flag.FlagSet) {
	f.StringVar(&p.seeds, "seeds", "0..100000", "indices of seeds, `A..B` without B")
	f.StringVar(&p.model, "model", "physical", "the model of a link: physical or adversarial")
	f.IntVar(&p.peers, "peers", 0, "the number of peers; 0 lets each seed decide")
	f.StringVar(&p.campaign, "campaign", "", "a name, such as a commit's hash, that gives indices seeds of their own")
	f.Uint64Var(&p.chunk, "chunk", 0, "how many seeds a worker takes at a time; 0 is 1,000, and fewer in a short sweep")
	f.DurationVar(&p.lease, "lease", 30*time.Second, "how long a worker may be silent before its seeds go to another one")
}

// Chunks take a second or two: long beside what taking one costs, short beside what a worker
// that dies has to have done again. A short sweep has enough of them for all to finish at
// about the same time, but none so short that taking it is much of it (docs/SCALE.md).
const (
	chunkMax  = 1000
	chunkMin  = 50
	chunksMin = 200
)

// plan returns the plan that the flags ask for.
func (p *planFlags) plan() (ledger.Plan, *task, error) {
	of, err := campaign.ParseRange(p.seeds)
	if err != nil {
		return ledger.Plan{}, nil, err
	}
	t := &task{Model: p.model, Peers: p.peers, Campaign: p.campaign}
	if err := t.check(); err != nil {
		return ledger.Plan{}, nil, err
	}
	chunk := p.chunk
	if chunk == 0 {
		chunk = min(chunkMax, max(chunkMin, of.Len()/chunksMin))
	}
	return ledger.Plan{Work: t.String(), Program: program(), Of: of, Chunk: chunk, Lease: p.lease}, t, nil
}

// workFlags are the flags of whoever runs seeds.
type workFlags struct {
	workers int
	stall   time.Duration
	deaths  uint64
}

// add adds the flags.
func (w *workFlags) add(f *flag.FlagSet) {
	f.IntVar(&w.workers, "workers", runtime.GOMAXPROCS(0), "how many seeds run at a time in this process")
	f.DurationVar(&w.stall, "stall", 10*time.Minute, "end the process if some seeds take longer than this")
	f.Uint64Var(&w.deaths, "deaths", 3, "run seeds in processes of their own once so many workers that had taken them did not come back")
}

func (w *workFlags) check() error {
	if w.workers < 0 || w.stall < time.Second || w.deaths < 1 {
		return errors.New("-workers is 0 or more, -stall at least 1s, and -deaths at least 1")
	}
	return nil
}

// sleep waits, and returns false if the context is done.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
