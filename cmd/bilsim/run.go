package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// readScenario reads a scenario file, or standard input for "-".
func readScenario(c *console, name string) (*sim.Scenario, string, error) {
	var text []byte
	var err error
	if name == "-" {
		text, err = io.ReadAll(c.in)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, "", err
	}
	s, err := sim.Parse(string(text))
	if err != nil {
		return nil, "", located(name, err)
	}
	return s, string(text), nil
}

// located puts a file's name in front of what is wrong with one of its lines.
func located(name string, err error) error {
	var syntax *sim.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%s:%d: %s", name, syntax.Line, syntax.What)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// eachFile calls do for each file and returns the worst exit status. A file that
// can't be read does not stop the others.
func (c *console) eachFile(command string, names []string, do func(name string) (int, error)) (worst int) {
	for _, name := range names {
		code, err := do(name)
		if err != nil {
			fmt.Fprintln(c.err, "bilsim "+command+":", err)
			code = exitUsage
		}
		worst = max(worst, code)
	}
	return worst
}

func runFiles(c *console, args []string) (int, error) {
	f := c.flagSet("run")
	trace := f.Bool("trace", false, "print the trace")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if f.NArg() == 0 {
		return 0, errors.New("name a scenario file, or - for standard input")
	}
	return c.eachFile("run", f.Args(), func(name string) (int, error) { return c.runFile(name, *trace) }), nil
}

func (c *console) runFile(name string, trace bool) (int, error) {
	s, _, err := readScenario(c, name)
	if err != nil {
		return 0, err
	}
	var o sim.RunOptions
	if trace {
		o.Trace = func(line []byte) { fmt.Fprintf(c.out, "%s\n", line) }
	}
	r := s.Run(o)
	if r.Violation == nil {
		fmt.Fprintf(c.out, "ok    %s  %s, %d events, digest %.16s\n", name, text.FormatDuration(r.Elapsed), r.Events, r.Digest)
		return exitFine, nil
	}
	fmt.Fprintf(c.out, "FAIL  %s\n", name)
	fmt.Fprint(c.out, sim.Explain(r, "go run ./cmd/bilsim run "+name))
	return exitViolation, nil
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
	return c.eachFile("fmt", f.Args(), func(name string) (int, error) { return exitFine, c.formatFile(name, *write) }), nil
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
	var ro sim.RunOptions
	if *trace {
		ro.Trace = func(line []byte) { fmt.Fprintf(c.out, "%s\n", line) }
	}
	r := s.Run(ro)
	if r.Violation == nil {
		fmt.Fprintf(c.out, "ok    seed %d, %v, %s, %d events, digest %s\n", *seed, o.Model, text.FormatDuration(r.Elapsed), r.Events, r.Digest)
		return exitFine, nil
	}
	fmt.Fprint(c.out, sim.Explain(r, replayCommand(*seed, &sf)))
	return exitViolation, nil
}

func replayCommand(seed uint64, sf *seedFlags) string {
	line := fmt.Sprintf("go run ./cmd/bilsim replay -seed %d -model %s", seed, sf.model)
	if sf.peers != 0 {
		line += fmt.Sprintf(" -peers %d", sf.peers)
	}
	return line
}
