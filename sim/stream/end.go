package stream

import (
	"errors"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// end is one end of a connection: an engine, and what its owner keeps beside it.
// It does what an owner of sockets does.
type end struct {
	conn   *conn      // whose end it is
	side   Side       // which of the two
	engine *zmtp.Conn // nil: an end that sends bytes and reads none

	open   bool  // from the making of the connection to close
	up     bool  // the handshake is over; stays set when the end closes
	deaf   bool  // what arrives is thrown away, and the engine is not called any more
	reason error // of close; nil before

	in    []byte        // read, and not taken by the engine yet
	used  int           // bytes that the engine has taken in all
	heard time.Duration // when bytes were read last, or when the end came up
	alarm time.Duration // when the engine's Timeout is called; 0 is never

	sent      int // messages; of a Promiser, bytes of its promise
	got       int // messages
	malformed int // messages that were passed over
}

// errEnded is the reason of an end that has read everything there will be.
var errEnded = errors.New("the other end closed, or the connection was cut")

// unshare gives the end of a cloned connection an engine and memory of its own.
func (e *end) unshare(c *conn) {
	e.conn = c
	e.in = slices.Clone(e.in)
	if e.engine != nil {
		e.engine = e.engine.Clone()
	}
}

// incoming is what the other end sends.
func (e *end) incoming() *pipe { return &e.conn.pipes[e.side.other()] }

// outgoing is what this end sends.
func (e *end) outgoing() *pipe { return &e.conn.pipes[e.side] }

// write sends bytes, unless the end has closed or is cut off.
func (e *end) write(bytes []byte) { e.outgoing().write(bytes) }

// arm plans the next call of the engine's Timeout. An alarm that is too early by
// now stays: a call before the deadline does nothing.
func (e *end) arm() {
	if e.engine == nil || !e.open || e.deaf {
		return
	}
	deadline := e.engine.Deadline()
	if deadline == zmtp.Never {
		return
	}
	w := e.conn.world
	at := max(w.now+1, deadline.Sub(w.instant())+w.now)
	if e.alarm == 0 || at < e.alarm {
		e.alarm = at
		e.conn.schedule(at, eventWake, e.side)
	}
}

// wake calls the engine's Timeout, if the alarm is still that of this time.
func (e *end) wake(at time.Duration) {
	if !e.open || e.deaf || e.alarm != at {
		return
	}
	e.alarm = 0
	up := e.engine.Up()
	out, err := e.engine.Timeout(e.conn.world.instant(), nil)
	if up {
		out = e.engine.Sealer().Seal(nil, out, nil)
	}
	e.write(out)
	if err != nil {
		e.checkSilent(err)
		e.markTimeout(err)
		e.close(err)
		return
	}
	e.arm()
}

// read reads what has arrived, and uses it.
func (e *end) read() {
	p := e.incoming()
	if e.open && (e.deaf || e.engine == nil) {
		p.read = len(p.carried)
	}
	for e.open && p.read < len(p.carried) {
		n := e.readOnce()
		if n == 0 {
			break
		}
		e.heard = e.conn.world.now
		e.consume()
	}
	if e.open && p.ended && p.read == len(p.carried) {
		e.close(errEnded)
		return
	}
	p.pump()
	e.arm()
}

// readOnce reads some of what has arrived, and returns how much: into the engine's
// own buffer where it has one and the decision is so, else into the owner's as
// far as there is room.
func (e *end) readOnce() int {
	p, seed := e.incoming(), e.conn.world.plan.Seed
	h := dice.Decide(seed, aboutRead, p.key, uint64(p.read))
	room := 64 << 10
	if h&3 == 0 {
		room = 1 + int(dice.Below(dice.Mix(h), 512))
	}
	rest := p.carried[p.read:]
	if space := e.engine.Space(); space != nil && len(e.in) == 0 && dice.Decide(seed, aboutDirect, p.key, uint64(p.read))&1 == 0 {
		n := copy(space[:min(room, len(space))], rest)
		e.engine.Filled(n)
		e.used += n
		p.read += n
		return n
	}
	n := min(room, len(rest), zmtp.BufferBytesMax-len(e.in))
	e.in = append(e.in, rest[:n]...)
	p.read += n
	return n
}

// consume has the engine take what was read, up to where it needs more.
func (e *end) consume() {
	w, used := e.conn.world, 0
	for e.open && !e.deaf {
		up := e.engine.Up()
		got, out, err := e.engine.Receive(w.instant(), nil, e.in[used:])
		if up && len(out) > 0 {
			w.mark(markPong)
			out = e.engine.Sealer().Seal(nil, out, nil)
		}
		used += got.N
		e.used += got.N
		e.write(out)
		if err != nil {
			e.markFault(err)
			e.checkFault()
			e.close(err)
			break
		}
		e.checkInput(&got)
		if got.Kind == zmtp.None {
			break
		}
		e.take(&got)
	}
	if e.open {
		e.in = append(e.in[:0], e.in[used:]...)
		e.checkHeld()
	}
}

// rise notes that the end is up, and begins with what it has to send.
func (e *end) rise() {
	w := e.conn.world
	e.up, e.heard = true, w.now
	e.note("is up at", e.used)
	e.checkRise()
	if e.side == Listening {
		w.halfOpen--
	}
	e.arm()
	if e.messages() > 0 {
		e.conn.schedule(w.now, eventSend, e.side)
	} else if e.side == Dialling {
		e.misbehave()
	}
}

// close closes the end and its direction. Bytes written and not sent are dropped,
// except the ERROR that tells a refused peer why.
func (e *end) close(reason error) {
	if !e.open {
		return
	}
	e.note(reason.Error(), e.used)
	e.open, e.reason, e.in = false, reason, nil
	w, p := e.conn.world, e.outgoing()
	if e.side == Listening && !e.up {
		w.halfOpen--
	}
	refused := errors.Is(reason, zmtp.FaultAdmission)
	atOnce := !refused && dice.Decide(w.plan.Seed, aboutReset, p.key, uint64(e.used), 1)&3 == 0
	p.shut(refused, atOnce)
}
