// Command bilsim runs simulated networks of bilateralrpc peers: scenarios
// from files, and swarms of them from seeds. It needs nothing but Go.
//
// Exit status: 0 nothing found, 1 a property was violated, 2 wrong usage or
// environment, 42 the same seed gave two digests.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// Exit codes of bilsim.
const (
	exitFine      = 0
	exitViolation = 1
	exitUsage     = 2
	exitDigest    = 42
)

type command struct {
	name, args, about string
	run               func(c *console, args []string) (int, error)
}

func commands() []command {
	return []command{
		{"run", "FILE...", "run scenario files (- is standard input) and say whether they hold", runFiles},
		{"hunt", "-seeds A..B", "run swarms of random scenarios and look for violations", hunt},
		{"replay", "-seed N", "run one seed again, and explain what it finds", replay},
		{"digest", "-seed N", "run one seed twice and compare; with several seeds, print a combined digest", digests},
		{"fmt", "FILE...", "print scenario files in their canonical form (-w: write it)", formatFiles},
		{"bytes", "[FILE...]", "run files or seeds of the world of bytes: the ZMTP engine on simulated connections", runBytes},
		{"kill", "", "put known defects into the core and find them", kill},
		{"bench", "", "measure how fast the world runs on this machine", bench},
		{"demo", "", "show a partition, what each side believes, the heal, and the calls", demo},
	}
}

// console is where a command reads from and writes to.
type console struct {
	in       io.Reader
	out, err io.Writer
	terminal bool // out is one
}

func main() {
	info, err := os.Stdout.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	os.Exit(dispatch(&console{os.Stdin, os.Stdout, os.Stderr, terminal}, os.Args[1:]))
}

// errUsage marks an error that the flag package has already printed.
var errUsage = errors.New("wrong usage")

func dispatch(c *console, args []string) int {
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
		if args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
			usage(c.out)
			return exitFine
		}
		fmt.Fprintf(c.err, "bilsim: there is no command %q\n\n", args[0])
	}
	usage(c.err)
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: bilsim COMMAND [-flags]\n\nCommands (bilsim COMMAND -h lists the flags of each):")
	for _, cmd := range commands() {
		fmt.Fprintf(w, "  %-8s%-14s%s\n", cmd.name, cmd.args, cmd.about)
	}
	fmt.Fprintln(w, "\nExit status: 0 nothing found, 1 a violation, 2 wrong usage or environment,\n42 the same seed gave two digests.")
}

// flagSet returns the flags of a command, which print to the console.
func (c *console) flagSet(name string) *flag.FlagSet {
	f := flag.NewFlagSet("bilsim "+name, flag.ContinueOnError)
	f.SetOutput(c.err)
	return f
}

// parse parses flags; what is wrong with them has then been printed.
func parse(f *flag.FlagSet, args []string) error {
	err := f.Parse(args)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	return errUsage
}
