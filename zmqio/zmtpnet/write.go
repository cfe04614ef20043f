package zmtpnet

import "time"

// flush writes what is queued without blocking, and leaves the rest to a
// goroutine, as it does with bodies that are not copied: to seal one of them, or
// to write it along with its head, takes longer than a reader should be away.
func (o *outbox) flush() {
	if !o.claim() {
		return
	}
	for round := 0; ; round++ {
		if round == flushRounds || o.heavy() {
			o.handOff()
			return
		}
		if !o.advance() {
			return
		}
		if !o.try.write(o.link.raw, &o.current.todo) {
			o.handOff()
			return
		}
	}
}

// flushRounds bounds how long the caller of a flush writes what others go on
// to send.
const flushRounds = 8

// heavy says whether the next batch has bodies that were not copied.
func (o *outbox) heavy() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.first != nil && len(o.first.bodies) > 0
}

// handOff leaves the rest to a goroutine. The caller is the writer.
func (o *outbox) handOff() {
	o.mu.Lock()
	if o.broken { // the link's goroutine is ending, or has ended
		o.rest()
		o.mu.Unlock()
		return
	}
	// The link's goroutine counts in wg until it has taken mu to set broken.
	o.link.carrier.wg.Add(1)
	o.mu.Unlock()
	go o.drain()
}

// drain writes, waiting for the socket, until nothing is queued.
func (o *outbox) drain() {
	defer o.link.carrier.wg.Done()
	s, wait := o.link.socket, o.link.carrier.writeWait
	for o.unwritten() || o.advanceHeavy() {
		s.writeBy(time.Now().Add(wait))
		// A write that was cut short by its deadline has made progress if it wrote
		// anything, and may go on.
		n, err := o.current.todo.WriteTo(s.stream)
		if err != nil && !(n > 0 && timedOut(err) && !s.ending()) {
			o.fail()
			return
		}
		s.writeBy(time.Time{}) // while nobody else is the writer
	}
}

// advanceHeavy is advance for bodies of any size: to seal a large one is work for the gate.
func (o *outbox) advanceHeavy() bool {
	if !o.sealer.Plain() && (o.heavy() || o.current != nil && len(o.current.bodies) > 0) {
		budget := o.link.carrier.cfg.Budget
		budget.Enter(o.link.name)
		defer budget.Leave()
	}
	return o.advance()
}

// fail ends the link from its writing side; its reader does the rest.
func (o *outbox) fail() {
	o.mu.Lock()
	o.breakOff()
	o.rest()
	o.mu.Unlock()
	_ = o.link.socket.Close()
}

// unwritten says whether the writer has bytes in hand.
func (o *outbox) unwritten() bool { return o.current != nil && len(o.current.todo) > 0 }
