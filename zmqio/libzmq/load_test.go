//go:build cgo && libzmq

package libzmq

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// numbered returns a payload of n and a size that depends on n, with a checksum.
func numbered(n int) []byte {
	p := make([]byte, 8+n%3000)
	binary.BigEndian.PutUint64(p, uint64(n))
	for i := range p[8:] {
		p[8+i] = byte(n + i)
	}
	sum := sha256.Sum256(p)
	return append(p, sum[:]...)
}

// sendAll sends count numbered messages, waiting for room where there is none.
func sendAll(t *testing.T, n *node, link core.Link, count int) {
	for i := range count {
		p := numbered(i)
		for {
			n.Lock()
			err := n.transport.Send(link, core.CAST, p[:4], p[4:])
			n.UnlockAndDispatch()
			n.transport.Flush()
			if err == nil {
				break
			}
			if !errors.Is(err, zmqio.ErrWouldBlock) {
				t.Errorf("%v: %v", link, err)
				return
			}
			runtime.Gosched()
		}
	}
}

// wantAll checks that the next reports are those messages, in order.
func wantAll(t *testing.T, n *node, name string, count int) {
	for i := range count {
		r := n.next()
		if r.what != "frame" || r.name != name || r.payload != string(numbered(i)) {
			t.Errorf("message %d of %q: reported %v", i, name, r)
			return
		}
	}
}

func TestManyMessagesBothWaysArriveInOrder(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve)
		atA, atB := pair(t, a, b)
		const count = 5000
		var wg sync.WaitGroup
		wg.Go(func() { sendAll(t, a, atA, count) })
		wg.Go(func() { sendAll(t, b, atB, count) })
		wantAll(t, a, b.name, count)
		wantAll(t, b, a.name, count)
		wg.Wait()
	})
}

// A send may swallow the signal of a message that arrives. Many goroutines
// that send on one socket while answers come back make that happen all the
// time: if any message slept, the exchange would stop.
func TestNoMessageSleepsUnderSends(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve)
		atA, atB := pair(t, a, b)
		a.Lock()
		a.react = func(r report) { // while it lets go, like the driver
			if r.command != "CALL" {
				return
			}
			if err := a.transport.Send(atA, core.BACK, nil, []byte(r.payload)); err != nil {
				t.Errorf("answer: %v", err)
			}
		}
		a.UnlockAndDispatch()
		answers := make(chan struct{}, 100_000)
		b.Lock()
		b.react = func(r report) { answers <- struct{}{} }
		b.UnlockAndDispatch()
		const callers, calls = 16, 500
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				for range calls {
					b.send(atB, core.CALL, "0123456789abcdef")
					select {
					case <-answers:
					case <-time.After(patience):
						t.Errorf("no answer for %v: a message sleeps", patience)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestIdleNodesUseNoCPU(t *testing.T) {
	hub := start(t, "", true)
	hub.listen()
	for range 10 {
		spoke := start(t, "", true)
		link := spoke.dialUp(hub)
		spoke.send(link, core.JOIN, "net")
		hub.want("up", spoke.name)
		hub.want("frame", spoke.name)
	}
	runtime.GC()
	// The only way to see that nothing happens is to let time pass. The best of
	// some spans counts, as the runtime has its own work now and then.
	const span = 300 * time.Millisecond
	best := span
	for range 5 {
		before := cpuTime(t)
		time.Sleep(span)
		best = min(best, cpuTime(t)-before)
	}
	t.Logf("11 idle nodes with 10 CURVE links used %v in %v", best, span)
	if best > span/100 {
		t.Errorf("idle nodes used %v of CPU time in %v: something polls", best, span)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("descriptors can't be counted here:", err)
	}
	return len(entries)
}

func TestClosedNodesLeaveNothing(t *testing.T) {
	cycle := func() {
		for i := range 10 {
			a, b := start(t, "a", i%2 == 0), start(t, "b", i%2 == 0)
			pair(t, a, b)
			b.dial("nobody", "tcp://127.0.0.1:1")
			a.close()
			b.close()
		}
	}
	cycle()
	fds, goroutines := descriptors(t), runtime.NumGoroutine()
	for range 5 { // 100 nodes
		cycle()
	}
	if n := descriptors(t); n > fds {
		t.Errorf("%d descriptors after 100 nodes more, %d before", n, fds)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines after 100 nodes more, %d before", n, goroutines)
	}
}

func TestCloseIsBoundedWithAFullQueue(t *testing.T) {
	cfg := testConfig("a", keys{})
	a := startNode(t, cfg)
	deaf := newClient(t, a, a.listen(), "deaf")
	deaf.say("JOIN", "")
	link := a.want("up", "deaf").link
	for i := 0; a.trySend(link, core.CAST, string(make([]byte, 1<<20))) == nil && i < 50; i++ {
	}
	a.close() // checks its time
}

func TestCloseWhileDialling(t *testing.T) {
	a := start(t, "a", false)
	a.dial("b", "tcp://127.0.0.1:1")
	a.dial("c", "tcp://no-such-host.invalid:1")
	a.dial("d", "tcp://192.0.2.1:1") // a black hole
	a.close()                        // checks its time, and goleak what is left
}
