package zmqio_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

func TestEveryRequestRunsThoughAllOthersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const requests = 200
		var running atomic.Int32
		finish := make(chan struct{})
		d, f, _ := node(t, zmqio.Config{Handler: func(dst []byte, _ *zmqio.Request) ([]byte, error) {
			running.Add(1)
			<-finish
			return dst, nil
		}})
		link := f.accept(t, "peer")
		for round := range uint32(3) { // the second and third find goroutines at rest
			for id := range uint32(requests) {
				f.frame(link, "peer", core.CALL, request(1+id+round*requests, "A.B", ""), false)
			}
			synctest.Wait()
			if n := running.Load(); n != requests {
				t.Fatalf("round %d: %d handlers run at once, want %d", round, n, requests)
			}
			running.Store(0)
			for range requests {
				finish <- struct{}{}
			}
			synctest.Wait()
			if n := d.Stats().Workers; n > 64 {
				t.Errorf("round %d: %d goroutines are kept, want at most 64", round, n)
			}
			if n := len(f.take()); n != requests {
				t.Errorf("round %d: %d replies, want %d", round, n, requests)
			}
		}
		d.Close()
		if n := d.Stats().Workers; n != 0 {
			t.Errorf("%d goroutines are left after Close", n)
		}
	})
}

// The race detector shows here what is used without the lock.
func TestEverythingAtOnceAndThenClose(t *testing.T) {
	d, f, _ := node(t, zmqio.Config{Handler: echo})
	link := f.accept(t, "peer")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for d.Err() == nil {
				c := d.NewCall()
				c.Method, c.Timeout = "A.B", 1
				c.To = []string{"nobody"}
				_ = d.Call(t.Context(), c)
				_ = d.Cast(c)
				d.Release(c)
				d.Stats()
				_ = d.Connect("x", "fake://x")
				_ = d.Disconnect("x")
			}
		})
	}
	wg.Go(func() {
		for id := uint32(1); d.Err() == nil; id++ {
			f.frame(link, "peer", core.CALL, request(id, "A.B", "x"), id%2 == 0)
			if id == 3000 {
				go d.Close()
			}
		}
	})
	wg.Wait()
	d.Close()
}

// Goroutines that nobody has needed for some seconds end, and there are others when requests
// come.
func TestIdleGoroutinesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finish := make(chan struct{})
		d, f, _ := node(t, zmqio.Config{Handler: func(dst []byte, _ *zmqio.Request) ([]byte, error) {
			<-finish
			return dst, nil
		}})
		link := f.accept(t, "peer")
		for round := range uint32(2) {
			for id := range uint32(5) {
				f.frame(link, "peer", core.CALL, request(1+id+5*round, "A.B", ""), false)
			}
			synctest.Wait()
			for range 5 {
				finish <- struct{}{}
			}
			synctest.Wait()
			if n := d.Stats().Workers; n == 0 {
				t.Errorf("round %d: no goroutine is kept for the next request", round)
			}
			time.Sleep(3 * time.Second)
			if n := d.Stats().Workers; n != 0 {
				t.Errorf("round %d: %d goroutines are left, though nothing came for seconds", round, n)
			}
			if n := len(f.take()); n != 5 {
				t.Errorf("round %d: %d replies, want 5", round, n)
			}
		}
	})
}
