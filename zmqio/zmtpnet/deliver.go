package zmtpnet

import (
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// deliver reports the messages that were found.
func (l *link) deliver() error {
	if len(l.in.found) == 0 {
		return nil
	}
	if l.in.kept > 0 { // else nothing is held that was not before
		if err := l.hold(0); err != nil {
			l.in.drop(l.in.found)
			return err
		}
	}
	l.in.quiet = false
	sink := l.carrier.sink
	sink.Lock()
	if l.in.inside {
		l.carrier.cfg.Budget.Inside(l.name)
	}
	for i := range l.in.found {
		if l.gone {
			l.in.drop(l.in.found[i:])
			break
		}
		if m := &l.in.found[i]; m.Kind == zmtp.Message {
			sink.Frame(l.id, l.name, m.Command.Bytes(), m.Payload, m.Keep)
		} else {
			sink.Malformed(l.id, l.name)
		}
	}
	if l.in.inline != nil {
		l.in.inline.UnlockAndDispatch()
	} else {
		sink.UnlockAndDispatch()
	}
	clear(l.in.found) // they hold memory of the node
	l.in.found, l.in.kept = l.in.found[:0], 0
	return nil
}

// hold counts what the reading side holds in the peer's account: the read buffer,
// the partial message of the engine, the messages that are not reported yet, and more
// bytes that it is about to hold. The error says that the peer has no room for it.
func (l *link) hold(more int) error {
	held := len(l.in.buffer) + l.conn.Held() + l.in.kept + more
	if l.account == nil || held <= zmqio.LinkFreeBytes && l.in.charged == 0 {
		return nil
	}
	charge := int64(0)
	if held > zmqio.LinkFreeBytes {
		charge = zmqio.HeapBytes(int64(held))
	}
	if charge > l.in.charged && !l.account.Take(charge-l.in.charged) {
		return errPartial
	}
	if charge < l.in.charged {
		l.account.Give(l.in.charged - charge)
	}
	l.in.charged = charge
	return nil
}

// tidy makes room for the next bytes and counts what is held then. A buffer that may
// not grow does as it is, as long as it has any room.
func (l *link) tidy() error {
	in := &l.in
	in.tidy(in.filled() && l.hold(len(in.buffer)) == nil)
	if in.end == len(in.buffer) {
		return errPartial
	}
	return l.hold(0)
}
