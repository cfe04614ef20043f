package zmtpnet

import "math"

// leaving says for a link how what it sends gets on. It is of the link's goroutine.
type leaving struct {
	acked int64 // bytes that the other end's system had taken at the last look
	// ping is what acked will be when our PING has arrived; unwritten while that is
	// queued here.
	ping int64
}

const unwritten = math.MaxInt64

// leaves says whether what is in front of our PING is on its way: the other end has taken
// some of it since this was asked last. One that is frozen takes no more than its system
// has room for.
func (l *link) leaves() bool {
	acked, waiting := l.flow()
	before := l.leaving.acked
	l.leaving.acked = acked
	if l.leaving.ping == unwritten && !l.out.hasControl() {
		l.leaving.ping = acked + waiting
	}
	return acked > before && acked < l.leaving.ping
}

// pinged notes where a PING is that was just sent, unless another is on its way.
func (l *link) pinged() {
	switch acked, waiting := l.flow(); {
	case acked < l.leaving.ping:
	case l.out.hasControl():
		l.leaving.ping = unwritten
	default:
		l.leaving.ping = acked + waiting
	}
}

// hasControl says whether frames of the engine have still to be written.
func (o *outbox) hasControl() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.control > 0
}
