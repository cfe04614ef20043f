// Package relay is the cable of tests: it stands between a dialler and a listener
// on TCP, and can be cut, stalled and slowed down.
package relay

import (
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// TB is what a relay needs of a test.
type TB interface {
	Helper()
	Fatal(args ...any)
	Cleanup(func())
}

// Relay passes bytes on between those that dial its address and one listener. All
// methods may be called concurrently.
type Relay struct {
	address string // with a scheme
	to      string // without
	wg      sync.WaitGroup
	there   counter // pieces that went to the listener
	back    counter // pieces that came from it
	closed  chan struct{}

	mu      sync.Mutex
	conns   []net.Conn
	delay   time.Duration
	cutAt   int64         // bytes to the listener until the next cut; negative for none
	flowing chan struct{} // closed while it is not stalled
}

// New returns a relay to the listener at to, host:port with or without tcp:// in
// front. It lives until the test ends.
func New(t TB, to string) *Relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{
		address: "tcp://" + listener.Addr().String(),
		to:      strings.TrimPrefix(to, "tcp://"),
		there:   newCounter(),
		back:    newCounter(),
		closed:  make(chan struct{}),
		cutAt:   -1,
		flowing: make(chan struct{}),
	}
	close(r.flowing)
	r.wg.Go(func() { r.accept(listener) })
	t.Cleanup(func() {
		close(r.closed)
		_ = listener.Close()
		r.Cut()
		r.wg.Wait()
	})
	return r
}

// Address is what to dial instead of the listener: tcp://host:port.
func (r *Relay) Address() string { return r.address }

// Cut ends every connection of the moment, with what is on its way in it. Later
// ones are passed on as before.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
	r.conns = nil
}

// CutAfter cuts when n bytes more have gone to the listener, be it in the middle of
// a frame.
func (r *Relay) CutAfter(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cutAt = n
}

// Stall stops the flow in both directions, and closes nothing.
func (r *Relay) Stall() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flowing = make(chan struct{})
}

// Resume ends Stall: what has waited arrives.
func (r *Relay) Resume() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.flowing)
}

// Delay makes every piece of what passes take d longer from now on.
func (r *Relay) Delay(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = d
}

// Wait waits until n pieces, each what one read gave, have passed in each
// direction since it was asked last. It returns false if that takes longer than
// patience.
func (r *Relay) Wait(n int, patience time.Duration) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for range n {
		for _, c := range []counter{r.there, r.back} {
			select {
			case <-c:
			case <-timer.C:
				return false
			}
		}
	}
	return true
}

func (r *Relay) accept(listener net.Listener) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", r.to)
		if err != nil {
			_ = from.Close()
			continue
		}
		r.connect(from, to)
	}
}

func (r *Relay) connect(from, to net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.closed: // too late for the cut that ends the relay
		_, _ = from.Close(), to.Close()
		return
	default:
	}
	r.conns = append(r.conns, from, to)
	r.wg.Go(func() { r.pass(to, from, r.there, true) })
	r.wg.Go(func() { r.pass(from, to, r.back, false) })
}

// pass copies from src to dst until one of them ends. An orderly end of src becomes
// one of dst, so that what was sent before it arrives.
func (r *Relay) pass(dst, src net.Conn, passed counter, there bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := src.Read(buffer)
		if n > 0 && !r.forward(dst, buffer[:n], there) {
			err = net.ErrClosed
		}
		passed.count()
		switch {
		case err == io.EOF:
			_ = dst.(*net.TCPConn).CloseWrite()
			return
		case err != nil:
			_, _ = dst.Close(), src.Close()
			return
		}
	}
}

// forward writes one piece when its time has come. It returns false if the
// connection is over.
func (r *Relay) forward(dst net.Conn, piece []byte, there bool) bool {
	r.mu.Lock()
	flowing, delay, cut := r.flowing, r.delay, false
	if there && r.cutAt >= 0 {
		left := min(r.cutAt, int64(len(piece)))
		r.cutAt -= left
		if cut = r.cutAt == 0; cut {
			piece, r.cutAt = piece[:left], -1
		}
	}
	r.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-r.closed:
		}
	}
	select {
	case <-flowing:
	case <-r.closed:
		return false
	}
	_, err := dst.Write(piece)
	if cut {
		r.Cut()
	}
	return err == nil && !cut
}

// counter gets a token for each piece that passes, as many as it has room for.
type counter chan struct{}

func newCounter() counter { return make(counter, 1<<16) }

func (c counter) count() {
	select {
	case c <- struct{}{}:
	default:
	}
}
