// Command sweep runs seeds of the simulated world on as many processors and machines as
// there are. Workers take ranges of seeds from a NATS JetStream server, which is in the
// process where none is named; what dies with its work in hand loses nothing, and nothing
// counts twice. docs/SCALE.md tells of it.
//
// # Files
//
//   - main.go: the start, the commands, exit codes
//   - flags.go: flags that several commands have
//   - connect.go: the way to the server
//   - task.go: what is done with seeds
//   - worker.go: takes ranges and runs them
//   - apart.go: seeds in processes of their own, where workers did not come back
//   - status.go: what workers say of themselves
//   - tally.go: what has come of the sweep so far
//   - run.go, work.go, serve.go, top.go, screen.go, result.go: the commands
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes. Of several reasons the highest counts.
const (
	exitFine        = 0
	exitFound       = 1 // a property was violated, a seed ended its process, or the sweep was vacuous
	exitUsage       = 2 // wrong usage, no server, another sweep or program, or seeds that nobody has run yet
	exitDigest      = 42
	exitInterrupted = 130
)

const usageText = `usage: sweep COMMAND [-flags]

Commands (sweep COMMAND -h lists the flags of each):
  run     run seeds on this machine's processors, and on those that help; again: go on
  work    help with a sweep: run ranges of it until there are none left
  serve   run a server for sweeps, for workers on other machines
  top     show how far a sweep is, live
  result  print what has come of a sweep

Exit status:
   0  nothing was found
   1  a property was violated, a seed ended its process, or the sweep was vacuous
   2  wrong usage, no server, another sweep or program, or seeds that nobody has run yet
  42  the same seeds gave two results
 130  interrupted; the same command goes on
`

// app is one run of the command.
type app struct {
	out, err io.Writer
	screen   *os.File // out, if it is a terminal; else nil
	env      func(string) string
	self     []string // the command line that starts this program again
	// before, if not nil, is called before seeds are run: for tests.
	before func(index uint64)
}

// errUsage marks an error that the flag package has printed.
var errUsage = errors.New("wrong usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	os.Exit(newApp().run(ctx, os.Args[1:]))
}

// newApp returns the command as the process has it.
func newApp() *app {
	a := &app{out: os.Stdout, err: os.Stderr, env: os.Getenv}
	if info, err := os.Stdout.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		a.screen = os.Stdout
	}
	if self, err := os.Executable(); err == nil {
		a.self = []string{self}
	}
	return a
}

// run runs a command and returns its exit code. When ctx ends, so does the command.
func (a *app) run(ctx context.Context, args []string) int {
	commands := map[string]func(context.Context, []string) (int, error){
		"run": a.runSweep, "work": a.work, "serve": a.serve, "top": a.top, "result": a.result,
		"seed": a.seed, // for workers, not for people
	}
	if len(args) == 0 || commands[args[0]] == nil {
		if len(args) > 0 && (args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
			fmt.Fprint(a.out, usageText)
			return exitFine
		}
		fmt.Fprint(a.err, usageText)
		return exitUsage
	}
	code, err := commands[args[0]](ctx, args[1:])
	switch {
	case err == nil:
		return code
	case errors.Is(err, flag.ErrHelp):
		return exitFine
	case ctx.Err() != nil:
		return exitInterrupted
	case !errors.Is(err, errUsage):
		fmt.Fprintf(a.err, "sweep %s: %v\n", args[0], err)
	}
	return exitUsage
}
