package stream

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

const (
	// heldMin and heldGrowth are what docs/ZMTP.md 6 says of the buffer of a
	// large frame: it starts at 16 KiB, and grows to at most four times what has
	// arrived.
	heldMin    = 16 << 10
	heldGrowth = 4
	// frameOverheadMax is what a frame may have beyond the largest payload.
	frameOverheadMax = 256
	// lifeLeast is the unit in which a PING gives its life, and the shortest time
	// after which silence ends a connection.
	lifeLeast = 100 * time.Millisecond
)

// fail reports what was seen at the end.
func (e *end) fail(p report.Property, what string) { e.conn.fail(p, e.side, what) }

// usedAltered says whether the engine has taken an altered byte.
func (e *end) usedAltered() bool {
	altered := e.incoming().harm.altered
	return altered >= 0 && e.used > altered
}

// truthful says whether all that the engine has taken is what an end has sent that
// means to converse.
func (e *end) truthful() bool {
	if e.side == Listening && !e.conn.plan.Peer.converses() {
		return false
	}
	return !e.usedAltered()
}

// checkInput looks at what the engine came upon, before the owner does.
func (e *end) checkInput(got *zmtp.Input) {
	if got.Kind == zmtp.None {
		return
	}
	curve, peer := e.conn.world.plan.Curve, e.conn.plan.Peer
	if curve && e.usedAltered() {
		e.fail(propAltered, fmt.Sprintf("what ends at byte %d was accepted, though byte %d is altered",
			e.used, e.incoming().harm.altered))
	}
	if curve && peer == Replayer && e.side == Listening {
		e.fail(propAltered, "a replayed handshake was accepted")
	}
	if got.Kind == zmtp.Malformed && e.truthful() && (peer != Scrambler || e.side == Dialling || e.malformed > e.got) {
		e.fail(propPrefix, "a message that is not malformed was passed over")
	}
}

// checkMessage looks at a message that arrived.
func (e *end) checkMessage(got *zmtp.Input) {
	from := e.incoming().writer()
	if len(got.Payload) > e.conn.world.plan.PayloadMax {
		e.fail(propHeld, fmt.Sprintf("a payload of %d bytes passed", len(got.Payload)))
	}
	if !e.truthful() {
		return
	}
	if e.got >= from.sent {
		e.fail(propPrefix, fmt.Sprintf("message %d arrived, but only %d were sent", e.got, from.sent))
		return
	}
	command, payload := from.message(e.got)
	if string(got.Command.Bytes()) != command || !bytes.Equal(got.Payload, payload) {
		e.fail(propPrefix, fmt.Sprintf("message %d is %q with %d bytes, not %q with the %d bytes that were sent",
			e.got, got.Command.Bytes(), len(got.Payload), command, len(payload)))
	}
}

// checkFault looks at a fault that the engine has found in what it was given.
// Bytes that are altered one way can have an honest end answer with what does not
// suit the other.
func (e *end) checkFault() {
	plan := e.conn.plan
	if e.conn.altered() || !plan.Peer.converses() || e.side == Dialling && plan.Refuse {
		return
	}
	e.fail(propComplete, "unaltered bytes of an honest end were taken for a fault")
}

// checkRise looks at an end that has come up.
func (e *end) checkRise() {
	w, c := e.conn.world, e.conn
	switch peer := c.plan.Peer; {
	case peer == Mismatch, w.plan.Curve && peer == Stranger, c.plan.Refuse && e.side == Listening:
		e.fail(propAltered, "came up with an end that is "+peer.String())
	case peer == Old:
		w.mark(markOld)
	}
	if w.plan.Curve && e.side == Listening && *e.engine.PeerKey() != c.config.Curve.Public {
		e.fail(propAltered, "the other end's key is not its own")
	}
}

// checkHeld looks at what the end holds when it has used what it can.
func (e *end) checkHeld() {
	if !e.open || e.deaf {
		return
	}
	if len(e.in) >= zmtp.BufferBytesMax && e.engine.Awaits() != "admission" {
		e.fail(propHeld, fmt.Sprintf("%d bytes are not enough to go on", len(e.in)))
	}
	if !e.up && e.used > zmtp.HandshakeBytesMax {
		e.fail(propHandshake, fmt.Sprintf("%d bytes were used, and it is not over", e.used))
	}
	most := 0
	if e.up {
		most = min(e.conn.world.plan.PayloadMax+frameOverheadMax, max(heldMin, heldGrowth*e.used))
	}
	if held := e.engine.Held(); held > most {
		e.fail(propHeld, fmt.Sprintf("it holds %d bytes, but %d have arrived", held, e.used))
	}
}

// checkClear looks for what must stay secret in the last n bytes that were written.
func (p *pipe) checkClear(n int) {
	if !p.conn.world.plan.Curve {
		return
	}
	from := max(0, len(p.wire)-n-len(plainText)+1)
	if i := bytes.Index(p.wire[from:], []byte(plainText)); i >= 0 {
		p.conn.fail(propClear, p.from, fmt.Sprintf("%q is at byte %d of what it sent", plainText, from+i))
	}
}

// checkSilent looks at an end that time has ended, for silence or otherwise. For
// silence it may only if nothing was heard for the shortest time that ends one.
func (e *end) checkSilent(err error) {
	w := e.conn.world
	least := min(w.plan.Timeout, lifeLeast)
	if silent := w.now - e.heard; errors.Is(err, zmtp.FaultSilent) && silent < least {
		e.fail(propSilence, "it ended for silence, but bytes were heard "+text.FormatDuration(silent)+" ago")
	}
}

// checkDue looks at a handshake whose time is over.
func (e *end) checkDue() {
	if e.open && !e.up {
		e.fail(propHandshake, "its time is over, and it awaits "+e.engine.Awaits())
	}
}
