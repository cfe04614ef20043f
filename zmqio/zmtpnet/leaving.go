package zmtpnet

import "math"

// leaving says for a link how what it sends gets on. It is of the link's goroutine.
type leaving struct {
	acked int64 // bytes that the other end's system had taken at the last look
	// ping is what acked will be when our PING has arrived; unwritten while that is
	// queued here; 0 if there was nothing in front of it.
	ping int64
}

const unwritten = math.MaxInt64

// leaves says whether what is in front of our PING is on its way: the other end has taken
// some of it since this was asked last. One that is frozen takes no more than its system
// has room for.
func (l *link) leaves() bool {
	if l.leaving.ping == 0 {
		return false
	}
	acked, waiting := l.flow()
	before := l.leaving.acked
	l.leaving.acked = acked
	if l.leaving.ping == unwritten && !l.out.hasControl() {
		l.leaving.ping = acked + waiting
	}
	return acked > before && acked < l.leaving.ping
}

// ping sends a PING and notes where it is, unless another is on its way. On most links
// nothing is in front of it, which is quick to see, and quickest where no message was sent
// since the last one: the system is not even asked.
func (l *link) ping(out []byte) error {
	empty, used := l.out.idle()
	if empty && (!used && l.leaving.ping == 0 || l.taken()) {
		l.leaving.ping = 0
		return l.answer(out)
	}
	err := l.answer(out)
	acked, waiting := l.flow()
	l.leaving.acked = acked
	switch {
	case acked < l.leaving.ping:
	case l.out.hasControl():
		l.leaving.ping = unwritten
	default:
		l.leaving.ping = acked + waiting
	}
	return err
}

// idle says whether nothing is queued or being written, and whether a message was queued
// since this was asked last.
func (o *outbox) idle() (empty, used bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	used, o.used = o.used, false
	return o.first == nil && !o.writing, used
}

// hasControl says whether frames of the engine have still to be written.
func (o *outbox) hasControl() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.control > 0
}
