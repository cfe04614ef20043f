package zmqio

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// copying is a transport that looks, each time it is given a large message, whether the
// lock has been held for something else before.
type copying struct {
	flushing
	driver   *Driver
	large    sync.WaitGroup // the large messages that are to be sent
	together atomic.Int32   // of them, behind another step of the same lock
}

func (c *copying) Open(sink Sink, cfg TransportConfig) (Carrier, error) {
	_, err := c.flushing.Open(sink, cfg)
	return c, err
}

func (c *copying) Send(_ core.Link, _ core.Command, _, body []byte) error {
	if len(body) < KeepBytes {
		return nil
	}
	if c.driver.scratch.used > 0 { // actions of a step before this one
		c.together.Add(1)
	}
	c.large.Done()
	return nil
}

// wantApart waits for the large messages, and fails the test unless each has had a lock
// of its own.
func (c *copying) wantApart(t *testing.T) {
	t.Helper()
	c.large.Wait()
	if n := c.together.Load(); n > 0 {
		t.Errorf("%d large messages were sent while the lock was held for others: small ones wait for all of them", n)
	}
}

// However many large replies a peer has asked for, others get the lock between any two:
// a transport needs long for each, if it copies them.
func TestLargeRepliesTakeTheLockOneByOne(t *testing.T) {
	const requests = 64
	var c copying
	var begun sync.WaitGroup
	begun.Add(requests)
	c.large.Add(requests)
	c.driver = nodeOver(t, &c, &c.flushing, Config{Handler: func(dst []byte, _ *Request) ([]byte, error) {
		begun.Done()
		begun.Wait() // they end together
		return append(dst, make([]byte, 2*KeepBytes)...), nil
	}})
	c.sink.Lock()
	for id := range uint32(requests) {
		a := core.Action{Command: core.CALL, ID: id + 1, Method: []byte("Some.Method")}
		c.sink.Frame(c.peer, "peer", []byte("CALL"), core.AppendPayload(nil, &a), false)
	}
	c.sink.UnlockAndDispatch()
	c.wantApart(t)
}

// The same, of calls with large arguments.
func TestLargeCallsTakeTheLockOneByOne(t *testing.T) {
	const callers, calls = 16, 20
	var c copying
	c.large.Add(callers * calls)
	c.driver = nodeOver(t, &c, &c.flushing, Config{})
	var ready, done sync.WaitGroup
	ready.Add(callers)
	for range callers {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			for range calls {
				call := callToAll(c.driver)
				call.Body = make([]byte, 2*KeepBytes)
				c.driver.submitCall(opCall, call)
			}
		})
	}
	done.Wait()
	c.wantApart(t)
}
