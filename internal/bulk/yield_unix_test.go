//go:build unix

package bulk

import (
	"os"
	"runtime"
	"sync/atomic"
	"testing"
)

// Who waits for something that has arrived has its turn at the next Yield of who keeps the
// only processor busy.
func TestYieldFindsWhatHasArrived(t *testing.T) { // not parallel: it takes the other processors away
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var got atomic.Int32
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer r.Close()
		for b := make([]byte, 1); ; got.Add(1) {
			if _, err := r.Read(b); err != nil {
				return // w was closed
			}
		}
	}()
	Yield() // so that it waits
	const tries = 50
	found := 0
	for range tries {
		before := got.Load()
		if _, err := w.Write([]byte{1}); err != nil {
			t.Fatal(err)
		}
		Yield()
		if got.Load() > before {
			found++
		}
		for got.Load() == before {
			Yield()
		}
	}
	if found < tries*9/10 { // without looking, those where Go happened to look by itself
		t.Errorf("%d of %d times what had arrived was found by one Yield", found, tries)
	}
	w.Close()
	<-ended
}
