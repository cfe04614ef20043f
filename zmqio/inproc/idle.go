package inproc

import "time"

// idleFor is for how long at least the goroutine of an inbox waits before it ends. With many
// nodes that are seldom called, such goroutines are much of the memory.
const idleFor = time.Second

// idle notices that the goroutine of an inbox has waited for long. It has a timer, of real
// time, only while that waits. The lock of the inbox guards it.
type idle struct {
	timer  *time.Timer // nil unless it runs, or look is about to
	sleeps uint64      // how often the goroutine has begun to wait
	seen   uint64      // how often it had when the timer was set
	over   bool        // it is to end
}

func (i *idle) stop() {
	if i.timer != nil {
		i.timer.Stop()
		i.timer = nil
	}
}

// expectIdle sees to it that the goroutine does not wait for ever. Requires the lock.
func (in *inbox) expectIdle() {
	in.idle.sleeps++
	if in.idle.timer == nil {
		in.idle.seen = in.idle.sleeps
		in.idle.timer = time.AfterFunc(idleFor, in.look)
	}
}

// look ends the goroutine, if it has waited since the timer was set.
func (in *inbox) look() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.idle.timer = nil
	switch {
	case !in.asleep || in.closed:
	case in.idle.sleeps == in.idle.seen:
		in.idle.over = true
		in.rouse()
	default:
		in.idle.seen = in.idle.sleeps
		in.idle.timer = time.AfterFunc(idleFor, in.look)
	}
}
