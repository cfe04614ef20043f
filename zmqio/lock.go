package zmqio

// lock takes the lock of the node: the machine and every transport.
func (d *Driver) lock() {
	d.mu.Lock()
	d.now = d.alarm.now()
}

// unlock sets the alarm, unlocks the node and returns what is to be done now.
func (d *Driver) unlock() effects {
	if d.isHosted() {
		d.handOver()
		d.mu.Unlock()
		return effects{}
	}
	if d.phase < phaseClosed {
		d.alarm.set(d.machine.Deadline())
	}
	if d.effects.news != nil {
		d.effects.publish()
	}
	e := d.effects
	d.effects = effects{}
	e.inside = d.config.Node.Budget.takeInside()
	if e.resumed > 1 {
		d.combiner.expectBatch()
	}
	d.forgetActions()
	d.mu.Unlock()
	return e
}

// unlockAndDispatch unlocks the node and does what had to wait for that.
func (d *Driver) unlockAndDispatch() {
	e := d.unlock()
	d.dispatch(&e)
	if e.inside != "" && e.lines != nil {
		d.config.Node.Budget.Leave()
		defer d.config.Node.Budget.Enter(e.inside)
	}
	d.log(e.lines)
}

// unlockAndDispatchLogApart is unlockAndDispatch for a goroutine that others wait
// for, as they do for a combiner, and for a caller who has another one to wake. A
// logger may be slow, or wait for a call of its own, so it runs elsewhere.
func (d *Driver) unlockAndDispatchLogApart() {
	e := d.unlock()
	d.dispatchLogApart(&e)
}

func (d *Driver) dispatchLogApart(e *effects) {
	d.dispatch(e)
	if lines := e.lines; lines != nil {
		if !d.background.start(func() { d.log(lines) }) {
			d.log(lines)
		}
	}
}

// effects is what the holder of the lock leaves to be done after it unlocks,
// because it runs code that may lock the node, or takes its time. It is done in the
// order of the fields. The zero value is nothing to do.
type effects struct {
	finished *Call           // calls whose callers are to be woken, linked by Call.next
	begin    requests        // requests whose handlers are to be started
	flush    uint64          // the bits of the ports that were sent on
	contexts []endingContext // of requests, to be ended
	lines    *logLines       // to be logged; nil for none
	// inside is the peer for whose work this goroutine has entered the node's gate. It
	// leaves that to log, as a logger may wait for somebody behind it there.
	inside string
	// news are the streams whose owners are to hear of something, linked by Stream.news.
	// It is the one effect that comes before unlocking.
	news *Stream
	// resumed counts finished, begin and news: goroutines that are about to submit.
	resumed int
}

// finish has the caller of c woken.
func (e *effects) finish(c *Call) {
	if c.stream != nil { // its owner may be busy, and wakes nobody
		c.stream.ended = true
		e.tell(c.stream)
		return
	}
	c.next, e.finished = e.finished, c
	e.resumed++
}

// start has the handler for r started.
func (e *effects) start(r *Request) {
	e.begin.push(r)
	e.resumed++
}

// dispatch does all that e says, except for logging. It must be called without
// the lock.
func (d *Driver) dispatch(e *effects) {
	e.finished.wakeUp()
	if e.begin.first != nil {
		d.pool.start(e.begin)
	}
	if e.flush != 0 {
		d.router.flush(e.flush)
	}
	for _, c := range e.contexts {
		c.cancel(c.why)
	}
}
