package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
	"github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"
)

// A process that has this in its environment is not the runner but a node.
const envNode = "CHAOS_NODE"

// Request is the argument of the methods that every node has.
type Request struct {
	Life, N uint64 // the caller's life, and which call of it
	Wait    time.Duration
	Payload []byte
}

// Reply tells the request again, so that the caller sees whose reply it is.
type Reply struct {
	Life, N uint64
	By      string // the callee
	Payload []byte
}

var (
	echo  = bilateralrpc.NewMethod[Request, Reply]("Chaos.Echo")
	again = bilateralrpc.NewMethod[Request, Reply]("Chaos.Again") // may run more than once
)

// node is what runs in the process of a node.
type node struct {
	config nodeConfig
	life   uint64 // this process's, among all that ever are
	node   *bilateralrpc.Bilateral
	ledger *ledger
	late   control

	mu     sync.Mutex
	out    *json.Encoder
	counts counts
	awaits []*await
	nudge  chan struct{} // closed, and made anew, when one is added
	n      uint64        // calls begun
}

// nodeMain is the process of a node.
func nodeMain(told string) error {
	n := &node{out: json.NewEncoder(os.Stdout), life: rand.Uint64(), nudge: make(chan struct{})}
	if err := json.Unmarshal([]byte(told), &n.config); err != nil {
		return err
	}
	in := bufio.NewScanner(os.Stdin)
	if err := n.warmUp(); err != nil {
		return err
	}
	before := leftovers()
	if err := n.start(); err != nil {
		return err
	}
	n.say(report{Listening: n.node.ListenAddresses()[0]})
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { n.late.run(done) })
	wg.Go(func() { n.keepCounting(done) })
	for i, peer := range n.config.Calls {
		wg.Go(func() { n.keepCalling(done, peer, rand.New(rand.NewPCG(n.config.Seed, uint64(i)))) })
	}
	wg.Go(func() { n.keepAskingAll(done) })
	for in.Scan() {
		var o order
		if err := json.Unmarshal(in.Bytes(), &o); err != nil {
			return err
		}
		if o.Await != nil {
			n.mu.Lock()
			n.awaits = append(n.awaits, o.Await)
			close(n.nudge)
			n.nudge = make(chan struct{})
			n.mu.Unlock()
		}
		if o.Leave {
			close(done)
			wg.Wait()
			n.leave(before)
			return nil
		}
	}
	return in.Err() // the runner has ended
}

// warmUp has the runtime and the transport open what they keep for the life of a process.
func (n *node) warmUp() error {
	config := n.basic()
	config.Name, config.PublicKey, config.PrivateKey = "warm", "", ""
	probe, err := bilateralrpc.New(config)
	if err != nil {
		return err
	}
	defer probe.Close()
	bulk.Yield() // which keeps a pipe
	return probe.ListenOn("tcp://127.0.0.1:*")
}

// basic returns the node's configuration.
func (n *node) basic() bilateralrpc.Config {
	config := bilateralrpc.Config{Network: n.config.Network, Transport: transportOf(n.config.Transport)}
	config.Timing.FirstStart = time.Millisecond
	if n.config.Secret == "" {
		config.Name = n.config.Name
	} else {
		config.PublicKey, config.PrivateKey = n.config.Name, n.config.Secret
	}
	return config
}

// start makes the node and connects it.
func (n *node) start() (err error) {
	if n.ledger, err = openLedger(n.config.Ledger); err != nil {
		return err
	}
	if n.node, err = bilateralrpc.New(n.basic()); err != nil {
		return err
	}
	err = echo.Handle(n.node, func(ctx context.Context, r Request) (Reply, error) {
		if err := n.ledger.enter(r.Life, r.N); err != nil {
			n.trouble("the ledger: %v", err)
		}
		return n.serve(ctx, r)
	})
	if err == nil {
		err = again.Handle(n.node, n.serve)
	}
	if err == nil {
		err = n.listen()
	}
	for _, d := range n.config.Dials {
		if err == nil {
			err = n.node.ConnectTo(d.Name, d.Address)
		}
	}
	return err
}

// listen listens where the node is told to or, if somebody else has that port, anywhere.
func (n *node) listen() error {
	err := n.node.ListenOn(n.config.Listen)
	if err != nil {
		err = n.node.ListenOn("tcp://127.0.0.1:*")
	}
	return err
}

func (n *node) serve(ctx context.Context, r Request) (Reply, error) {
	if r.Wait > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(r.Wait):
		}
	}
	return Reply{Life: r.Life, N: r.N, By: n.config.Name, Payload: r.Payload}, nil
}

// leave closes the node and says what is left of it.
func (n *node) leave(before leftover) {
	pending := n.node.Stats().CallsPending
	n.node.Close()
	_ = n.ledger.file.Close() // what it has is written
	left := leftovers()
	for end := time.Now().Add(leavePatience); time.Now().Before(end); left = leftovers() {
		if left.Goroutines <= before.Goroutines && left.Descriptors <= before.Descriptors {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	n.tellCounts()
	left.Goroutines = max(0, left.Goroutines-before.Goroutines)
	left.Descriptors = max(0, left.Descriptors-before.Descriptors)
	left.Pending = pending
	if left.Goroutines > 0 {
		stacks := make([]byte, 1<<16)
		fmt.Fprintf(os.Stderr, "%s\n", stacks[:runtime.Stack(stacks, true)])
	}
	n.say(report{Left: &left})
}

// leavePatience bounds how long what a node has may take to go.
const leavePatience = 10 * time.Second

func leftovers() leftover {
	files, _ := os.ReadDir("/proc/self/fd") // without it there is nothing to compare
	return leftover{Goroutines: runtime.NumGoroutine(), Descriptors: len(files)}
}

// keepCounting tells the counts each second.
func (n *node) keepCounting(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-time.After(time.Second):
			n.tellCounts()
		}
	}
}

func (n *node) tellCounts() {
	most := n.late.latest()
	n.mu.Lock()
	c := n.counts
	n.counts = counts{}
	n.mu.Unlock()
	c.ControlMost = most
	n.say(report{Counts: &c})
}

// say writes a report. That the runner has ended shows at the input.
func (n *node) say(r report) {
	n.mu.Lock()
	defer n.mu.Unlock()
	_ = n.out.Encode(r)
}

func (n *node) trouble(format string, args ...any) {
	n.say(report{Trouble: fmt.Sprintf(format, args...)})
}

func transportOf(name string) bilateralrpc.Transport {
	if name == "libzmq" {
		return libzmq.Transport
	}
	return bilateralrpc.ZMTP
}
