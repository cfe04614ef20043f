package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// patience is what a test waits at most, on a machine that is busy with other things.
const patience = "60s"

// buffer is what a command writes to, and who waits for it.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed when there is more
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.more != nil {
		close(b.more)
		b.more = nil
	}
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// wait waits until what was written contains a text.
func (b *buffer) wait(t *testing.T, text string) {
	t.Helper()
	over := time.After(time.Minute)
	for {
		b.mu.Lock()
		if strings.Contains(b.text.String(), text) {
			b.mu.Unlock()
			return
		}
		if b.more == nil {
			b.more = make(chan struct{})
		}
		more := b.more
		b.mu.Unlock()
		select {
		case <-more:
		case <-over:
			t.Fatalf("no %q in %q", text, b.String())
		}
	}
}

// command is one run of the command.
type command struct {
	ctx           context.Context
	in            string
	out, err, tty buffer
	code          int
}

func (c *command) run(args ...string) *command {
	if c.ctx == nil {
		c.ctx = context.Background()
	}
	a := &app{in: strings.NewReader(c.in), out: &c.out, err: &c.err, terminal: &c.tty, env: func(string) string { return "" }, hurry: time.Minute}
	c.code = a.run(c.ctx, args)
	return c
}

// start runs it in the background. The channel is closed when it is over.
func (c *command) start(args ...string) (over <-chan struct{}) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.run(args...)
	}()
	return done
}

func (c *command) want(t *testing.T, code int, out string) {
	t.Helper()
	if got := steady(c.out.String()); c.code != code || got != out {
		t.Errorf("exit code %d, want %d; written is\n%swant\n%s(errors: %s)", c.code, code, got, out, &c.err)
	}
}

var (
	numbers = regexp.MustCompile(`"(ms|time|calls|per_second|median_ms|p99_ms|worst_ms)":("[^"]*"|[0-9.e+-]+)`)
	ports   = regexp.MustCompile(`127\.0\.0\.1:[0-9]+`)
	spans   = regexp.MustCompile(`[0-9.]+(µs|ms|s)\b`)
	clock   = regexp.MustCompile(`[0-9:]{8}  `)
)

// steady returns an output without what differs from run to run.
func steady(text string) string {
	text = numbers.ReplaceAllString(text, `"$1":0`)
	text = ports.ReplaceAllString(text, "HOST")
	text = spans.ReplaceAllString(text, "0s")
	return clock.ReplaceAllString(text, "TIME  ")
}

// sorted returns the lines of a text in order: replies come in any.
func sorted(text string) string {
	lines := slices.Sorted(strings.Lines(text))
	return strings.Join(lines, "")
}

// live are three nodes, and the flags that reach them.
type live struct {
	t       *testing.T
	nodes   map[string]*bilateralrpc.Bilateral
	flags   []string
	stuck   chan struct{} // Test.Stick waits for it
	running chan string   // it runs at this node
	gone    chan error    // why its context has ended
	casts   chan string
}

type (
	pair struct{ A, B int }
	sums struct{ Sum, Diff int }
	tree struct {
		Value int
		Kids  []*tree
	}
	nothing struct{ Unused bool }
)

var nodeNames = []string{"alice", "bob", "carol"}

// newLive makes three nodes, with keys or without. Carol does not tell its methods.
func newLive(t *testing.T, curve bool) *live {
	t.Helper()
	l := &live{t: t, nodes: map[string]*bilateralrpc.Bilateral{}, stuck: make(chan struct{}), running: make(chan string, 9), gone: make(chan error, 9), casts: make(chan string, 9)}
	dir := t.TempDir()
	l.flags = []string{"--network", "test", "--timeout", patience, "--peers", filepath.Join(dir, "peers")}
	var keys []string
	if curve {
		file := filepath.Join(dir, "keys")
		public := strings.TrimSpace(new(command).run("keygen", file).out.String())
		l.flags = append(l.flags, "--keys", file)
		keys = []string{public}
	}
	var peers strings.Builder
	for _, name := range nodeNames {
		config := bilateralrpc.Config{Network: "test", Name: name, ListMethods: name != "carol"}
		if curve {
			var err error
			if config.PublicKey, config.PrivateKey, err = bilateralrpc.NewKeypair(); err != nil {
				t.Fatal(err)
			}
			config.Name, config.AllowedKeys = "", keys
		}
		node, err := bilateralrpc.New(config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(node.Close)
		l.nodes[name] = node
		if err := errors.Join(l.serve(name, node), node.ListenOn("tcp://127.0.0.1:*")); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&peers, "# %s\n%s %s %s\n", name, node.Status().Name, node.ListenAddresses()[0], name)
	}
	if err := os.WriteFile(filepath.Join(dir, "peers"), []byte(peers.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *live) serve(name string, node *bilateralrpc.Bilateral) error {
	return errors.Join(
		bilateralrpc.NewMethod[pair, sums]("Test.SumDiff").Handle(node, func(_ context.Context, args pair) (sums, error) {
			if args.A == 7 {
				return sums{}, bilateralrpc.NewError("seven", "not \x1b[31m7\x1b[0m")
			}
			return sums{args.A + args.B, args.A - args.B}, nil
		}),
		bilateralrpc.NewMethod[tree, tree]("Test.Tree").Handle(node, func(_ context.Context, args tree) (tree, error) {
			return tree{args.Value + 1, []*tree{&args}}, nil
		}),
		bilateralrpc.NewMethod[nothing, nothing]("Test.Stick").Handle(node, func(ctx context.Context, _ nothing) (nothing, error) {
			l.running <- name
			select {
			case <-l.stuck:
			case <-ctx.Done(): // at its deadline, which is a little earlier than the caller's, still without a reply
				l.gone <- context.Cause(ctx)
				<-l.stuck
			}
			return nothing{}, nil
		}),
		bilateralrpc.NewMethod[pair, nothing]("Test.Cast").Handle(node, func(_ context.Context, args pair) (nothing, error) {
			l.casts <- fmt.Sprint(name, args)
			return nothing{}, nil
		}),
	)
}

// run runs the command with the flags that reach the nodes.
func (l *live) run(args ...string) *command { return new(command).run(slices.Concat(l.flags, args)...) }

// names returns a text with each node's name in place of its key. It comes before steady: a key may
// end like a time, with 5s.
func (l *live) names(text string) string {
	for name, node := range l.nodes {
		text = strings.ReplaceAll(text, node.Status().Name, name)
	}
	return text
}

// eachLive runs a test in plaintext and with keys.
func eachLive(t *testing.T, test func(t *testing.T, l *live)) {
	for _, curve := range []bool{false, true} {
		t.Run(fmt.Sprintf("curve=%v", curve), func(t *testing.T) { test(t, newLive(t, curve)) })
	}
}
