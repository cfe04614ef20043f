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

// Who waits for something that has arrived has its turn among handlers that keep the only
// processor busy.
func TestAPoolYields(t *testing.T) { // not parallel: it takes the other processors away
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	const count = 100
	var ran atomic.Int32
	found := make(chan int32, 1)
	go func() {
		defer r.Close()
		_, _ = r.Read(make([]byte, 1)) // the end comes if nothing else does
		found <- ran.Load()
	}()
	bulk.Yield() // so that it waits
	var done sync.WaitGroup
	done.Add(count)
	p := pool{run: func(*Request) {
		if ran.Add(1) == 1 {
			_, _ = w.Write([]byte{1})
		}
		for end := time.Now().Add(bulk.YieldAfter / 2); time.Now().Before(end); {
			runtime.KeepAlive(r)
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
