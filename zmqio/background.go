package zmqio

import "sync"

// background counts the goroutines of the driver that Shutdown waits for: all of
// them but those that run handlers.
type background struct {
	mu     sync.Mutex     // guards closed, and active against going up once it is set
	closed bool           // Shutdown waits, or has waited
	active sync.WaitGroup // the goroutines that have entered and not left
}

// enter counts the calling goroutine in until it calls leave, and returns true; or
// false, when Shutdown no longer waits for anybody.
func (b *background) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.active.Add(1)
	return true
}

func (b *background) leave() { b.active.Done() }

// start runs f on a goroutine of its own and returns true; or false, when Shutdown
// no longer waits for anybody.
func (b *background) start(f func()) bool {
	if !b.enter() {
		return false
	}
	go func() {
		defer b.leave()
		f()
	}()
	return true
}

// close refuses further goroutines and waits for those that run.
func (b *background) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.active.Wait()
}
