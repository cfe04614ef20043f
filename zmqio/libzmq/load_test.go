//go:build cgo && libzmq

package libzmq

import (
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

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
		link := spoke.DialUp(hub.Node)
		spoke.Send(link, core.JOIN, "net")
		hub.Want(transporttest.Up, spoke.Name)
		hub.Want(transporttest.Frame, spoke.Name)
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

func openDescriptors(t *testing.T) int {
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
			b.Dial("nobody", "tcp://127.0.0.1:1")
			a.Close(0)
			b.Close(0)
		}
	}
	cycle()
	bulk.Yield() // has two descriptors, for the process, from the first time on
	fds, goroutines := openDescriptors(t), runtime.NumGoroutine()
	for range 5 { // 100 nodes
		cycle()
	}
	if n := openDescriptors(t); n > fds {
		t.Errorf("%d descriptors after 100 nodes more, %d before", n, fds)
	}
	// One that has said it is done may still have to go.
	eventually(t, "no more goroutines than before", func() bool { return runtime.NumGoroutine() <= goroutines })
}

func TestCloseWhileDialling(t *testing.T) {
	const nowhere = "no-such-host.invalid"
	a := start(t, "a", false)
	a.Dial("b", "tcp://127.0.0.1:1")
	a.Dial("c", "tcp://"+nowhere+":1")
	a.Dial("d", "tcp://192.0.2.1:1") // a black hole
	a.Close(0)                       // checks its time, and goleak what is left
	// The resolver goes on with a look-up that nobody waits for any more; this joins it.
	_, _ = net.LookupHost(nowhere)
}
