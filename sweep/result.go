package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// resultFlags say how a result is told.
type resultFlags struct {
	json    bool
	html    string // the file of a page, or ""
	vacuous uint64
}

// add adds the flags.
func (r *resultFlags) add(f *flag.FlagSet) {
	f.BoolVar(&r.json, "json", false, "print the result as the summary line of docs/bilsim.schema.json, which bilsim merge takes too")
	f.StringVar(&r.html, "html", "", "write a page of the result, as bilsim merge does, to this `file`")
	f.Uint64Var(&r.vacuous, "vacuous", 2000, "fail if in so many seeds something that should happen sometimes never does, or a property has nothing to judge; 0 never fails")
}

// result prints what has come of a sweep so far.
func (a *app) result(ctx context.Context, args []string) (int, error) {
	f := a.flags("result")
	p := a.placeFlags(f)
	var rf resultFlags
	rf.add(f)
	if err := parse(f, args); err != nil {
		return exitUsage, err
	}
	c, stop, err := p.reach(a.logger(p))
	if err != nil {
		return exitUsage, err
	}
	defer stop()
	l, t, err := p.openTally(ctx, c, a.logger(p))
	if err != nil {
		return exitUsage, err
	}
	if ours := program(); l.Plan().Program != ours {
		fmt.Fprintln(a.err, "The sweep was run by a program that behaves differently from this one.")
	}
	if err := t.read(ctx); err != nil {
		return exitUsage, err
	}
	return a.tell(ctx, t, &rf)
}

// tell prints a tally and returns the exit code that it asks for.
func (a *app) tell(ctx context.Context, t *tally, o *resultFlags) (int, error) {
	notes, err := t.ledger.Differ(ctx)
	if err != nil {
		return exitUsage, err
	}
	r := t.result
	gaps := r.Gaps()
	lacks := r.Lacks(o.vacuous)
	if o.json {
		if err := json.NewEncoder(a.out).Encode(r); err != nil {
			return exitUsage, err
		}
	} else {
		a.print(t, lacks)
	}
	for _, n := range notes {
		fmt.Fprintln(a.err, "Not deterministic:", n)
	}
	if len(gaps) > 0 {
		fmt.Fprintf(a.err, "%d of %d seeds have not been run yet: %v\n", gaps.Len(), r.Of.Len(), gaps)
	}
	code := exitFine
	if len(lacks) > 0 || r.Violations() > 0 {
		code = exitFound
	}
	if len(gaps) > 0 {
		code = exitUsage
	}
	if len(notes) > 0 {
		code = exitDigest
	}
	if o.html != "" {
		for _, n := range notes {
			lacks = append(lacks, "not deterministic: "+n)
		}
		if err := t.page(o.html, code == exitFine, lacks); err != nil {
			return exitUsage, err
		}
		if !o.json {
			fmt.Fprintln(a.out, "Written:", o.html)
		}
	}
	return code, nil
}

// print prints a tally as text.
func (a *app) print(t *tally, lacks []string) {
	r := t.result
	for i := range r.Findings {
		a.finding(&r.Findings[i])
	}
	for _, l := range lacks {
		fmt.Fprintln(a.out, l)
	}
	hit := len(r.Marks) - len(r.Marks.Missed(true))
	fmt.Fprintf(a.out, "%d seeds, %d events, %d of %d marks hit, %d violations, digest %.16s\n",
		r.Seeds(), r.Events, hit, len(r.Marks), r.Violations(), r.Digest)
	if note := t.note(); note != "" {
		fmt.Fprintln(a.out, note)
	}
}

// finding prints a finding.
func (a *app) finding(f *campaign.Finding) {
	fmt.Fprintf(a.out, "%s, %d seeds, first %d: %s\n  %s\n", f.ID(), f.Seeds, f.Seed, f.Claim, strings.ReplaceAll(strings.TrimSpace(f.What), "\n", "\n  "))
	if f.Scenario != "" {
		fmt.Fprintf(a.out, "\n    %s\n", strings.ReplaceAll(strings.TrimSpace(f.Scenario), "\n", "\n    "))
	}
	fmt.Fprintf(a.out, "  %s\n\n", f.Replay)
}

// errNotPlanned tells of ErrNoSweep what to do.
func errNotPlanned(name string, err error) error {
	if errors.Is(err, ledger.ErrNoSweep) {
		return fmt.Errorf("%w as %q: start one with sweep run, or name another with -name", err, name)
	}
	return err
}
