package bulk

import (
	"runtime"
	"testing"
)

// A thread that computes is seen to, and one that waits is not.
func TestAThreadsClockStandsStillWhileItWaits(t *testing.T) {
	ask, told := make(chan struct{}), make(chan Thread)
	go func() {
		runtime.LockOSThread() // to the end of the thread
		thread := CurrentThread()
		told <- thread
		<-ask
		for began, _ := thread.Used(); ; {
			if now, _ := thread.Used(); now > began {
				break
			}
		}
		told <- thread
		<-ask
	}()
	thread := <-told
	first, ok := thread.Used()
	if !ok || first <= 0 {
		t.Fatalf("it has used %v, %v", first, ok)
	}
	ask <- struct{}{}
	<-told
	second, ok := thread.Used()
	if !ok || second <= first {
		t.Errorf("after it has computed it has used %v, %v; it was %v", second, ok, first)
	}
	close(ask)
	if _, ok := Thread(1 << 22).Used(); ok { // the system's limit is that
		t.Error("a thread that there is not has used something")
	}
}
