package zmqio

import "time"

// idleFor is for how long at least a goroutine of a pool waits for a request before it ends.
const idleFor = time.Second

// reaper ends the goroutines of a pool that nobody has needed for idleFor. It has a timer, of
// real time, only while some are idle. The lock of the pool guards it.
type reaper struct {
	timer *time.Timer // nil unless it runs, or reap is about to
	looks uint64      // how often reap has looked
}

func (r *reaper) stop() {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
}

// expectIdle sees to it that w does not wait for ever. In a world, time does not pass by
// itself. Requires p.mu.
func (p *pool) expectIdle(w *worker) {
	w.look = p.reaper.looks
	if p.reaper.timer == nil && !p.hosted {
		p.reaper.timer = time.AfterFunc(idleFor, p.reap)
	}
}

// reap ends the goroutines that have been idle since it has looked last, and looks again
// while there are others.
func (p *pool) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	n := 0
	for n < len(p.idle) && p.idle[n].look < p.reaper.looks {
		n++
	}
	p.endIdle(n)
	p.reaper.looks++
	if p.reaper.timer = nil; len(p.idle) > 0 {
		p.reaper.timer = time.AfterFunc(idleFor, p.reap)
	}
}

// endIdle ends the n goroutines that have waited longest. Requires p.mu.
func (p *pool) endIdle(n int) {
	for _, w := range p.idle[:n] {
		w.end = true
		p.ending.Add(1)
		w.wake <- struct{}{} // never blocks: see wakeOne
	}
	if p.idle = append([]*worker(nil), p.idle[n:]...); len(p.idle) == 0 {
		p.idle = nil
	}
}
