package zmtpnet

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// wire is a relay between a dialler and a listener, which counts what passes.
type wire struct {
	t       *testing.T
	address string
	to      string
	there   counter // packets from the dialler
	back    counter // packets to it
	wg      sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

// newWire relays to a listener until the test ends.
func newWire(t *testing.T, to string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, address: addressOf(listener.Addr()), to: strings.TrimPrefix(to, "tcp://"), there: make(counter, 1<<16), back: make(counter, 1<<16)}
	w.wg.Add(1)
	go w.accept(listener)
	t.Cleanup(func() {
		_ = listener.Close()
		w.mu.Lock()
		for _, c := range w.conns {
			_ = c.Close()
		}
		w.mu.Unlock()
		w.wg.Wait()
	})
	return w
}

func (w *wire) accept(listener net.Listener) {
	defer w.wg.Done()
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", w.to)
		if err != nil {
			_ = from.Close()
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, from, to)
		w.mu.Unlock()
		w.wg.Add(2)
		go w.relay(from, to, w.there)
		go w.relay(to, from, w.back)
	}
}

func (w *wire) relay(from, to net.Conn, count counter) {
	defer w.wg.Done()
	defer to.Close()
	_, _ = io.Copy(to, io.TeeReader(from, count))
}

// counter gets a token for each read that passes.
type counter chan struct{}

// Write counts.
func (c counter) Write(b []byte) (int, error) {
	select {
	case c <- struct{}{}:
	default:
	}
	return len(b), nil
}

// wait waits until n packets have passed in each direction.
func (w *wire) wait(n int) {
	w.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for range n {
		for _, c := range []counter{w.there, w.back} {
			select {
			case <-c:
			case <-timer.C:
				w.t.Fatal("too little passes on an idle link: no heartbeats")
			}
		}
	}
}
