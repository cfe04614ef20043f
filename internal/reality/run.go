package reality

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"
)

// Options say how to run a scenario.
type Options struct {
	Transport string // of the nodes of ours: zmtp, which "" means, or libzmq
	Curve     bool   // connections are encrypted; those of a scenario with keys are in any case
	// Faster is what every time of the scenario is divided by, and every one of the protocol. Zero
	// makes those of the protocol a fifth of what they usually are.
	Faster int64
	// Tolerance is how far from its time, in real time, what the scenario expects may hold;
	// zero is toleranceDefault.
	Tolerance time.Duration
	// Program is the command whose process calls Main.
	Program []string
}

const (
	// toleranceDefault is what a busy machine may be late by.
	toleranceDefault = 400 * time.Millisecond
	// fasterDefault is what the protocol's times are divided by.
	fasterDefault = 5
	// lateMost is how late the machine may be in a run that does not agree, and counts.
	lateMost = 50 * time.Millisecond
	// triesMost is how often a scenario is run to have one.
	triesMost = 4
)

// Transports are those that this build has.
func Transports() []string {
	if libzmq.Available {
		return []string{"zmtp", "libzmq"}
	}
	return []string{"zmtp"}
}

// ErrUnavailable says how to get a build that has the others.
var ErrUnavailable = libzmq.ErrUnavailable

// Result is what came of a run.
type Result struct {
	Scenario *sim.Scenario // as it was run: faster
	Faster   int64
	Facts    Facts       // of the processes
	World    Possible    // of the world
	WorldRun *sim.Result // in which the scenario has to hold
	// Missed are expectations of the scenario that the processes did not meet.
	Missed []Miss
	// Unseen are those of which nothing shows outside of the world.
	Unseen []Miss
	Took   time.Duration
	// Restart is how long a node has taken at most to listen anew, from when it was ended.
	Restart time.Duration
	// Late is by how much a timer of this process fired too late, at most: how busy the
	// machine was. Tries are the runs that it took to have one that counts.
	Late  time.Duration
	Tries int
}

// A Miss is an expectation, or a rule, and what is the matter with it.
type Miss struct {
	Line int
	What string
}

// A Difference is a fact on which the two runs do not agree.
type Difference struct{ Fact, Real, World string }

// String writes for example "line 7 (k1) at b: reply, in the world silent".
func (d Difference) String() string { return d.Fact + ": " + d.Real + ", in the world " + d.World }

// Differences are the facts on which the two runs do not agree, in their order.
func (r *Result) Differences() []Difference { return r.World.differences(r.Facts) }

// Agrees says whether the processes did what the scenario expects, and what the world did.
func (r *Result) Agrees() bool {
	return len(r.Missed) == 0 && r.WorldRun.Violation == nil && len(r.Differences()) == 0
}

// Counts says whether the machine had time enough in a run that does not agree for that to
// say anything. Of what the world itself does not come to no processes say more.
func (r *Result) Counts() bool {
	return r.Agrees() || r.WorldRun.Violation != nil || r.Late <= lateMost
}

// Facts are what came of a run: what a fact is about, and what it is.
type Facts map[string]string

// Possible are the facts of several runs of one scenario in the world, that differ in
// milliseconds: of most there is one, and processes have to come to it. Of those that hang
// on milliseconds there are several, and processes have to come to one of them.
type Possible map[string][]string

const nothing = "nothing"

// add adds the facts of a run. Those that are about nothing that was known before are so
// in one run, and not in those before it.
func (p Possible) add(f Facts) {
	first := len(p) == 0
	for about, is := range f {
		if p[about] == nil && !first {
			p[about] = []string{nothing}
		}
		if !slices.Contains(p[about], is) {
			p[about] = append(p[about], is)
		}
	}
	for about, are := range p {
		if _, has := f[about]; !has && !slices.Contains(are, nothing) {
			p[about] = append(are, nothing)
		}
	}
}

// Hanging returns how many facts hang on milliseconds.
func (p Possible) Hanging() (n int) {
	for _, are := range p {
		if len(are) > 1 {
			n++
		}
	}
	return n
}

// differences compares the world's facts with others.
func (p Possible) differences(real Facts) (all []Difference) {
	about := slices.Collect(maps.Keys(p))
	for k := range real {
		if p[k] == nil {
			about = append(about, k)
		}
	}
	slices.Sort(about)
	for _, k := range about {
		is, may := or(real[k], nothing), p[k]
		if may == nil {
			may = []string{nothing}
		}
		if !slices.Contains(may, is) {
			all = append(all, Difference{k, is, strings.Join(may, " or ")})
		}
	}
	return all
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Run runs a scenario in the world and by processes. A run that does not agree, while the
// machine was too busy for it to say anything, is made again. An error says that it could not; a
// *Refusal is one.
func Run(ctx context.Context, s *sim.Scenario, o Options) (*Result, error) {
	if o.Transport = or(o.Transport, "zmtp"); !slices.Contains(Transports(), o.Transport) {
		return nil, ErrUnavailable
	}
	if r := Check(s, o.Transport, o.Curve); r != nil {
		return nil, r
	}
	if len(o.Program) == 0 {
		return nil, errors.New("no program is named that runs nodes")
	}
	o.Curve = o.Curve || s.Keys
	if o.Tolerance == 0 {
		o.Tolerance = toleranceDefault
	}
	if o.Faster == 0 {
		o.Faster = fasterOf(s)
	}
	for try := 1; ; try++ {
		r, err := run(ctx, named(s).Faster(o.Faster), &o)
		if err != nil {
			return nil, err
		}
		if r.Tries = try; r.Counts() || try == triesMost {
			return r, nil
		}
	}
}

// run is one try.
func run(ctx context.Context, s *sim.Scenario, o *Options) (*Result, error) {
	r := &Result{Scenario: s, Faster: o.Faster}
	r.runWorld()
	began := time.Now()
	st, err := newStage(ctx, r, o)
	if err != nil {
		return nil, err
	}
	defer st.close()
	if err := st.run(); err != nil {
		return nil, fmt.Errorf("run by processes: %w", err)
	}
	r.Took = time.Since(began)
	return r, nil
}

// fasterOf returns what the times of a scenario are divided by where nobody says: the
// protocol's become a fifth, with what the scenario itself has scaled them by.
func fasterOf(s *sim.Scenario) int64 {
	if s.Scale.Num == 0 {
		return fasterDefault
	}
	return max(1, fasterDefault*int64(s.Scale.Num)/int64(s.Scale.Den))
}

// heartbeatOf returns the time after which silence ends a connection; 0 for never.
func heartbeatOf(s *sim.Scenario) time.Duration { return max(s.Faster(1).Heartbeat, 0) }

// named returns a copy of the scenario in which every call has a name: that of its line,
// if it has none.
func named(s *sim.Scenario) *sim.Scenario {
	c := *s
	c.Lines = slices.Clone(s.Lines)
	for i := range c.Lines {
		l := &c.Lines[i]
		l.Fault = withName(l.Fault, i)
		if l.Rule != nil {
			r := *l.Rule
			r.Then = withName(r.Then, i)
			l.Rule = &r
		}
	}
	return &c
}

func withName(f sim.Fault, i int) sim.Fault {
	name := fmt.Sprintf("call %d", i+1)
	switch x := f.(type) {
	case sim.Calling:
		x.Name = or(x.Name, name)
		return x
	case sim.Casting:
		x.Name = or(x.Name, name)
		return x
	}
	return f
}
