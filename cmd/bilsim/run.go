package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// readText reads a file, or standard input for "-".
func readText(c *console, name string) (string, error) {
	if name == "-" {
		text, err := io.ReadAll(c.in)
		return string(text), err
	}
	text, err := os.ReadFile(name)
	return string(text), err
}

// readScenario reads a scenario file, or standard input for "-".
func readScenario(c *console, name string) (*sim.Scenario, string, error) {
	scenario, err := readText(c, name)
	if err != nil {
		return nil, "", err
	}
	s, err := sim.Parse(scenario)
	if err != nil {
		return nil, "", located(name, scenario, err)
	}
	return s, scenario, nil
}

// fileError is what is wrong with a line of a file.
type fileError struct {
	name   string // of the file
	text   string // of the file
	syntax *sim.SyntaxError
}

// Error names the place as compilers do, and shows the line.
func (e *fileError) Error() string {
	at := fmt.Sprintf("%s:%d", e.name, e.syntax.Line)
	if e.syntax.Column > 0 {
		at += fmt.Sprintf(":%d", e.syntax.Column)
	}
	return at + ": " + e.syntax.What + "\n" + strings.TrimRight(text.Excerpt(e.text, e.syntax), "\n")
}

func (e *fileError) Unwrap() error { return e.syntax }

// located puts a file's name in front of what is wrong with one of its lines.
func located(name, scenario string, err error) error {
	var syntax *sim.SyntaxError
	if errors.As(err, &syntax) {
		return &fileError{name, scenario, syntax}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// eachFile calls do for each file and returns the worst exit status. A file that
// can't be read does not stop the others, unless the caller says so.
func (c *console) eachFile(command string, names []string, keepGoing bool, do func(name string) (int, error)) (worst int) {
	for _, name := range names {
		code, err := do(name)
		if err != nil {
			fmt.Fprintln(c.err, "bilsim "+command+":", err)
			code = exitUsage
		}
		if worst = max(worst, code); worst != exitFine && !keepGoing {
			break
		}
	}
	return worst
}

func runFiles(c *console, args []string) (int, error) {
	f := c.flagSet("run")
	trace := f.Bool("trace", false, "print the trace")
	m := c.machines("run", f)
	f.BoolVar(&m.keepGoing, "keep-going", true, "run the files behind one that fails too")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if f.NArg() == 0 {
		return 0, errors.New("name a scenario file, or - for standard input")
	}
	code := c.eachFile("run", f.Args(), m.keepGoing, func(name string) (int, error) { return m.runFile(name, *trace) })
	return code, m.finish()
}

// runFile runs the scenario of a file, and tells of it.
func (m *machines) runFile(name string, trace bool) (int, error) {
	began := time.Now()
	s, _, err := readScenario(m.c, name)
	if err != nil {
		if m.json {
			m.errorLine(name, err)
		}
		_ = m.note(&finding{name: name, file: name, err: err, took: time.Since(began)}) // what err says counts
		return 0, err
	}
	f := &finding{name: name, file: name, seed: s.Seed, replay: "go run ./cmd/bilsim run " + name}
	f.result = s.Run(sim.RunOptions{Trace: m.traced(trace)})
	return m.told(f, began)
}

// traced returns what prints a trace, if that is wanted.
func (m *machines) traced(wanted bool) func(line []byte) {
	if !wanted {
		return nil
	}
	if m.json {
		return func(line []byte) { m.c.line("trace", map[string]any{"text": string(line)}) }
	}
	return func(line []byte) { fmt.Fprintf(m.c.out, "%s\n", line) }
}

// told looks for the cause of what a run has found, tells everybody of the run, and
// returns the exit status.
func (m *machines) told(f *finding, began time.Time) (int, error) {
	r := f.result
	if r.Violation != nil {
		f.diagnosis = sim.Diagnose(r, f.replay)
	}
	f.took = time.Since(began)
	err := m.note(f)
	switch {
	case m.json:
		m.resultLine(f)
	case r.Violation == nil:
		fmt.Fprintf(m.c.out, "ok    %s  %s, %d events, digest %s\n", f.name, text.FormatDuration(r.Elapsed), r.Events, r.Digest)
	default:
		fmt.Fprintf(m.c.out, "FAIL  %s\n%s", f.name, &f.diagnosis.Explanation)
		for _, name := range f.artifacts {
			fmt.Fprintf(m.c.out, "Written: %s\n", name)
		}
	}
	if r.Violation == nil {
		return exitFine, err
	}
	return exitViolation, err
}

func formatFiles(c *console, args []string) (int, error) {
	f := c.flagSet("fmt")
	write := f.Bool("w", false, "write the result to the file")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if f.NArg() == 0 {
		return 0, errors.New("name a scenario file, or - for standard input")
	}
	return c.eachFile("fmt", f.Args(), true, func(name string) (int, error) { return exitFine, c.formatFile(name, *write) }), nil
}

func (c *console) formatFile(name string, write bool) error {
	s, was, err := readScenario(c, name)
	if err != nil {
		return err
	}
	is := sim.Format(s)
	switch {
	case !write || name == "-":
		fmt.Fprint(c.out, is)
	case is != was:
		return os.WriteFile(name, []byte(is), 0o644)
	}
	return nil
}

// seedFlags are the flags that say which scenario a seed stands for.
type seedFlags struct {
	model string
	peers int
}

func (s *seedFlags) options() (sim.SwarmOptions, error) {
	o := sim.SwarmOptions{Peers: s.peers}
	switch s.model {
	case "physical":
	case "adversarial":
		o.Model = sim.Adversarial
	default:
		return o, fmt.Errorf("-model is physical or adversarial, not %q", s.model)
	}
	if s.peers < 0 || s.peers == 1 || s.peers > 500 {
		return o, errors.New("-peers is 2 to 500, or 0 to let the seed decide")
	}
	return o, nil
}

func replay(c *console, args []string) (int, error) {
	f := c.flagSet("replay")
	var sf seedFlags
	seed := f.Uint64("seed", 0, "the seed")
	f.StringVar(&sf.model, "model", "physical", "the model of a link: physical or adversarial")
	f.IntVar(&sf.peers, "peers", 0, "the number of peers; 0 lets the seed decide")
	trace := f.Bool("trace", false, "print the whole trace")
	m := c.machines("replay", f)
	scenario := f.Bool("scenario", false, "print the scenario that the seed stands for, and do not run it")
	if err := parseAll(f, args); err != nil {
		return 0, err
	}
	o, err := sf.options()
	if err != nil {
		return 0, err
	}
	s := sim.Swarm(*seed, o)
	if *scenario {
		fmt.Fprint(c.out, sim.Format(s))
		return exitFine, nil
	}
	began := time.Now()
	found := &finding{name: fmt.Sprintf("seed %d, %v", *seed, o.Model), seed: *seed, replay: replayCommand(*seed, o)}
	found.result = s.Run(sim.RunOptions{Trace: m.traced(*trace)})
	code, err := m.told(found, began)
	if err != nil {
		return 0, err
	}
	return code, m.finish()
}

// replayCommand returns the command that runs a seed again.
func replayCommand(seed uint64, o sim.SwarmOptions) string {
	return (&campaign.Campaign{Model: o.Model, Peers: o.Peers}).Replay(seed)
}
