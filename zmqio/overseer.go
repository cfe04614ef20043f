package zmqio

import "time"

// overseer looks after the goroutines that serve requests themselves while nobody reads their
// links. While there are any, it looks every lookEvery, in real time; one that has not come
// further since it last looked is in a handler that takes long. Its methods, but for now,
// require the lock of the node.
type overseer struct {
	epoch   time.Time
	serving *Inline     // those with requests, linked by Inline.next
	timer   *time.Timer // nil until it is needed first
	armed   bool        // the timer runs, or look does; counted in background
	driver  *Driver
}

// lookEvery is how often. A link is read on after one to two of it.
const lookEvery = 500 * time.Microsecond

func (o *overseer) init(d *Driver) { o.driver, o.epoch = d, time.Now() }

// now is real time, on a scale of its own.
func (o *overseer) now() time.Duration { return time.Since(o.epoch) }

// add has n looked after, and returns false where that can't be, as the node is closed.
func (o *overseer) add(n *Inline) bool {
	if !o.armed {
		if !o.driver.background.enter() {
			return false
		}
		o.armed = true
		if o.timer == nil {
			o.timer = time.AfterFunc(lookEvery, o.driver.oversee)
		} else {
			o.timer.Reset(lookEvery)
		}
	}
	n.listed, n.seen = true, 0
	if n.next = o.serving; n.next != nil {
		n.next.last = n
	}
	o.serving = n
	return true
}

// remove ends what add began.
func (o *overseer) remove(n *Inline) {
	if !n.listed {
		return
	}
	if n.next != nil {
		n.next.last = n.last
	}
	if n.last != nil {
		n.last.next = n.next
	} else {
		o.serving = n.next
	}
	n.listed, n.next, n.last = false, nil, nil
}

// oversee is called by the timer.
func (d *Driver) oversee() {
	o := &d.overseer
	d.lock()
	var late *Inline // linked by last
	for n := o.serving; n != nil; {
		after := n.next
		word, serving := n.claims.seen()
		if serving && word == n.seen && d.take(n, word) {
			late, n.last = n, late
		}
		n.seen = word
		n = after
	}
	if late != nil {
		d.applyPublished() // answers of theirs
	}
	more := o.serving != nil
	if o.armed = more; more {
		o.timer.Reset(lookEvery)
	}
	e := d.unlock()
	for n := late; n != nil; n = n.last {
		n.readOn()
	}
	d.dispatchLogApart(&e)
	if !more {
		d.background.leave()
	}
}

// take takes over from n, if it has not come further than word, and has the rest of its
// requests started elsewhere. Requires the lock.
func (d *Driver) take(n *Inline, word uint64) bool {
	first, taken := n.claims.take(word)
	if !taken {
		return false
	}
	for _, r := range n.requests[first:] {
		d.effects.start(r)
	}
	d.overseer.remove(n)
	return true
}
