package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// The test binary is the program too, so that tests run real processes, with the race
// detector if they have it. Such a process does what these variables say.
const (
	asProgram = "SWEEP_TEST_PROGRAM" // be the program
	gateFile  = "SWEEP_TEST_GATE"    // wait in the middle of a range until this file exists
	dieAt     = "SWEEP_TEST_DIE"     // panic when this seed is run
	hangAt    = "SWEEP_TEST_HANG"    // do not come back from this seed
)

// chunk is how many seeds the ranges of tests have.
const chunk = 32

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	a := newApp()
	a.before = misbehave
	os.Exit(a.run(ctx, os.Args[1:]))
}

// misbehave is called before a seed is run.
func misbehave(index uint64) {
	if gate := os.Getenv(gateFile); gate != "" && index%chunk == chunk/2 {
		waits := fmt.Sprintf("%s.%d", gate, os.Getpid())
		for ; !exists(gate); time.Sleep(5 * time.Millisecond) {
			_ = os.WriteFile(waits, nil, 0o600)
		}
		_ = os.Remove(waits)
	}
	switch strconv.FormatUint(index, 10) {
	case os.Getenv(dieAt):
		panic("this seed ends its process")
	case os.Getenv(hangAt):
		select {}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// patience bounds how long a test waits for something that has to happen, on a machine that
// is busy with other things.
const patience = 5 * time.Minute

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in %v: %s", patience, what)
		}
	}
}

// process is one of the program, started by a test.
type process struct {
	t       *testing.T
	name    string
	command *exec.Cmd
	out     lockedBuffer
	err     lockedBuffer
	over    chan struct{} // closed once it has ended
}

// start starts the program. At the end of the test it is killed, if it still runs.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, name: strings.Join(args, " "), command: exec.Command(self, args...), over: make(chan struct{})}
	p.command.Env = append(append(os.Environ(), asProgram+"=1"), env...)
	p.command.Stdout, p.command.Stderr = &p.out, &p.err
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.command.Wait()
		close(p.over)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s\n%s%s", p.name, p.out.String(), p.err.String())
		}
	})
	return p
}

func (p *process) pid() int { return p.command.Process.Pid }

func (p *process) signal(s syscall.Signal) { _ = p.command.Process.Signal(s) }

// kill ends the process without its doing anything about it.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.over
}

// exit waits for the process to end, and returns its exit code.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.over:
	case <-time.After(patience):
		p.t.Fatalf("%s has not ended in %v", p.name, patience)
	}
	return p.command.ProcessState.ExitCode()
}

// lockedBuffer is a buffer that a process writes and a test reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// observer listens to a sweep.
type observer struct {
	t      *testing.T
	c      *connection
	ledger *ledger.Ledger
	mu     sync.Mutex
	last   map[int]status // what each process has said last
}

// observe waits for a server and a plan, and listens from then on.
func observe(t *testing.T, dir string) *observer {
	t.Helper()
	o := &observer{t: t, last: map[int]status{}}
	p := &place{dir: dir, name: "sweep"}
	log := slog.New(slog.DiscardHandler)
	eventually(t, "a server runs", func() (ok bool) {
		var err error
		o.c, err = p.connect(log)
		return err == nil
	})
	t.Cleanup(o.c.Close)
	h := &heard{workers: map[string]*heardOf{}}
	if _, err := o.c.Subscribe("sweep.sweep.status", func(m *nats.Msg) {
		h.hear(m)
		o.mu.Lock()
		defer o.mu.Unlock()
		for _, w := range h.list(time.Now()) {
			o.last[w.Pid] = w.status
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := o.c.Flush(); err != nil {
		t.Fatal(err)
	}
	return o
}

// open opens the sweep, once it is planned.
func (o *observer) open() {
	o.t.Helper()
	eventually(o.t, "the sweep is planned", func() (ok bool) {
		var err error
		o.ledger, err = ledger.Open(context.Background(), o.c.js, "sweep", ledger.Options{})
		return err == nil
	})
}

// of returns what a process has said last.
func (o *observer) of(p *process) status {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last[p.pid()]
}

// entries returns how many ranges have a result.
func (o *observer) entries() uint64 {
	o.t.Helper()
	n, err := o.ledger.Done(context.Background())
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

// entry returns the result of a range, or nil.
func (o *observer) entry(r campaign.Range) *ledger.Entry {
	e, err := o.ledger.Entry(context.Background(), r)
	if err != nil {
		return nil // the server is away: ask again
	}
	return e
}

// A gate holds workers in the middle of their ranges until it is open. It begins shut.
type gate struct {
	t    *testing.T
	name string
}

func newGate(t *testing.T) gate { return gate{t, filepath.Join(t.TempDir(), "gate")} }

// env is what programs have to be told of it.
func (g gate) env() string { return gateFile + "=" + g.name }

func (g gate) open() {
	if err := os.WriteFile(g.name, nil, 0o600); err != nil {
		g.t.Error(err)
	}
}

func (g gate) shut() {
	if err := os.Remove(g.name); err != nil {
		g.t.Error(err)
	}
}

// holds says whether a process with one worker is in the middle of a range.
func (g gate) holds(p *process) bool { return exists(fmt.Sprintf("%s.%d", g.name, p.pid())) }

// alone returns what one machine gives for some seeds, as the JSON that sweep result prints.
func alone(r campaign.Range) string {
	result := (&task{Model: "physical"}).campaign().Run(context.Background(), r, campaign.RunOptions{})
	result.Took = 0
	text, err := result.MarshalJSON()
	if err != nil {
		panic(err)
	}
	return string(text)
}
