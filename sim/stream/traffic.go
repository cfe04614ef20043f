package stream

import "github.com/bitmark-inc/bilateralrpc/zmtp"

// take does what an owner does with what Receive came upon.
func (e *end) take(got *zmtp.Input) {
	c := e.conn
	switch got.Kind {
	case zmtp.Knock:
		e.note("hears a knock at", e.used)
		if c.plan.Admit > 0 {
			c.schedule(c.world.now+c.plan.Admit, eventAdmit, e.side)
		} else {
			e.answer()
		}
	case zmtp.Risen:
		e.rise()
	case zmtp.Message:
		e.note("gets a message of", len(got.Payload))
		e.checkMessage(got)
		if got.Keep {
			c.world.mark(markLarge)
		}
		e.got++
	case zmtp.Malformed:
		e.note("gets a malformed message after", e.got)
		c.world.mark(markMalformed)
		e.malformed++
	}
}

// admit answers the peer that asked to be admitted, and uses what it has sent
// meanwhile. The end is a listening one.
func (e *end) admit() {
	if !e.open {
		return
	}
	e.answer()
	if e.open {
		e.consume()
		e.read()
	}
}

// answer says whether the peer is admitted.
func (e *end) answer() {
	c := e.conn
	e.write(e.engine.Admit(c.world.instant(), nil, !c.plan.Refuse))
	if c.plan.Refuse {
		c.world.mark(markRefusal)
		e.close(zmtp.FaultAdmission)
		return
	}
	e.rise()
}

// messages returns how many messages the end sends.
func (e *end) messages() int {
	plan := e.conn.plan
	if e.side == Listening {
		return plan.Gets
	}
	switch plan.Peer {
	case Promiser, Boaster:
		return 0
	}
	return plan.Sends
}

// send sends the next message, or all of them where they are not spaced.
func (e *end) send() {
	every := e.conn.plan.Every
	for e.open && e.sent < e.messages() {
		e.write(e.frames(e.sent))
		e.sent++
		if every > 0 {
			e.conn.schedule(e.conn.world.now+every, eventSend, e.side)
			return
		}
	}
}
