// Command bilsim runs simulated networks of bilateralrpc peers: scenarios
// from files, and swarms of them from seeds. It needs nothing but Go.
//
// Its exit status is one of those that bilsim help lists.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/page"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// Exit codes of bilsim. Of several findings the highest counts.
const (
	exitFine      = 0
	exitViolation = 1
	exitUsage     = 2
	exitDigest    = 42
)

// exits is the table of exit codes, as people read it.
const exits = `Exit status:
   0  nothing was found
   1  a property or an expectation was violated, or a hunt was vacuous
   2  wrong usage or environment, a file that can't be read, output that can't be written,
      or a merge that a part of the seeds is missing from
  42  the same seed gave two digests
`

type command struct {
	name, args, about string
	run               func(c *console, args []string) (int, error)
}

func commands() []command {
	return []command{
		{"run", "FILE...", "run scenario files (- is standard input) and say whether they hold", runFiles},
		{"hunt", "-seeds A..B", "run swarms of random scenarios and look for violations", hunt},
		{"merge", "FILE...", "put together what hunts of parts of the same seeds have printed with -json", mergeResults},
		{"explore", "FILE...", "try everything that may happen in scenario files, within their bounds", exploreFiles},
		{"replay", "-seed N", "run one seed again, and explain what it finds", replay},
		{"report", "FILE...", "write a page for each scenario file, or -seed N: a picture to look at, and to experiment with", reports},
		{"play", "[FILE...]", "serve a page on which to write and run scenarios; -o DIR writes it as static files", play},
		{"digest", "-seed N", "run one seed twice and compare; with several seeds, print a combined digest", digests},
		{"fmt", "FILE...", "print scenario files in their canonical form (-w: write it)", formatFiles},
		{"bytes", "[FILE...]", "run files or seeds of the world of bytes: the ZMTP engine on simulated connections", runBytes},
		{"kill", "", "put known defects into the core and find them", kill},
		{"real", "FILE...", "run scenario files by processes on sockets, and compare what comes of it with the world", real},
		{"bench", "", "measure how fast the world runs on this machine", bench},
		{"record", "DIR FILE", "run a scenario, and write into DIR what each node's flight recorder keeps", recordScenario},
		{"replay-record", "FILE...", "feed the recording of a node to the core again, and compare", replayRecord},
		{"merge-records", "FILE...", "put recordings of several nodes together: what happened, and a scenario of it", mergeRecords},
		{"completion", "SHELL", "print a completion script for bash, zsh or fish", completion},
		{"demo", "", "show a partition, what each side believes, the heal, and the calls", demo},
	}
}

// console is where a command reads from and writes to.
type console struct {
	in       io.Reader
	out, err io.Writer
	terminal bool                // out is one
	getenv   func(string) string // nil for no environment
	// wasm returns the simulation for pages; nil for pages that are pictures only.
	wasm func() ([]byte, error)
}

// simulation returns the simulation for pages. An error says why there is none.
func (c *console) simulation() ([]byte, error) {
	if c.wasm == nil {
		return nil, errors.New("the simulation is not wanted in it")
	}
	return c.wasm()
}

// env returns a variable of the environment.
func (c *console) env(name string) string {
	if c.getenv == nil {
		return ""
	}
	return c.getenv(name)
}

func main() {
	info, err := os.Stdout.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	os.Exit(dispatch(&console{os.Stdin, os.Stdout, os.Stderr, terminal, os.Getenv, page.Wasm}, os.Args[1:]))
}

// errUsage marks an error that the flag package has already printed.
var errUsage = errors.New("wrong usage")

// dispatch runs a command and returns the exit status. Output that could not be
// written is a failure: a reader of half of it would take it for the whole.
func dispatch(c *console, args []string) int {
	out := &output{to: c.out}
	code := c.with(out).run(args)
	if out.err != nil {
		fmt.Fprintln(c.err, "bilsim: can't write the output:", out.err)
		code = max(code, exitUsage)
	}
	return code
}

// with returns a console that writes to out.
func (c *console) with(out io.Writer) *console {
	d := *c
	d.out = out
	return &d
}

// output remembers the first error of a write, since prints are not checked one by one.
type output struct {
	to  io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.to.Write(p)
	o.err = err
	return n, err
}

// run finds the command and runs it.
func (c *console) run(args []string) int {
	if len(args) > 0 {
		for _, cmd := range commands() {
			if cmd.name != args[0] {
				continue
			}
			code, err := cmd.run(c, args[1:])
			switch {
			case errors.Is(err, flag.ErrHelp):
				return exitFine
			case err != nil:
				if !errors.Is(err, errUsage) {
					fmt.Fprintln(c.err, "bilsim "+cmd.name+":", err)
				}
				return exitUsage
			}
			return code
		}
		if args[0] == realNode { // a process of bilsim real
			code, err := runNode(c)
			if err != nil {
				fmt.Fprintln(c.err, "bilsim "+realNode+":", err)
				return exitUsage
			}
			return code
		}
		if args[0] == "complete" { // for the scripts, not for people
			code, _ := complete(c, args[1:])
			return code
		}
		if args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
			usage(c.out)
			return exitFine
		}
		fmt.Fprintf(c.err, "bilsim: there is no command %q%s\n\n", args[0], text.Instead(args[0], commandNames()))
	}
	usage(c.err)
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: bilsim COMMAND [-flags]\n\nCommands (bilsim COMMAND -h lists the flags of each):")
	for _, cmd := range commands() {
		fmt.Fprintf(w, "  %-12s%-14s%s\n", cmd.name, cmd.args, cmd.about)
	}
	fmt.Fprint(w, "\n"+exits)
}

// commandNames returns the names of all commands.
func commandNames() []string {
	var list []string
	for _, cmd := range commands() {
		list = append(list, cmd.name)
	}
	return list
}

// flagSet returns the flags of a command, which print to the console.
func (c *console) flagSet(name string) *flag.FlagSet {
	f := flag.NewFlagSet("bilsim "+name, flag.ContinueOnError)
	f.SetOutput(c.err)
	return f
}

// parse parses flags, in front of the names of files; what is wrong with the flags has
// then been printed.
func parse(f *flag.FlagSet, args []string) error {
	err := f.Parse(args)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	return errUsage
}

// parseAll parses the flags of a command that takes nothing else.
func parseAll(f *flag.FlagSet, args []string) error {
	err := parse(f, args)
	if err == nil && f.NArg() > 0 {
		return fmt.Errorf("%q is no flag: this command takes flags only, and -h lists them", f.Arg(0))
	}
	return err
}

// perSecond returns how many of n there were in each second of a time.
func perSecond(n uint64, d time.Duration) float64 {
	if d <= 0 {
		return 0 // too short for this machine's clock
	}
	return float64(n) / d.Seconds()
}
