//go:build cgo && libzmq

package libzmq

import (
	"errors"
	"testing"
	"time"
)

// A fence comes down when every I/O thread has come by, and not before.
func TestAFenceWaitsForEveryIOThread(t *testing.T) {
	a := start(t, "", true)
	a.listen()
	a.Locked(func() {
		f, err := a.carrier().openFence()
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			f.close()
			f.events.file.Close() // nobody watches it
		}()
		f.patience, f.raised = time.Hour, time.Now()
		for thread := range f.up {
			f.up[thread] = true
		}
		for thread := range f.up {
			if err := errors.Join(f.socket.zmq.SetAffinity(1<<thread), f.socket.zmq.Connect(fenceEndpoint(thread))); err != nil {
				t.Fatal(err)
			}
			down := false
			eventually(t, "the thread comes by", func() bool {
				down, _ = f.passed(time.Now())
				return !f.up[thread]
			})
			if last := thread == len(f.up)-1; down != last {
				t.Fatalf("after %d of %d threads the fence is down: %v", thread+1, len(f.up), down)
			}
		}
	})
}
