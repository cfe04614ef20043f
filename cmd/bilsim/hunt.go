package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// hunter is a hunt under way.
type hunter struct {
	c        *console
	seeds    seedFlags
	options  sim.SwarmOptions
	campaign string
	first    uint64 // indices first to last-1
	last     uint64
	shard    uint64
	shards   uint64
	limit    time.Duration
	json     bool
	workers  int
	vacuous  uint64 // demand every mark from so many seeds on
	most     int    // violations before giving up
	compare  compared

	start      time.Time
	done       uint64
	events     uint64
	marks      report.Marks
	judged     report.Marks
	rare       report.Marks // what the seeds have been drawn that is rare
	violations int
	combined   hash.Hash
	worst      *sim.Result // the first violation
	worstSeed  uint64
}

func hunt(c *console, args []string) (int, error) {
	h := &hunter{c: c, combined: sha256.New()}
	f := c.flagSet("hunt")
	seeds := f.String("seeds", "0..2000", "indices of seeds, A..B without B")
	shard := f.String("shard", "0/1", "i/n: only the indices that leave i when divided by n")
	f.StringVar(&h.seeds.model, "model", "physical", "the model of a link: physical or adversarial")
	f.IntVar(&h.seeds.peers, "peers", 0, "the number of peers; 0 lets each seed decide")
	f.StringVar(&h.campaign, "campaign", "", "a name, such as a commit's hash, that gives indices seeds of their own")
	f.DurationVar(&h.limit, "for", 0, "stop after this time")
	f.BoolVar(&h.json, "json", false, "print JSON lines (the default where the output is no terminal)")
	f.IntVar(&h.workers, "workers", runtime.NumCPU(), "how many seeds run at a time")
	f.Uint64Var(&h.vacuous, "vacuous", 2000, "fail if in so many seeds something that should happen sometimes never does, or a property has nothing to judge; 0 never fails")
	f.IntVar(&h.most, "most", 10, "stop after so many violations")
	digests := f.String("digests", "", "write the digest of every seed to this file")
	against := f.String("against", "", "compare the digests with those in this file, which a hunt has written with -digests: a change of the core that leaves them all as they are was not exercised")
	if err := parseAll(f, args); err != nil {
		return 0, err
	}
	err := h.compare.read(*against)
	if err != nil {
		return 0, err
	}
	if h.first, h.last, err = parseRange(*seeds); err != nil {
		return 0, err
	}
	if h.shard, h.shards, err = parseShard(*shard); err != nil {
		return 0, err
	}
	if h.options, err = h.seeds.options(); err != nil {
		return 0, err
	}
	if h.workers < 1 || h.most < 1 {
		return 0, errors.New("-workers and -most are at least 1")
	}
	h.json = h.json || !c.terminal
	code := h.run()
	return code, h.compare.write(*digests)
}

func parseRange(s string) (first, last uint64, err error) {
	a, b, ok := strings.Cut(s, "..")
	first, errA := strconv.ParseUint(a, 10, 63)
	last, errB := strconv.ParseUint(b, 10, 63)
	if !ok || errA != nil || errB != nil || last <= first {
		return 0, 0, fmt.Errorf("-seeds is A..B with A < B, not %q", s)
	}
	return first, last, nil
}

func parseShard(s string) (shard, shards uint64, err error) {
	a, b, ok := strings.Cut(s, "/")
	shard, errA := strconv.ParseUint(a, 10, 32)
	shards, errB := strconv.ParseUint(b, 10, 32)
	if !ok || errA != nil || errB != nil || shard >= shards {
		return 0, 0, fmt.Errorf("-shard is i/n with i < n, not %q", s)
	}
	return shard, shards, nil
}

// seed returns the seed of an index: the index itself, or what the campaign
// makes of it.
func (h *hunter) seed(index uint64) uint64 {
	if h.campaign == "" {
		return index
	}
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(h.campaign), index))
	return binary.BigEndian.Uint64(sum[:]) >> 1
}

// batch is how many seeds run between two looks at the clock.
const batch = 64

func (h *hunter) run() int {
	h.start = time.Now()
	shown := h.start
	next := h.first
	for ; next < h.last && h.violations < h.most; next += batch * h.shards {
		if h.limit > 0 && time.Since(h.start) >= h.limit {
			break
		}
		h.batch(next)
		if time.Since(shown) > time.Second {
			shown = time.Now()
			h.progress(min(next+batch*h.shards, h.last))
		}
	}
	return h.finish(min(next, h.last))
}

// batch runs one batch and takes in its results in the order of their seeds.
func (h *hunter) batch(from uint64) {
	var results [batch]*sim.Result
	var wg sync.WaitGroup
	for worker := range h.workers {
		wg.Go(func() {
			for i := worker; i < batch; i += h.workers {
				if index := from + uint64(i)*h.shards + h.shard; index < h.last {
					results[i] = sim.Swarm(h.seed(index), h.options).Run(sim.RunOptions{})
				}
			}
		})
	}
	wg.Wait()
	for i, r := range results {
		if r != nil {
			h.take(from+uint64(i)*h.shards+h.shard, r)
		}
	}
}

func (h *hunter) take(index uint64, r *sim.Result) {
	h.done++
	h.events += r.Events
	fmt.Fprintf(h.combined, "%d %s\n", index, r.Digest)
	h.marks.Add(r.Marks)
	h.judged.Add(r.Judged)
	h.rare.Add(r.Scenario.Rare())
	h.compare.add(index, r.Digest)
	if r.Violation == nil {
		return
	}
	h.violations++
	seed := h.seed(index)
	if h.worst == nil {
		h.worst, h.worstSeed = r, seed
	}
	if h.json {
		h.line(map[string]any{
			"type": "violation", "index": index, "seed": seed, "model": h.seeds.model,
			"property": r.Violation.Property.ID, "claim": r.Violation.Property.Claim,
			"what": r.Violation.What, "replay": replayCommand(seed, &h.seeds),
		})
		return
	}
	fmt.Fprintf(h.c.out, "\r\x1b[Kseed %d: %v\n", seed, r.Violation)
}

// vacuity prints what a hunt lacks, if that fails it.
func (h *hunter) vacuity(what string, fails bool, names []string) {
	if fails && len(names) > 0 {
		fmt.Fprintf(h.c.out, "%s: %s\n", what, strings.Join(names, ", "))
	}
}

// counts returns marks by their names, for JSON.
func counts(marks report.Marks) map[string]uint64 {
	m := make(map[string]uint64, len(marks))
	for _, c := range marks {
		m[c.Name] = c.Count
	}
	return m
}

// listed returns marks and their counts as one line.
func listed(marks report.Marks) string {
	list := make([]string, len(marks))
	for i, c := range marks {
		list[i] = fmt.Sprintf("%s %d", c.Name, c.Count)
	}
	return strings.Join(list, ", ")
}

func (h *hunter) line(fields map[string]any) {
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err) // strings and numbers always can be
	}
	fmt.Fprintf(h.c.out, "%s\n", text)
}

func (h *hunter) progress(next uint64) {
	rate := perSecond(h.done, time.Since(h.start))
	if h.json {
		h.line(map[string]any{"type": "progress", "next": next, "seeds": h.done, "seeds_per_s": int(rate), "violations": h.violations})
		return
	}
	fmt.Fprintf(h.c.out, "\r\x1b[K%d seeds, %.0f/s, %d violations, next %d", h.done, rate, h.violations, next)
}

// finish explains the first violation, and prints the line that sums up. With JSON the
// explanation is for people all the same, and goes to standard error.
func (h *hunter) finish(next uint64) int {
	elapsed := time.Since(h.start)
	missed := h.marks.Missed(h.options.Model == sim.Adversarial)
	hit := len(h.marks) - len(h.marks.Missed(true))
	unjudged := h.judged.Missed(h.options.Model == sim.Adversarial)
	undrawn := h.rare.Missed(h.options.Model == sim.Adversarial)
	vacuous := h.vacuous > 0 && h.done >= h.vacuous && len(missed)+len(unjudged)+len(undrawn) > 0
	digest := hex.EncodeToString(h.combined.Sum(nil))
	if h.json {
		summary := map[string]any{
			"type": "summary", "model": h.seeds.model, "seeds": h.done, "next": next, "events": h.events,
			"events_per_s": int(perSecond(h.events, elapsed)), "marks_hit": hit, "marks": len(h.marks),
			"marks_missed": missed, "judged": judgedFields(h.judged), "never_judged": unjudged, "drawn": counts(h.rare), "undrawn": undrawn, "violations": h.violations, "digest": digest,
		}
		if c := &h.compare; c.known != nil {
			summary["compared"], summary["differ"] = c.compared, c.differ
		}
		h.line(summary)
	} else {
		fmt.Fprint(h.c.out, "\r\x1b[K")
	}
	if h.worst != nil {
		// Among JSON lines it would be read by nobody; beside them it is in every log.
		to := h.c.out
		if h.json {
			to = h.c.err
		}
		fmt.Fprint(to, sim.Explain(h.worst, replayCommand(h.worstSeed, &h.seeds))+"\n")
	}
	if !h.json {
		h.vacuity("never had anything to judge", vacuous, unjudged)
		fmt.Fprintf(h.c.out, "judged: %s\n", judgedText(h.judged))
		h.vacuity("never happened, though it should sometimes", vacuous, missed)
		h.vacuity("never drawn, though it should be sometimes", vacuous, undrawn)
		fmt.Fprintf(h.c.out, "drawn in so many seeds: %s\n", listed(h.rare))
		fmt.Fprintf(h.c.out, "%d seeds, %d events, %.0f events/s, %d of %d marks hit, %d violations, digest %.16s\n",
			h.done, h.events, perSecond(h.events, elapsed), hit, len(h.marks), h.violations, digest)
		if h.compare.known != nil {
			fmt.Fprintln(h.c.out, h.compare.String())
		}
	}
	if h.violations > 0 || vacuous {
		return exitViolation
	}
	return exitFine
}
