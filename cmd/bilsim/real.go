package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/reality"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// realNode is the word by which this program is a node's process, for bilsim real only.
const realNode = "real-node"

// realPlan is what bilsim real was asked for.
type realPlan struct {
	c          *console
	options    reality.Options
	transports []string
	curves     []bool
	runs, jobs int
	json       bool
	write      string
}

// realRun is one run of a file.
type realRun struct {
	file      string
	transport string
	curve     bool
	n         int // of its file, transport and mechanism, from 1
	scenario  *sim.Scenario
	result    *reality.Result
	refusal   *reality.Refusal
	err       error
}

func real(c *console, args []string) (int, error) {
	p := &realPlan{c: c}
	f := c.flagSet("real")
	transport := f.String("transport", "zmtp", "of the nodes: zmtp, libzmq, or all that this build has")
	mechanism := f.String("mechanism", "", "null or curve, or all; by default that of the scenario: keys is curve")
	curve := f.Bool("curve", false, "the same as -mechanism curve")
	f.Int64Var(&p.options.Faster, "scale", 0, "divide every time of the scenario and of the protocol by this; 0 makes the protocol's a fifth")
	f.DurationVar(&p.options.Tolerance, "tolerance", 0, "how far from its time what is expected may hold, in real time (default 400ms)")
	f.IntVar(&p.runs, "runs", 1, "how often each file is run")
	f.IntVar(&p.jobs, "jobs", 4, "how many runs there are at a time")
	f.BoolVar(&p.json, "json", false, "print JSON lines, as docs/bilsim.schema.json has them")
	f.StringVar(&p.write, "write", "", "put the table of agreement into this `document`, between its marks")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if *curve {
		*mechanism = "curve"
	}
	switch {
	case f.NArg() == 0:
		return 0, errors.New("name a scenario file, or - for standard input")
	case p.runs < 1 || p.jobs < 1:
		return 0, errors.New("-runs and -jobs are at least 1")
	case p.options.Faster < 0 || p.options.Tolerance < 0:
		return 0, errors.New("-scale and -tolerance are not below 0")
	}
	if err := p.choose(*transport, *mechanism); err != nil {
		return 0, err
	}
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	p.options.Program = []string{program, realNode}
	return p.run(f.Args())
}

// choose takes the words for transports and mechanisms.
func (p *realPlan) choose(transport, mechanism string) error {
	switch transport {
	case "zmtp", "libzmq":
		p.transports = []string{transport}
	case "all":
		p.transports = reality.Transports()
	default:
		return fmt.Errorf("-transport is zmtp, libzmq or all, not %q", transport)
	}
	if !slices.Contains(reality.Transports(), p.transports[0]) {
		return reality.ErrUnavailable
	}
	switch mechanism {
	case "", "null":
		p.curves = []bool{false}
	case "curve":
		p.curves = []bool{true}
	case "all":
		p.curves = []bool{false, true}
	default:
		return fmt.Errorf("-mechanism is null, curve or all, not %q", mechanism)
	}
	return nil
}

// run runs the files, several at a time, and tells of them in their order.
func (p *realPlan) run(files []string) (int, error) {
	began := time.Now()
	worst := exitFine
	var runs []*realRun
	for _, name := range files {
		s, scenario, err := readScenario(p.c, name)
		if err != nil {
			fmt.Fprintln(p.c.err, "bilsim real:", err)
			if p.json {
				(&machines{c: p.c}).errorLine(name, err)
			}
			worst = exitUsage
			continue
		}
		runs = append(runs, p.runsOf(name, scenario, s)...)
	}
	todo := make(chan *realRun, len(runs))
	done := make([]chan struct{}, len(runs))
	for i, r := range runs {
		done[i] = make(chan struct{})
		todo <- r
	}
	close(todo)
	index := map[*realRun]int{}
	for i, r := range runs {
		index[r] = i
	}
	for range min(p.jobs, len(runs)) {
		go func() {
			for r := range todo {
				r.perform(p)
				close(done[index[r]])
			}
		}()
	}
	for i, r := range runs {
		<-done[i]
		worst = max(worst, p.told(r))
	}
	if p.write != "" {
		return worst, writeAgreement(p.write, runs, p, time.Since(began))
	}
	return worst, nil
}

// runsOf returns the runs of a file. What is refused is there once for each reason.
func (p *realPlan) runsOf(name, scenario string, s *sim.Scenario) (runs []*realRun) {
	for _, curve := range p.curves {
		if s.Keys && !curve && len(p.curves) > 1 {
			continue // it is run with the others of CURVE
		}
		for _, transport := range p.transports {
			refusal := reality.Check(s, transport, curve)
			r := realRun{file: name, transport: transport, curve: curve || s.Keys, scenario: s, refusal: refusal}
			if refusal != nil {
				if slices.ContainsFunc(runs, func(x *realRun) bool { return x.refusal != nil && x.refusal.Why == refusal.Why }) {
					continue // it was said
				}
				r.err = refusedAt(name, scenario, refusal)
				runs = append(runs, &r)
				continue
			}
			for n := range p.runs {
				x := r
				x.n = n + 1
				runs = append(runs, &x)
			}
		}
	}
	return runs
}

// perform makes the run, unless it is refused.
func (r *realRun) perform(p *realPlan) {
	if r.refusal != nil {
		return
	}
	o := p.options
	o.Transport, o.Curve = r.transport, r.curve
	r.result, r.err = reality.Run(context.Background(), r.scenario, o)
}

// refusedAt says why a scenario is not run, and names the line.
func refusedAt(name, scenario string, refusal *reality.Refusal) error {
	line := refusal.Line
	if line == 0 {
		for i, l := range strings.Split(scenario, "\n") {
			if fields := strings.Fields(l); len(fields) > 0 && !strings.HasPrefix(fields[0], "#") && slices.Contains(fields, refusal.Word) {
				line = i + 1
				break
			}
		}
	}
	return located(name, scenario, &sim.SyntaxError{Line: max(line, 1), What: refusal.Why})
}

// mechanism returns the word for how connections of the run are protected.
func (r *realRun) mechanism() string {
	if r.curve {
		return "curve"
	}
	return "null"
}

// told tells of a run, and returns the exit status. A file that says itself that it is
// not for sockets is none that fails, nor is one that is not for encrypted ones.
func (p *realPlan) told(r *realRun) int {
	if p.json {
		p.line(r)
	}
	name := fmt.Sprintf("%s  %s, %s", r.file, r.transport, r.mechanism())
	switch {
	case r.refusal != nil && (r.scenario.NotReal != "" || r.curve):
		if !p.json {
			what, _, _ := strings.Cut(r.err.Error(), "\n")
			fmt.Fprintf(p.c.out, "skip  %s\n", what)
		}
		return exitFine
	case r.err != nil:
		fmt.Fprintln(p.c.err, "bilsim real:", r.err)
		return exitUsage
	case r.result.Agrees():
		if !p.json {
			fmt.Fprintf(p.c.out, "ok    %s, %d times faster, %s: %d facts agree%s\n", name, r.result.Faster,
				text.FormatDuration(r.result.Took.Round(time.Millisecond)), len(r.result.World), unseen(r.result))
		}
		return exitFine
	}
	if !p.json {
		word := "FAIL"
		if !r.result.Counts() {
			word = "BUSY" // no verdict, but nothing to rely on either
		}
		fmt.Fprintf(p.c.out, "%s  %s, %d times faster, %s, with up to %s late\n", word, name, r.result.Faster,
			text.FormatDuration(r.result.Took.Round(time.Millisecond)), text.FormatDuration(r.result.Late.Round(time.Millisecond)))
		for _, what := range r.troubles() {
			fmt.Fprintf(p.c.out, "      %s\n", what)
		}
		if !r.result.Counts() {
			fmt.Fprintf(p.c.out, "      This says nothing: the machine was too busy in each of %d tries. Run it with less beside it.\n", r.result.Tries)
		}
	}
	return exitViolation
}

// unseen says how much there is that says little: facts that hang on milliseconds in the
// world too, and expectations that were not looked at.
func unseen(r *reality.Result) (s string) {
	if r.Tries > 1 {
		s = fmt.Sprintf("; in run %d, as the machine was too busy before", r.Tries)
	}
	if n := r.World.Hanging(); n > 0 {
		s += fmt.Sprintf("; %d of them hang on milliseconds", n)
	}
	if n := len(r.Unseen); n > 0 {
		s += fmt.Sprintf("; of %d expectations nothing shows outside of the world", n)
	}
	return s
}

// troubles are what does not agree, a line each.
func (r *realRun) troubles() (all []string) {
	if v := r.result.WorldRun.Violation; v != nil {
		all = append(all, "in the world: "+v.What)
	}
	for _, m := range r.result.Missed {
		if m.Line == 0 {
			all = append(all, m.What)
			continue
		}
		all = append(all, fmt.Sprintf("%s:%d: %s", r.file, m.Line, m.What))
	}
	for _, d := range r.result.Differences() {
		all = append(all, d.String())
	}
	return all
}

// line prints a run as a JSON line.
func (p *realPlan) line(r *realRun) {
	fields := map[string]any{"name": r.file, "file": r.file, "transport": r.transport, "mechanism": r.mechanism()}
	switch {
	case r.err != nil:
		var syntax *sim.SyntaxError
		fields["ok"], fields["refused"] = r.refusal != nil && (r.scenario.NotReal != "" || r.curve), r.err.Error()
		if errors.As(r.err, &syntax) {
			fields["refused"], fields["line"] = syntax.What, syntax.Line
		}
	default:
		fields["ok"], fields["run"], fields["tries"], fields["faster"] = r.result.Agrees(), r.n, r.result.Tries, r.result.Faster
		fields["took_s"], fields["late_s"], fields["restart_s"] = r.result.Took.Seconds(), r.result.Late.Seconds(), r.result.Restart.Seconds()
		fields["hanging"], fields["busy"] = r.result.World.Hanging(), !r.result.Counts()
		fields["facts"], fields["troubles"] = r.result.Facts, append([]string{}, r.troubles()...)
	}
	p.c.line("real", fields)
}

// runNode is the process of a node, which bilsim real starts.
func runNode(c *console) (int, error) {
	return exitFine, reality.Main(c.in, c.out)
}
