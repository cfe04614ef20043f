package stream

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// firstBytes returns what the dialling end sends when the connection is made.
func (e *end) firstBytes() []byte {
	c := e.conn
	w := c.world
	switch c.plan.Peer {
	case Mute:
		return nil
	case Greeter:
		return w.greeting()
	case Babbler:
		const babbleBytes = 4 << 10
		babble := make([]byte, babbleBytes)
		dice.Fill(babble, w.plan.Seed, aboutGarbage, uint64(c.n))
		// The header of a command, which is what may come first.
		return append(append(w.greeting(), flagCommand, 100), babble...)
	case Overclaim:
		// And more of it than a buffer ever has to hold.
		return append(appendHeader(w.greeting(), flagCommand, 1<<30), make([]byte, zmtp.BufferBytesMax)...)
	case Replayer:
		return slices.Clone(w.conns[c.plan.Like].pipes[Dialling].wire)
	}
	start := e.engine.Start(nil)
	if c.plan.Peer == Old {
		const minorVersionAt = 11
		start[minorVersionAt] = 0
	}
	return start
}

// greeting returns the greeting of an end that uses the right mechanism.
func (w *world) greeting() []byte {
	return zmtp.Accept(w.config, &zmtp.Entropy{}, 0).Start(nil)
}

// misbehave begins with what a hostile dialling end does once it is up.
func (e *end) misbehave() {
	c := e.conn
	w := c.world
	switch c.plan.Peer {
	case Promiser:
		e.deaf = true
		ping := appendFrame(nil, flagCommand, []byte("\x04PING\x00\x01")) // to live for a tenth of a second
		e.write(e.engine.Sealer().Seal(nil, ping, nil))
		e.write(w.promise(w.plan.PayloadMax))
		c.schedule(w.now+c.plan.Every, eventTrickle, Dialling)
		w.mark(markPromise)
	case Boaster:
		e.deaf = true
		if c.plan.Sends > 0 {
			body := make([]byte, w.plan.PayloadMax+1)
			e.write(e.engine.Sealer().Seal(nil, zmtp.AppendMessage(nil, "CALL", nil, body), nil))
			return
		}
		e.write(w.promise(w.plan.PayloadMax + 1<<20))
	}
}

// promise returns the header of a frame that begins or continues a message, and
// what has to come before it.
func (w *world) promise(length int) []byte {
	if w.plan.Curve {
		return appendHeader(nil, 0, length)
	}
	return appendHeader(appendFrame(nil, flagMore, []byte("CALL")), 0, length)
}

// trickle sends one more byte of what was promised, as often as the plan says.
func (e *end) trickle() {
	c := e.conn
	if !e.open || e.sent >= c.plan.Sends {
		return
	}
	e.sent++
	e.write([]byte{byte(e.sent)})
	c.schedule(c.world.now+max(c.plan.Every, time.Millisecond), eventTrickle, Dialling)
}
