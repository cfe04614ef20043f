package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// hunter is a hunt under way.
type hunter struct {
	*machines
	campaign campaign.Campaign
	part     campaign.Range // of the whole: what is run here
	limit    time.Duration
	workers  int
	vacuous  uint64 // demand every mark from so many seeds on
	most     int    // violations before giving up
	compare  compared
	known    book // findings of earlier hunts

	start time.Time
	total *campaign.Result // so far
	worst *campaign.Seed   // the first violation
}

func hunt(c *console, args []string) (int, error) {
	h := &hunter{campaign: campaign.Campaign{Build: campaign.Build()}}
	f := c.flagSet("hunt")
	h.machines = c.machines("hunt", f)
	seeds := f.String("seeds", "0..2000", "indices of seeds, A..B without B")
	part := f.String("shard", "0/1", "I/N: only part I of N, from 0, of the seeds; auto: the part that Kubernetes, GitHub, GitLab, Buildkite, CircleCI or Slurm says")
	var sf seedFlags
	f.StringVar(&sf.model, "model", "physical", "the model of a link: physical or adversarial")
	f.IntVar(&sf.peers, "peers", 0, "the number of peers; 0 lets each seed decide")
	f.StringVar(&h.campaign.Name, "campaign", "", "a name, such as a commit's hash, that gives indices seeds of their own")
	f.DurationVar(&h.limit, "for", 0, "stop after this time")
	f.IntVar(&h.workers, "workers", runtime.NumCPU(), "how many seeds run at a time")
	vacuousFlag(f, &h.vacuous)
	f.IntVar(&h.most, "most", 10, "stop after so many violations")
	h.known.flags(f)
	digests := f.String("digests", "", "write the digest of every seed to this file")
	against := f.String("against", "", "compare the digests with those in this file, which a hunt has written with -digests: a change of the core that leaves them all as they are was not exercised")
	if err := parseAll(f, args); err != nil {
		return 0, err
	}
	if err := errors.Join(h.compare.read(*against), h.known.read()); err != nil {
		return 0, err
	}
	whole, err := campaign.ParseRange(*seeds)
	if err != nil {
		return 0, fmt.Errorf("-seeds: %w", err)
	}
	if err := h.divide(whole, *part); err != nil {
		return 0, err
	}
	o, err := sf.options()
	if err != nil {
		return 0, err
	}
	if h.workers < 1 || h.most < 1 {
		return 0, errors.New("-workers and -most are at least 1")
	}
	h.campaign.Model, h.campaign.Peers = o.Model, o.Peers
	h.total = campaign.New(h.campaign, whole, h.part)
	code, err := h.run()
	return code, errors.Join(err, h.known.write(), h.finish(), h.compare.write(*digests))
}

// vacuousFlag adds the flag that says how many seeds have to have tried everything.
func vacuousFlag(f *flag.FlagSet, vacuous *uint64) {
	f.Uint64Var(vacuous, "vacuous", 2000, "fail if in so many seeds something that should happen sometimes never does, or a property has nothing to judge; 0 never fails")
}

// divide finds out which part of the whole is run here, and says so.
func (h *hunter) divide(whole campaign.Range, flag string) error {
	part, by, err := h.c.shardFlag(flag)
	if err != nil {
		return err
	}
	h.part = whole.Shard(part.i, part.n)
	if by != "" {
		out := h.c.out
		if h.json {
			out = h.c.err
		}
		fmt.Fprintf(out, "shard %v of seeds %v, by %s: %v\n", part, whole, by, h.part)
	}
	return nil
}

// batch is how many seeds run between two looks at the clock.
const batch = 64

// How often a hunt says how far it is: on a terminal and to programs, and in a log.
const (
	progressOften  = time.Second
	progressSeldom = 10 * time.Second
)

// run runs the pinned findings and then the seeds.
func (h *hunter) run() (int, error) {
	h.start = time.Now()
	h.known.runPinned()
	shown := h.start
	pace := progressSeldom
	if h.json || h.c.terminal {
		pace = progressOften
	}
	for next := h.part.From; next < h.part.To && h.total.Violations() < uint64(h.most); next += batch {
		if h.limit > 0 && time.Since(h.start) >= h.limit {
			break
		}
		r := h.campaign.Run(context.Background(), campaign.Range{From: next, To: min(next+batch, h.part.To)}, campaign.RunOptions{
			Workers: h.workers, Each: h.take,
		})
		var err error
		if h.total, err = campaign.Merge(h.total, r); err != nil {
			return 0, err
		}
		if time.Since(shown) > pace {
			shown = time.Now()
			h.progress(min(next+batch, h.part.To))
		}
	}
	return h.end()
}

// take tells of a seed.
func (h *hunter) take(s *campaign.Seed) {
	h.compare.add(s.Index, s.Result.Digest)
	v := s.Result.Violation
	if v == nil {
		return
	}
	if h.worst == nil {
		h.worst = s
	}
	if h.json {
		h.c.line("violation", map[string]any{
			"index": s.Index, "seed": s.Seed, "model": h.campaign.Model.String(),
			"property": v.Property.ID, "claim": v.Property.Claim, "what": v.What, "replay": h.campaign.Replay(s.Seed),
		})
		return
	}
	h.erase()
	fmt.Fprintf(h.c.out, "seed %d: %v\n", s.Seed, v)
}

// listed returns marks and their counts as one line.
func listed(marks report.Marks) string {
	list := make([]string, len(marks))
	for i, c := range marks {
		list[i] = c.Name + " " + strconv.FormatUint(c.Count, 10)
	}
	return strings.Join(list, ", ")
}

// erase takes the progress away from a terminal.
func (h *hunter) erase() {
	if h.c.terminal {
		fmt.Fprint(h.c.out, "\r\x1b[K")
	}
}

func (h *hunter) progress(next uint64) {
	p := progress{
		done: h.total.Seeds(), all: h.part.Len(), next: next, violations: int(h.total.Violations()), elapsed: time.Since(h.start), limit: h.limit,
	}
	switch {
	case h.json:
		fields := map[string]any{
			"next": next, "seeds": p.done, "of": p.all, "seeds_per_s": int(perSecond(p.done, p.elapsed)), "violations": p.violations,
		}
		if left, ok := p.left(); ok {
			fields["left_s"] = left.Seconds()
		}
		h.c.line("progress", fields)
	case h.c.terminal:
		fmt.Fprintf(h.c.out, "\r\x1b[K%s", p.bar())
	default:
		fmt.Fprintln(h.c.out, &p)
	}
}

// end explains the first violation, sums up, and returns the exit status.
func (h *hunter) end() (int, error) {
	h.total.Took = time.Since(h.start)
	lacks := h.total.Lacks(h.vacuous)
	if h.part.Len() == 0 { // there are more shards than seeds
		lacks = nil
	}
	h.erase()
	err := h.tell(strings.Join(lacks, "; "))
	h.known.update(h.total)
	if h.json {
		h.known.lines(h.c)
		return h.code(lacks), errors.Join(err, h.summary())
	}
	h.c.sum(h.total, lacks)
	h.known.tell(h.c.out)
	if h.compare.known != nil {
		fmt.Fprintln(h.c.out, h.compare.String())
	}
	return h.code(lacks), err
}

// code returns the exit status.
func (h *hunter) code(lacks []string) int {
	if h.known.fails(h.total) || len(lacks) > 0 {
		return exitViolation
	}
	return exitFine
}

// sum prints what seeds gave, in a few lines.
func (c *console) sum(r *campaign.Result, lacks []string) {
	for _, l := range lacks {
		fmt.Fprintln(c.out, l)
	}
	fmt.Fprintf(c.out, "judged: %s\n", listed(r.Judged))
	fmt.Fprintf(c.out, "drawn in so many seeds: %s\n", listed(r.Drawn))
	rate := ""
	if r.Took > 0 { // a sweep does not tell: it depends on who took which seeds
		rate = fmt.Sprintf(", %.0f events/s", perSecond(r.Events, r.Took))
	}
	fmt.Fprintf(c.out, "%d seeds, next %d, %d events%s, %d of %d marks hit, %d violations, digest %.16s\n",
		r.Seeds(), r.Next(), r.Events, rate, len(r.Marks)-len(r.Marks.Missed(true)), len(r.Marks), r.Violations(), r.Digest)
}

// tell tells of the whole hunt and of its first violation.
func (h *hunter) tell(lack string) error {
	batch := &finding{name: fmt.Sprintf("%v, %d seeds", h.campaign.Model, h.total.Seeds()), lack: lack, took: time.Since(h.start)}
	if h.worst == nil {
		return h.note(batch)
	}
	s := h.worst
	f := &finding{
		name: fmt.Sprintf("seed %d, %v", s.Seed, h.campaign.Model), seed: s.Seed, result: s.Result, replay: h.campaign.Replay(s.Seed),
		diagnosis: s.Diagnosis,
	}
	err := errors.Join(h.note(batch), h.note(f))
	if h.json {
		h.resultLine(f)
		// Among JSON lines it would be read by nobody; beside them it is in every log.
		fmt.Fprintf(h.c.err, "%s\n", &f.diagnosis.Explanation)
		return err
	}
	fmt.Fprintf(h.c.out, "%s\n", &f.diagnosis.Explanation)
	for _, name := range f.artifacts {
		fmt.Fprintf(h.c.out, "Written: %s\n", name)
	}
	return err
}

// summary prints the JSON line that sums up, which is the result.
func (h *hunter) summary() error {
	fields, err := resultFields(h.total)
	if err != nil {
		return err
	}
	if c := &h.compare; c.known != nil {
		fields["compared"], fields["differ"] = c.compared, c.differ
	}
	h.c.line("summary", fields)
	return nil
}

// resultFields are the fields of a result, for a JSON line.
func resultFields(r *campaign.Result) (map[string]any, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var raw map[string]json.RawMessage // numbers keep all their digits
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	fields := make(map[string]any, len(raw))
	for name, value := range raw {
		fields[name] = value
	}
	return fields, nil
}
