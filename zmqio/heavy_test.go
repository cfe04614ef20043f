package zmqio_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// heavyNode is heavyNodeWith HandlersAuto.
func heavyNode(t *testing.T, handler zmqio.Handler) (*zmqio.Driver, *fake, core.Link) {
	t.Helper()
	return heavyNodeWith(t, zmqio.HandlersAuto, handler)
}

// heavyNodeWith is a node whose peers are other processes, and whose handler of A.Big has
// just made a large reply: handlers that do need a place in the gate from now on.
func heavyNodeWith(t *testing.T, handlers zmqio.Handlers, handler zmqio.Handler) (*zmqio.Driver, *fake, core.Link) {
	t.Helper()
	f := &fake{}
	d, _ := nodeWithClock(t, zmqio.Config{Handler: handler, Handlers: handlers, Transports: []zmqio.Transport{remoteTransport{fakeTransport{f}}}}, zmqio.SystemClock())
	f.driver = d
	link := f.accept(t, "peer")
	f.frame(link, "peer", core.CALL, request(1, "A.Big", ""), false)
	await(t, f, 1)
	return d, f, link
}

// await waits until so many calls have been answered.
func await(t *testing.T, f *fake, n int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); n > 0; runtime.Gosched() {
		if n -= len(answered(t, f)); time.Now().After(end) {
			t.Fatalf("%d calls are not answered", n)
		}
	}
}

var bigReply = []byte(strings.Repeat("a", 1<<20))

// Handlers that make large replies and wait for each other all run, though there are fewer places
// for them. Whatever they end by, their places are free afterwards.
func TestHeavyHandlersMayWait(t *testing.T) {
	const many = 50
	began, release := make(chan int, many), make(chan struct{})
	d, f, link := heavyNode(t, func(dst []byte, r *zmqio.Request) ([]byte, error) {
		switch string(r.Body) {
		case "wait":
			began <- 1
			<-release
		case "panic":
			panic("as it was asked to")
		case "exit":
			runtime.Goexit()
		case "error":
			return nil, fmt.Errorf("no")
		}
		return append(dst, bigReply...), nil
	})
	for id := range uint32(many) {
		f.frame(link, "peer", core.CALL, request(2+id, "A.Big", "wait"), false)
	}
	for range many {
		<-began // hangs if one waits for a place for ever
	}
	close(release)
	await(t, f, many)
	for i, how := range []string{"panic", "exit", "error", ""} {
		f.frame(link, "peer", core.CALL, request(uint32(100+i), "A.Big", how), false)
	}
	await(t, f, 4)
	for range max(1, runtime.GOMAXPROCS(0)/2) { // hangs if one is still taken
		d.Budget().Enter("a test")
		defer d.Budget().Leave()
	}
}

// A program may have its handlers run on all processors.
func TestHandlersThatArePooledNeedNoPlace(t *testing.T) {
	began := make(chan int, 10)
	d, f, link := heavyNodeWith(t, zmqio.HandlersPooled, func(dst []byte, _ *zmqio.Request) ([]byte, error) {
		began <- 1
		return append(dst, bigReply...), nil
	})
	<-began
	for range max(1, runtime.GOMAXPROCS(0)/2) {
		d.Budget().Enter("a test")
	}
	f.frame(link, "peer", core.CALL, request(2, "A.Big", ""), false)
	<-began // hangs if it waits for a place
	for range max(1, runtime.GOMAXPROCS(0)/2) {
		d.Budget().Leave()
	}
	await(t, f, 1)
}

// A node that is closed while requests wait for a place ends.
func TestCloseWhileHandlersWaitForAPlace(t *testing.T) {
	const many = 50
	began, release := make(chan int, many), make(chan struct{})
	d, f, link := heavyNode(t, func(dst []byte, r *zmqio.Request) ([]byte, error) {
		if string(r.Body) == "wait" {
			began <- 1
			<-release
		}
		return append(dst, bigReply...), nil
	})
	for id := range uint32(many) {
		f.frame(link, "peer", core.CALL, request(2+id, "A.Big", "wait"), false)
	}
	<-began
	d.Close()
	close(release)
	for range max(1, runtime.GOMAXPROCS(0)/2) {
		d.Budget().Enter("a test")
		defer d.Budget().Leave()
	}
}
