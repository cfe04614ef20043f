//go:build cgo && libzmq

package libzmq

import (
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
)

// Who waits for something that has arrived has its turn beside a socket from which there is
// always more to receive, though that keeps the only processor busy.
func TestAWatcherYields(t *testing.T) { // not parallel: it takes the other processors away
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	ctx, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	defer ctx.Term()
	s, err := openSocket(ctx, zmq.DEALER, func(*zmq.Socket) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer s.zmq.Close()
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
	s.watch(func() (time.Time, bool) {
		if ran.Add(1) == 1 {
			_, _ = w.Write([]byte{1})
		}
		for end := time.Now().Add(bulk.YieldAfter / 2); time.Now().Before(end); {
			runtime.KeepAlive(r)
		}
		s.wake()
		return time.Time{}, ran.Load() == count
	})
	if n := <-found; n > 8 { // without yields, those of the 10 ms until Go looks by itself
		t.Errorf("it has its turn behind %d batches", n)
	}
}
