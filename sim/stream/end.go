package stream

import (
	"errors"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// end is one end of a connection: an engine, and what its owner keeps
// beside it. It does what an owner on real sockets does.
type end struct {
	side    Side
	engine  *zmtp.Conn // nil: an end that only sends bytes
	open    bool
	up      bool
	deaf    bool // what arrives is thrown away
	why     error
	in      []byte // read and not used
	used    int    // bytes that the engine has taken
	started time.Duration
	heard   time.Duration // when bytes were last read, or when it came up
	wake    time.Duration // when the engine is called; 0 for not at all
	sent    int           // messages
	got     int
	bad     int // malformed ones
}

// errEnded is why an end closes that reads the end of its bytes.
var errEnded = errors.New("the other end closed, or the connection was cut")

// unshare gives the end of a clone an engine and memory of its own.
func (e *end) unshare() {
	e.in = slices.Clone(e.in)
	if e.engine != nil {
		e.engine = e.engine.Clone()
	}
}

// open makes both ends of a connection, if the listener has room.
func (w *world) open(c *conn) {
	d, l := &c.ends[Dialler], &c.ends[Listener]
	if w.halfOpen >= w.plan.HalfOpenMax {
		c.turnedAway = true
		w.mark(markTurnedAway)
		return
	}
	w.halfOpen++
	d.open, d.started, d.heard = true, w.now, w.now
	l.open, l.started, l.heard = true, w.now, w.now
	l.engine = zmtp.Accept(w.config, w.entropy(c, Listener), w.instant())
	if peer := c.plan.Peer; peer.speaks() {
		server := new([zmtp.KeyBytes]byte)
		if w.config.Curve != nil {
			*server = w.config.Curve.Public
		}
		if peer == Stranger {
			*server = w.keys(len(w.conns) + 1).Public
		}
		c.config = w.newConfig(c.n, peer, w.plan.Curve != (peer == Mismatch))
		d.engine = zmtp.Dial(c.config, server, w.entropy(c, Dialler), w.instant())
		w.queue.Push(w.now+w.plan.Handshake+2, eventDue, ref(c.n, Dialler))
	}
	w.queue.Push(w.now+w.plan.Handshake+2, eventDue, ref(c.n, Listener))
	if c.plan.Breaks > 0 {
		w.queue.Push(w.now+c.plan.Breaks, eventBreak, ref(c.n, Dialler))
	}
	w.trace.note(w, c, Listener, "accepts", 0)
	w.write(c, Listener, l.engine.Start(nil))
	w.write(c, Dialler, w.firstBytes(c))
	w.arm(c, Listener)
	w.arm(c, Dialler)
}

func (w *world) entropy(c *conn, side Side) *zmtp.Entropy {
	e := &zmtp.Entropy{}
	dice.Fill(e[:], w.plan.Seed, aboutEntropy, uint64(c.n), uint64(side))
	return e
}

// arm plans the next call of the engine's Timeout.
func (w *world) arm(c *conn, side Side) {
	e := &c.ends[side]
	if e.engine == nil || !e.open || e.deaf {
		return
	}
	deadline := e.engine.Deadline()
	if deadline == zmtp.Never {
		return
	}
	at := max(w.now+1, deadline.Sub(w.instant())+w.now)
	if e.wake == 0 || at < e.wake {
		e.wake = at
		w.queue.Push(at, eventWake, ref(c.n, side))
	}
}

// wake calls the engine's Timeout.
func (w *world) wake(c *conn, side Side, at time.Duration) {
	e := &c.ends[side]
	if !e.open || e.deaf || e.wake != at {
		return // another one took its place
	}
	e.wake = 0
	up := e.engine.Up()
	out, err := e.engine.Timeout(w.instant(), nil)
	if up {
		out = e.engine.Sealer().Seal(nil, out, nil)
	}
	w.write(c, side, out)
	if err != nil {
		w.checkSilent(c, side, err)
		w.markTimeout(c, side, err)
		w.close(c, side, err)
		return
	}
	w.arm(c, side)
}

// read has an end read what has arrived, and use it.
func (w *world) read(c *conn, side Side) {
	e, p := &c.ends[side], &c.pipes[side.other()]
	if e.open && (e.deaf || e.engine == nil) {
		p.read = len(p.carried)
	}
	for e.open && p.read < len(p.carried) {
		n := w.readOnce(e, p)
		if n == 0 {
			break
		}
		e.heard = w.now
		w.consume(c, side)
	}
	if e.open && p.ended && p.read == len(p.carried) {
		w.close(c, side, errEnded)
		return
	}
	w.pump(c, side.other())
	w.arm(c, side)
}

// readOnce reads some of what has arrived: into the engine's own buffer where
// it has one and the decision is so, into the owner's as far as there is room.
func (w *world) readOnce(e *end, p *pipe) int {
	h := dice.Decide(w.plan.Seed, aboutRead, p.key, uint64(p.read))
	room := 64 << 10
	if h&3 == 0 {
		room = 1 + int(dice.Below(dice.Mix(h), 512))
	}
	rest := p.carried[p.read:]
	if space := e.engine.Space(); space != nil && len(e.in) == 0 && dice.Decide(w.plan.Seed, aboutDirect, p.key, uint64(p.read))&1 == 0 {
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

// consume has the engine use what was read, up to where it needs more.
func (w *world) consume(c *conn, side Side) {
	e := &c.ends[side]
	used := 0
	for e.open && !e.deaf {
		up := e.engine.Up()
		got, out, err := e.engine.Receive(w.instant(), nil, e.in[used:])
		if up && len(out) > 0 {
			w.mark(markPong)
			out = e.engine.Sealer().Seal(nil, out, nil)
		}
		used += got.N
		e.used += got.N
		w.write(c, side, out)
		if err != nil {
			w.markFault(c, side, err)
			w.checkFault(c, side)
			w.close(c, side, err)
			break
		}
		w.checkInput(c, side, &got)
		if got.Kind == zmtp.None {
			break
		}
		w.found(c, side, &got)
	}
	if e.open {
		e.in = append(e.in[:0], e.in[used:]...)
		w.checkHeld(c, side)
	}
}

// found does what an owner does with what Receive came upon.
func (w *world) found(c *conn, side Side, got *zmtp.Input) {
	e := &c.ends[side]
	switch got.Kind {
	case zmtp.Knock:
		w.trace.note(w, c, side, "hears a knock at", e.used)
		if c.plan.Admit > 0 {
			w.queue.Push(w.now+c.plan.Admit, eventAdmit, ref(c.n, side))
		} else {
			w.answer(c)
		}
	case zmtp.Risen:
		w.rise(c, side)
	case zmtp.Message:
		w.trace.note(w, c, side, "gets a message of", len(got.Payload))
		w.checkMessage(c, side, got)
		if got.Keep {
			w.mark(markLarge)
		}
		e.got++
	case zmtp.Malformed:
		w.trace.note(w, c, side, "gets a malformed message after", e.got)
		w.mark(markMalformed)
		e.bad++
	}
}

// admit answers the knock, and has the listener use what came behind it.
func (w *world) admit(c *conn) {
	e := &c.ends[Listener]
	if !e.open {
		return
	}
	w.answer(c)
	if e.open {
		w.consume(c, Listener)
		w.read(c, Listener)
	}
}

func (w *world) answer(c *conn) {
	e := &c.ends[Listener]
	w.write(c, Listener, e.engine.Admit(w.instant(), nil, !c.plan.Refuse))
	if c.plan.Refuse {
		w.mark(markRefusal)
		w.close(c, Listener, zmtp.FaultAdmission)
		return
	}
	w.rise(c, Listener)
}

// rise notes that an end is up, and begins with what it has to send.
func (w *world) rise(c *conn, side Side) {
	e := &c.ends[side]
	e.up, e.heard = true, w.now
	w.trace.note(w, c, side, "is up at", e.used)
	w.checkRise(c, side)
	if side == Listener {
		w.halfOpen--
	}
	w.arm(c, side)
	if w.messages(c, side) > 0 {
		w.queue.Push(w.now, eventSend, ref(c.n, side))
	} else if side == Dialler {
		w.misbehave(c)
	}
}

// close ends an end and what it sends. A fault drops what was not sent, except
// where the last words say why.
func (w *world) close(c *conn, side Side, why error) {
	e := &c.ends[side]
	if !e.open {
		return
	}
	w.trace.note(w, c, side, why.Error(), e.used)
	e.open, e.why, e.in = false, why, nil
	if side == Listener && !e.up {
		w.halfOpen--
	}
	refused := errors.Is(why, zmtp.FaultAdmission)
	atOnce := !refused && dice.Decide(w.plan.Seed, aboutReset, c.pipes[side].key, uint64(e.used), 1)&3 == 0
	w.shut(c, side, refused, atOnce)
}

// messages returns how many messages an end sends.
func (w *world) messages(c *conn, side Side) int {
	if side == Listener {
		return c.plan.Gets
	}
	switch c.plan.Peer {
	case Promiser, Boaster:
		return 0
	}
	return c.plan.Sends
}

// send sends the next message, or all of them where they are not spaced.
func (w *world) send(c *conn, side Side) {
	e := &c.ends[side]
	for e.open && e.sent < w.messages(c, side) {
		w.write(c, side, w.frames(c, side, e.sent))
		e.sent++
		if c.plan.Every > 0 {
			w.queue.Push(w.now+c.plan.Every, eventSend, ref(c.n, side))
			return
		}
	}
}
