package zmtpnet

import "sync"

// Flush implements zmqio.Carrier. It never blocks.
func (c *carrier) Flush() {
	for l := c.dirty.pop(); l != nil; l = c.dirty.pop() {
		l.out.flush()
	}
}

// dirtyList holds the links that have been sent on since they were flushed,
// oldest first. It is intrusive, and allocates nothing.
type dirtyList struct {
	mu          sync.Mutex
	first, last *link
}

func (d *dirtyList) push(l *link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.out.dirty {
		return
	}
	l.out.dirty = true
	if d.last == nil {
		d.first = l
	} else {
		d.last.out.nextDirty = l
	}
	d.last = l
}

// pop returns nil when the list is empty.
func (d *dirtyList) pop() *link {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.first
	if l == nil {
		return nil
	}
	d.first, l.out.nextDirty, l.out.dirty = l.out.nextDirty, nil, false
	if d.first == nil {
		d.last = nil
	}
	return l
}
