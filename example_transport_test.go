package bilateralrpc_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"slices"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// slow is a transport of a program's own: another one, on which everything takes
// a while to arrive.
type slow struct {
	bilateralrpc.Transport
	latency time.Duration
}

// Open puts itself between the node and the carrier of the other transport: what
// the node asks for goes through at once, what the carrier reports goes through later.
func (t slow) Open(sink zmqio.Sink, config zmqio.TransportConfig) (zmqio.Carrier, error) {
	s := &slowSink{Sink: sink, latency: t.latency, wake: make(chan struct{}, 1)}
	carrier, err := t.Transport.Open(s, config)
	if err != nil {
		return nil, err
	}
	s.done.Go(s.run)
	return slowCarrier{carrier, s}, nil
}

// slowSink is the node as the carrier within sees it.
type slowSink struct {
	zmqio.Sink
	latency time.Duration
	queue   []report // in order; guarded by ownership of the node
	wake    chan struct{}
	done    sync.WaitGroup
}

// report is what waits to be told to the node.
type report struct {
	due  time.Time
	link core.Link
	tell func()
}

// later requires ownership of the node, as all reports do.
func (s *slowSink) later(link core.Link, tell func()) {
	s.queue = append(s.queue, report{time.Now().Add(s.latency), link, tell})
	select {
	case s.wake <- struct{}{}:
	default: // run has been told, and has yet to look
	}
}

func (s *slowSink) LinkUp(link core.Link, name, address string) {
	s.later(link, func() { s.Sink.LinkUp(link, name, address) })
}

func (s *slowSink) LinkLost(link core.Link, name string, cause core.Cause, why error) {
	s.later(link, func() { s.Sink.LinkLost(link, name, cause, why) })
}

func (s *slowSink) Frame(link core.Link, name string, command, payload []byte, keep bool) {
	command = bytes.Clone(command) // valid during the call only
	if !keep {
		payload = bytes.Clone(payload)
	}
	s.later(link, func() { s.Sink.Frame(link, name, command, payload, true) })
}

func (s *slowSink) run() {
	for range s.wake {
		s.Lock()
		for len(s.queue) > 0 {
			if wait := time.Until(s.queue[0].due); wait > 0 {
				s.UnlockAndDispatch()
				time.Sleep(wait)
				s.Lock()
				continue // the node may have hung up meanwhile
			}
			first := s.queue[0]
			s.queue = s.queue[1:]
			first.tell()
		}
		s.UnlockAndDispatch()
	}
}

// slowCarrier is the carrier as the node sees it.
type slowCarrier struct {
	zmqio.Carrier
	sink *slowSink
}

// HangUp: nothing may be told of the link from now on.
func (c slowCarrier) HangUp(link core.Link) {
	c.sink.queue = slices.DeleteFunc(c.sink.queue, func(r report) bool { return r.link == link })
	c.Carrier.HangUp(link)
}

func (c slowCarrier) Close(linger time.Duration) error {
	err := c.Carrier.Close(linger) // it reports nothing any more
	close(c.sink.wake)
	c.sink.done.Wait()
	return err
}

// A transport is a value, and a program can bring its own.
func ExampleTransport() {
	transport := slow{bilateralrpc.Memory, 20 * time.Millisecond}
	node := func(name string) *bilateralrpc.Bilateral {
		n, err := bilateralrpc.New(bilateralrpc.Config{Network: "example", Name: name, Transport: transport})
		if err != nil {
			log.Fatal(err)
		}
		return n
	}
	alice, bob := node("alice"), node("bob")
	defer alice.Close()
	defer bob.Close()
	if err := alice.Register(&Greeter{Greeting: "Hello"}); err != nil {
		log.Fatal(err)
	}
	if err := alice.ListenOn("inproc://*"); err != nil {
		log.Fatal(err)
	}
	if err := bob.ConnectTo("alice", alice.ListenAddresses()[0]); err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := bob.WaitPeers(ctx, 1); err != nil {
		log.Fatal(err)
	}

	var rows []struct {
		From  string
		Reply HelloReply
	}
	began := time.Now()
	if err := bob.Call(nil, "Greeter.Hello", HelloArgs{Name: "Bob"}, &rows, time.Minute); err != nil {
		log.Fatal(err)
	}
	fmt.Println(rows, "at once:", time.Since(began) < 2*transport.latency)
	// Output: [{alice {Hello, Bob}}] at once: false
}
