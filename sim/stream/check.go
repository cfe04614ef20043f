package stream

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/text"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

const (
	greetingBytes = 64
	// heldMin and heldGrowth are what docs/ZMTP.md 6 says of the buffer of a
	// large frame: it starts at 16 KiB, and grows to at most four times what has
	// arrived.
	heldMin    = 16 << 10
	heldGrowth = 4
	// frameOverheadMax is what a frame may have beyond the largest payload.
	frameOverheadMax = 256
)

// meansNothing says whether the altered byte with number i is one that the
// protocol does not look at, so that the connection goes on as if it were not
// altered: parts of the greeting, HELLO's padding, and the flag of a MESSAGE's
// frame that is set by RFC 26 and not by libzmq.
func (w *world) meansNothing(c *conn, side Side, i int) bool {
	p := &c.pipes[side]
	was, is := p.wire[i], p.carried[i]
	if i < greetingBytes {
		return greetingByteIgnored(i, is)
	}
	if !w.plan.Curve || c.ends[side].engine == nil {
		return false
	}
	const helloPaddingAt, helloPadding = greetingBytes + 2 + 6 + 2, 72
	if side == Dialler && i >= helloPaddingAt && i < helloPaddingAt+helloPadding {
		return true
	}
	const command = 4
	return was&command == 0 && is == was|command && isHeader(p.wire, i)
}

// greetingByteIgnored says so of a byte of a greeting.
func greetingByteIgnored(i int, is byte) bool {
	switch {
	case i == 0 || i >= 12 && i < 32: // signature; mechanism
		return false
	case i == 9: // signature: only its last bit is looked at
		return is&1 == 1
	case i == 10: // major version
		return is >= 3
	}
	return true
}

// isHeader says whether a frame of wire begins at byte i.
func isHeader(wire []byte, i int) bool { return nextHeader(wire, i) == i }

// nextHeader returns where the first frame at or behind byte i of wire begins, or
// the end of wire.
func nextHeader(wire []byte, i int) int {
	const long = 2
	at := greetingBytes
	for at < i && at+9 <= len(wire) {
		length := int(wire[at+1])
		if wire[at]&long == 0 {
			at += 2 + length
			continue
		}
		for _, b := range wire[at+2 : at+9] {
			length = length<<8 | int(b)
		}
		if length < 0 || length > len(wire) {
			return len(wire) // what a hostile end says
		}
		at += 9 + length
	}
	if at < i {
		return len(wire)
	}
	return min(at, len(wire))
}

// beyond says whether an end has used an altered byte.
func (w *world) beyond(c *conn, side Side) bool {
	p := &c.pipes[side.other()]
	return p.altered >= 0 && c.ends[side].used > p.altered
}

// checkInput looks at what an engine came upon, before its owner does.
func (w *world) checkInput(c *conn, side Side, got *zmtp.Input) {
	e := &c.ends[side]
	if got.Kind == zmtp.None {
		return
	}
	if w.plan.Curve && w.beyond(c, side) {
		w.fail(PropAltered, c, side, fmt.Sprintf("what ends at byte %d was accepted, though byte %d is altered",
			e.used, c.pipes[side.other()].altered))
	}
	if w.plan.Curve && c.plan.Peer == Replayer && side == Listener {
		w.fail(PropAltered, c, side, "a replayed handshake was accepted")
	}
	if got.Kind == zmtp.Malformed && w.truthful(c, side) && (c.plan.Peer != Scrambler || side == Dialler || e.bad > e.got) {
		w.fail(PropPrefix, c, side, "a message that is not malformed was passed over")
	}
}

// truthful says whether what an end has used is what an honest one has sent.
func (w *world) truthful(c *conn, side Side) bool {
	if side == Listener {
		switch c.plan.Peer {
		case Honest, Old, Scrambler:
		default:
			return false
		}
	}
	return !w.beyond(c, side)
}

// checkMessage looks at a message that arrived.
func (w *world) checkMessage(c *conn, side Side, got *zmtp.Input) {
	e, from := &c.ends[side], &c.ends[side.other()]
	if len(got.Payload) > w.plan.PayloadMax {
		w.fail(PropHeld, c, side, fmt.Sprintf("a payload of %d bytes passed", len(got.Payload)))
	}
	if !w.truthful(c, side) {
		return
	}
	if e.got >= from.sent {
		w.fail(PropPrefix, c, side, fmt.Sprintf("message %d arrived, but only %d were sent", e.got, from.sent))
		return
	}
	command, payload := w.message(c, side.other(), e.got)
	if string(got.Command.Bytes()) != command || !bytes.Equal(got.Payload, payload) {
		w.fail(PropPrefix, c, side, fmt.Sprintf("message %d is %q with %d bytes, not %q with the %d bytes that were sent",
			e.got, got.Command.Bytes(), len(got.Payload), command, len(payload)))
	}
}

// checkFault looks at a fault that bytes have brought about.
func (w *world) checkFault(c *conn, side Side) {
	// Bytes that are altered one way can have an honest end answer with what does
	// not suit the other.
	if c.pipes[Dialler].altered >= 0 || c.pipes[Listener].altered >= 0 || !c.plan.fits() {
		return
	}
	if side == Dialler && c.plan.Refuse {
		return
	}
	w.fail(PropComplete, c, side, "unaltered bytes of an honest end were taken for a fault")
}

// fits says whether two honest ends mean to speak with each other.
func (c *Conn) fits() bool {
	return c.Peer == Honest || c.Peer == Old || c.Peer == Scrambler
}

// checkRise looks at an end that has come up.
func (w *world) checkRise(c *conn, side Side) {
	switch peer := c.plan.Peer; {
	case peer == Mismatch, w.plan.Curve && peer == Stranger, c.plan.Refuse && side == Listener:
		w.fail(PropAltered, c, side, "came up with an end that is "+peer.String())
	case peer == Old:
		w.mark(markOld)
	}
	if e := &c.ends[side]; w.plan.Curve && side == Listener {
		if *e.engine.PeerKey() != c.config.Curve.Public {
			w.fail(PropAltered, c, side, "the other end's key is not its own")
		}
	}
}

// checkHeld looks at what an end holds when it has used what it can.
func (w *world) checkHeld(c *conn, side Side) {
	e := &c.ends[side]
	if !e.open || e.deaf {
		return
	}
	if len(e.in) >= zmtp.BufferBytesMax && e.engine.Awaits() != "admission" {
		w.fail(PropHeld, c, side, fmt.Sprintf("%d bytes are not enough to go on", len(e.in)))
	}
	if !e.up && e.used > zmtp.HandshakeBytesMax {
		w.fail(PropHandshake, c, side, fmt.Sprintf("%d bytes were used, and it is not over", e.used))
	}
	most := min(w.plan.PayloadMax+frameOverheadMax, max(heldMin, heldGrowth*e.used))
	if !e.up {
		most = 0
	}
	if held := e.engine.Held(); held > most {
		w.fail(PropHeld, c, side, fmt.Sprintf("it holds %d bytes, but %d have arrived", held, e.used))
	}
}

// checkClear looks for a marker in the last n bytes that an end has written.
func (w *world) checkClear(c *conn, side Side, n int) {
	if !w.plan.Curve {
		return
	}
	wire := c.pipes[side].wire
	from := max(0, len(wire)-n-len(plainText)+1)
	if i := bytes.Index(wire[from:], []byte(plainText)); i >= 0 {
		w.fail(PropClear, c, side, fmt.Sprintf("%q is at byte %d of what it sent", plainText, from+i))
	}
}

// checkSilent looks at an end that time has ended: for silence only if nothing
// was heard for the shortest time there is, the unit in which a PING gives its life.
func (w *world) checkSilent(c *conn, side Side, err error) {
	least := min(w.plan.Timeout, 100*time.Millisecond)
	if silent := w.now - c.ends[side].heard; errors.Is(err, zmtp.FaultSilent) && silent < least {
		w.fail(PropSilence, c, side, "it ended for silence, but bytes were heard "+text.FormatDuration(silent)+" ago")
	}
}

// due looks at a handshake whose time is over.
func (w *world) due(c *conn, side Side) {
	if e := &c.ends[side]; e.open && !e.up {
		w.fail(PropHandshake, c, side, "its time is over, and it awaits "+e.engine.Awaits())
	}
}
