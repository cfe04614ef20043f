package main

import (
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/live"
)

const (
	// controlEvery is how often the control timer is due.
	controlEvery = 50 * time.Millisecond
	// controlFor is for how long the worst of it counts.
	controlFor = 3 * time.Second
	// threadsEvery is how often the threads are asked how long they had no processor.
	threadsEvery = time.Second
	// threadsPause is the least time between two times that they are: to ask takes a fair part of
	// a millisecond, and where the machine is late many calls want to know.
	threadsPause = 100 * time.Millisecond
	// lateMax is what a call may be late beyond what the machine is.
	lateMax = 50 * time.Millisecond
	// machineLateMax is how late the machine may be for a call to be judged: where every
	// waking takes longer, how many there are decides.
	machineLateMax = 500 * time.Millisecond
	// lateFactor is how many wakings a call that times out may take, each as late as the
	// latest of the control timer: its timer's, and those of goroutines it hands over to.
	lateFactor = 3
)

// control measures how late the machine is, in the very process whose calls are judged,
// by two things. A goroutine wants to wake at times known beforehand. And the threads
// are asked how long they had no processor though they wanted one, as one that has lost
// it while it holds the lock of the node holds up all calls, and not the other goroutine.
type control struct {
	mu      sync.Mutex
	worst   [2]time.Duration // of the timer, in the present period and in the last one
	since   time.Time
	most    time.Duration         // of all
	asked   time.Time             // when the threads were asked last
	threads map[int]time.Duration // how long each has waited for a processor, ever
	waited  [2]time.Duration      // and the longest since it was asked, as worst
}

func (c *control) run(done <-chan struct{}) {
	for {
		due := time.Now().Add(controlEvery)
		timer := time.NewTimer(controlEvery)
		select {
		case <-done:
			timer.Stop()
			return
		case <-timer.C:
		}
		now := time.Now()
		c.note(now, now.Sub(due))
		c.ask(now, threadsEvery)
	}
}

func (c *control) note(now time.Time, late time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.since) > controlFor {
		c.worst[1], c.worst[0], c.since = c.worst[0], 0, now
		c.waited[1], c.waited[0] = c.waited[0], 0
	}
	c.worst[0] = max(c.worst[0], late)
	c.most = max(c.most, late)
}

// ask asks the threads, if that was not done less than pause ago.
func (c *control) ask(now time.Time, pause time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.asked) < pause {
		return
	}
	c.asked = now
	c.waits(live.Waited())
}

// waits takes in how long each thread has waited for a processor, ever. One that is new has
// waited since the threads were asked last: Go starts some when those that there are don't come to run.
func (c *control) waits(threads map[int]time.Duration) {
	if c.threads != nil {
		for thread, waited := range threads {
			c.waited[0] = max(c.waited[0], waited-c.threads[thread])
		}
	}
	c.threads = threads
}

// allowance returns how late a call may be now.
func (c *control) allowance() time.Duration {
	c.ask(time.Now(), threadsPause)
	c.mu.Lock()
	defer c.mu.Unlock()
	return lateMax + lateFactor*max(c.worst[0], c.worst[1]) + max(c.waited[0], c.waited[1])
}

func (c *control) latest() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most
}
