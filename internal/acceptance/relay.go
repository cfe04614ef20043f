package acceptance

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// A relay is a cable between a dialler and a listener, which a test can cut.
type relay struct {
	address string
	wg      sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

// newRelay relays to a listener until the test ends.
func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{address: "tcp://" + listener.Addr().String()}
	r.wg.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			r.connect(from, strings.TrimPrefix(to, "tcp://"))
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		r.cut()
		r.wg.Wait()
	})
	return r
}

func (r *relay) connect(from net.Conn, address string) {
	to, err := net.Dial("tcp", address)
	if err != nil {
		_ = from.Close()
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns = append(r.conns, from, to)
	for _, ends := range [][2]net.Conn{{from, to}, {to, from}} {
		r.wg.Go(func() {
			defer ends[0].Close()
			defer ends[1].Close()
			_, _ = io.Copy(ends[0], ends[1])
		})
	}
}

// cut closes every connection of the moment, with what is on its way in it.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
	r.conns = nil
}
