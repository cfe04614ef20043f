//go:build unix

package zmqio

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
)

// waiting has a goroutine wait for what is written to w, which stands for the network, and
// tell how many had run when it had its turn.
func waiting(t *testing.T, ran *atomic.Int32) (w *os.File, found <-chan int32) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	told := make(chan int32, 1)
	go func() {
		defer r.Close()
		_, _ = r.Read(make([]byte, 1)) // the end comes if nothing else does
		told <- ran.Load()
	}()
	bulk.Yield() // so that it waits
	return w, told
}

// Who waits for something that has arrived has its turn among handlers that keep the only
// processor busy.
func TestAPoolYields(t *testing.T) { // not parallel: it takes the other processors away
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const count = 100
	var ran atomic.Int32
	w, found := waiting(t, &ran)
	var done sync.WaitGroup
	done.Add(count)
	p := pool{run: func(*Request) {
		if ran.Add(1) == 1 {
			_, _ = w.Write([]byte{1})
		}
		for end := time.Now().Add(bulk.YieldAfter / 2); time.Now().Before(end); {
			runtime.KeepAlive(w)
		}
		done.Done()
	}}
	var queued requests
	for range count {
		queued.push(new(Request))
	}
	p.start(queued)
	if n := <-found; n > 8 { // without yields, those of the 10 ms until Go looks by itself
		t.Errorf("it has its turn behind %d handlers", n)
	}
	done.Wait()
	p.close()
}

// So it has when many goroutines end their handlers at once: they do not all come back for
// more.
func TestFewComeBackForMore(t *testing.T) { // not parallel: it takes the other processors away
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const count = 60 // who may wait for more
	var began, ran atomic.Int32
	w, found := waiting(t, &ran)
	release := make(chan struct{})
	var done sync.WaitGroup
	done.Add(2 * count)
	p := pool{run: func(q *Request) {
		defer done.Done()
		if q.Peer == "first" {
			began.Add(1)
			<-release
			return
		}
		if ran.Add(1) == 1 {
			_, _ = w.Write([]byte{1})
		}
		for end := time.Now().Add(bulk.YieldAfter); time.Now().Before(end); {
			runtime.KeepAlive(w)
		}
	}}
	ask := func(peer string) {
		var queued requests
		for range count {
			queued.push(&Request{Peer: peer})
		}
		p.start(queued)
	}
	ask("first")
	for began.Load() < count {
		runtime.Gosched()
	}
	for now := time.Now(); time.Since(now) < bulk.YieldAfter; { // so that they are tired
		bulk.Yield()
	}
	ask("second")
	close(release)
	if n := <-found; n > 12 {
		t.Errorf("it has its turn behind %d handlers", n)
	}
	done.Wait()
	p.close()
}
