package main

import (
	"sync"
	"time"
)

const (
	// controlEvery is how often the control timer is due.
	controlEvery = 50 * time.Millisecond
	// controlFor is for how long the worst of it counts.
	controlFor = 3 * time.Second
	// lateMax is what a call may be late beyond what the machine is.
	lateMax = 50 * time.Millisecond
	// lateFactor is how many wakings a call that times out may take, each as late as the
	// latest of the control timer: its timer's, and those of goroutines it hands over to.
	lateFactor = 3
)

// control measures how late the machine is: a goroutine that wants to wake at times
// known beforehand, in the very process whose calls are judged.
type control struct {
	mu    sync.Mutex
	worst [2]time.Duration // of the present period and of the last one
	since time.Time
	most  time.Duration // of all
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
	}
}

func (c *control) note(now time.Time, late time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.since) > controlFor {
		c.worst[1], c.worst[0], c.since = c.worst[0], 0, now
	}
	c.worst[0] = max(c.worst[0], late)
	c.most = max(c.most, late)
}

// allowance returns how late a call may be now.
func (c *control) allowance() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return lateMax + lateFactor*max(c.worst[0], c.worst[1])
}

func (c *control) latest() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most
}
