package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"
)

// app is one run of the command.
type app struct {
	in       io.Reader
	out, err io.Writer
	terminal io.Writer // for progress; nil where nobody watches
	env      func(string) string
	hurry    time.Duration // bounds the completion of a method's name

	// What the flags say.
	network, name, keys, peers, allow string
	connect, listen                   []string
	output                            string
	timeout, wait                     time.Duration
	verbose                           bool

	interrupt context.Context // ends with Ctrl-C
	writing   sync.Mutex      // held to write to out, err and terminal
	drawn     int             // characters of progress on the terminal
}

const timeoutDefault = 10 * time.Second

// run runs the command with these arguments, and returns its exit code. When ctx ends, so
// does the command.
func (a *app) run(ctx context.Context, args []string) int {
	a.interrupt = ctx
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{exitUsage, err} // of cobra: what does not come from us
	}
	if f.err != nil {
		fmt.Fprintln(a.err, "bilateral:", clean(textOf(f)))
	}
	if f.code == exitUsage {
		fmt.Fprintln(a.err, `"bilateral help" and "bilateral COMMAND -h" tell how it is used.`)
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	return f.code
}

const long = `bilateral looks at live nodes of bilateralrpc, and calls their methods.

It is a node itself, which dials the peers that --connect and --peers name. A PEER is an
alias or a name of these, several with commas between them, or "all".

Arguments and replies are JSON. What goes over the wire is gob; the types for that the
peer tells, if it is made with Config.ListMethods.

Exit codes: 0 done; 1 a peer answered with an error; 2 the command line, JSON or a file is
wrong, nothing was sent; 3 a peer is not connected; 4 no reply in time; 5 no such method, or
it is not told; 130 interrupted. Of several peers the highest one counts.`

const example = `  bilateral keygen my.keys
  bilateral --connect 'alice,tcp://127.0.0.1:5555' call alice Echo.SumDiff '{"A":1,"B":2}'
  bilateral --network prod --keys my.keys --peers peers.txt -o json call all Store.Status`

// root returns the whole command.
func (a *app) root() *cobra.Command {
	c := &cobra.Command{
		Use: "bilateral", Short: "Look at live nodes of bilateralrpc, and call their methods", Long: long, Example: example,
		SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if a.output != "text" && a.output != "json" {
				return usage("--output is %q: want text or json", a.output)
			}
			if a.timeout <= 0 || a.wait < 0 {
				return usage("--timeout is %v and --wait %v: want more than 0, and no less than 0", a.timeout, a.wait)
			}
			return nil
		},
	}
	c.SetIn(a.in)
	c.SetOut(a.out)
	c.SetErr(a.err)
	f := c.PersistentFlags()
	f.StringVarP(&a.network, "network", "n", a.env("BILATERAL_NETWORK"), "name of the network (or $BILATERAL_NETWORK)")
	f.StringVar(&a.name, "name", "", "name of this node in plaintext (default one by chance)")
	f.StringVarP(&a.keys, "keys", "k", a.env("BILATERAL_KEYS"), "file of this node's keys, made by keygen (or $BILATERAL_KEYS); without it all is in plaintext")
	f.StringArrayVarP(&a.connect, "connect", "c", nil, "a peer to dial, as NAME,ADDRESS; may be repeated")
	f.StringVarP(&a.peers, "peers", "p", a.env("BILATERAL_PEERS"), "file of peers to dial, a line each: NAME ADDRESS ALIAS (or $BILATERAL_PEERS)")
	f.StringArrayVarP(&a.listen, "listen", "l", nil, "an address to listen on, such as tcp://127.0.0.1:*; may be repeated")
	f.StringVar(&a.allow, "allow", "", "file of the keys that may connect to this node")
	f.StringVarP(&a.output, "output", "o", "text", "text, or json: a line for each result")
	f.DurationVarP(&a.timeout, "timeout", "t", timeoutDefault, "bounds the whole command; watch and serve go on if it is not given")
	f.DurationVarP(&a.wait, "wait", "w", 0, "wait this long for peers that can't be reached at once")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "show the log of this node")
	words := func(list ...string) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
	}
	if err := c.RegisterFlagCompletionFunc("output", words("text", "json")); err != nil {
		panic(err) // there is no such flag
	}
	c.AddCommand(a.keygenCommand(), a.pingCommand(), a.peersCommand(), a.watchCommand(), a.methodsCommand(),
		a.callCommand(), a.castCommand(), a.serveCommand(), a.benchCommand())
	return c
}

// bounded returns a context that ends after the timeout. Without one that was given, it does
// not where endless is set.
func (a *app) bounded(c *cobra.Command, endless bool) (context.Context, context.CancelFunc) {
	if endless && !c.Flags().Changed("timeout") {
		return context.WithCancel(a.interrupt)
	}
	return context.WithTimeout(a.interrupt, a.timeout)
}
