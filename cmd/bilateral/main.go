// Command bilateral looks at live nodes, and calls their methods with arguments in JSON:
// keygen, ping, peers, watch, methods, call, cast, serve echo and bench. docs/COMMAND.md
// tells of it, and has the table of its exit codes.
//
// # Files
//
//   - main.go: the start, and the end by Ctrl-C
//   - app.go: the whole command, and its flags
//   - exit.go: failures, and the exit codes that they are
//   - book.go: the peers that the user has named
//   - session.go: a node of our own, and connections to peers
//   - plan.go: from a method's description, arguments and a place for the reply
//   - print.go: lines of text, or of JSON
//   - progress.go: what is going on, on a terminal
//   - complete.go: completion of peers and methods
//   - histogram.go: how long calls took
//   - keygen.go, ping.go, peers.go, watch.go, methods.go, call.go, cast.go, serve.go, bench.go: the commands
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Getenv, hurry: time.Second}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		a.terminal = os.Stderr
	}
	code := a.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
