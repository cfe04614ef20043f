package zmtpnet

import (
	"errors"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

const (
	// burstMin is the least that a full read has found, burstMax about how much a link
	// reads before others have their turn.
	burstMin, burstMax = 32 << 10, 256 << 10
	// yieldAfter is how long a link reads on before others have their turn.
	yieldAfter = zmtp.Instant(bulk.YieldAfter)
	// waitedMin is how long a read takes that has waited, and let others go first.
	waitedMin = zmtp.Instant(50 * time.Microsecond)
	// serveMax is how many requests are kept before their handlers run.
	serveMax = 128
	// deliverMax bounds the messages that are reported under one lock, so that
	// the first ones are looked after while the last ones are still being opened.
	deliverMax = 32
)

// read runs the link until it ends, and says why.
func (l *link) read() error {
	if err := l.greet(l.conn.Start(nil)); err != nil {
		return err
	}
	return l.readOn()
}

// errTakenOver says that another goroutine reads the link.
var errTakenOver = errors.New("another goroutine reads the link")

// readOn runs the link until it ends, and says why, or until another goroutine reads it.
func (l *link) readOn() error {
	for {
		if err := l.readOnce(); err != nil {
			return err
		}
		if l.in.inline != nil && !l.in.inline.Serve() {
			return errTakenOver
		}
		if l.in.quiet {
			l.in.quiet, l.in.exact = false, true
			l.in.busy.short = false // a heartbeat that is answered is no call
			l.in.forget()
			go func() { l.ended(l.readOn()) }()
			return errTakenOver
		}
	}
}

// readOnce reads and looks at what that was, as far as there is not enough to serve yet.
func (l *link) readOnce() error {
	if l.in.full || l.in.rest {
		return l.burst()
	}
	began := l.carrier.now()
	n, err := 0, error(nil)
	if l.conn.Up() {
		n, err = l.poll(began)
	}
	if n == 0 && err == nil {
		n, err = l.await(began)
	}
	if n > 0 {
		l.in.quiet = l.conn.Up()
		if err := l.look(); err != nil {
			return err
		}
		l.in.quiet = l.in.quiet && l.in.start == l.in.end && !l.in.full && l.conn.Space() == nil
	}
	if timedOut(err) && !l.socket.ending() {
		err = l.timeout()
	}
	return err
}

// await reads, and waits for it; the link has had nothing to do since began.
func (l *link) await(began zmtp.Instant) (n int, err error) {
	since := l.carrier.now()
	n, err = l.receive(true)
	now := l.carrier.now()
	if now-since >= waitedMin {
		l.in.yielded = now
	}
	l.in.busy.short = n > 0 && now-began < zmtp.Instant(l.carrier.cfg.BusyPoll)
	return n, err
}

// takenOver has a goroutine of its own read the link: its handler takes long. It owns the
// reading side from here on.
func (l *link) takenOver() {
	go func() {
		l.in.inline = l.carrier.inline(l)
		l.ended(l.readOn())
	}()
}

// ended is the end of a goroutine that has read the link.
func (l *link) ended(err error) {
	if errors.Is(err, errTakenOver) {
		return
	}
	if l.in.inline != nil {
		l.in.inline.Leave()
	}
	l.end(err)
	l.carrier.wg.Done()
}

// look is consume; while an accepted connection is not up yet, its listener hears who
// waits for whom.
func (l *link) look() error {
	if l.listener == nil || l.up {
		return l.consume()
	}
	l.listener.waiting.works(l)
	err := l.consume()
	l.listener.waiting.awaits(l, l.conn.Awaits(), time.Now())
	return err
}

// receive reads once, into the engine's own buffer where it has one. Without wait it
// reads what has arrived, if anything has.
func (l *link) receive(wait bool) (n int, err error) {
	l.arm()
	if err := l.hold(l.conn.Growth()); err != nil {
		return 0, err
	}
	size := 0
	if space := l.conn.Space(); space != nil {
		size = min(len(space), readMax)
		n, err = l.readInto(space[:size], wait)
		l.conn.Filled(n)
	} else {
		n, size, err = l.readBuffer(wait)
		l.in.end += n
	}
	l.in.heard = l.in.heard || n > 0
	l.in.full = n == size && n >= burstMin
	return n, err
}

func (l *link) readInto(room []byte, wait bool) (int, error) {
	if wait {
		return l.socket.Read(room)
	}
	return l.in.glance.read(l.raw, room)
}

// readBuffer reads into the read buffer, and says how much room there was. While it waits,
// there need be none.
func (l *link) readBuffer(wait bool) (n, size int, err error) {
	if wait {
		n, size, err, ok := l.in.glance.await(l.raw)
		if ok {
			return n, size, err
		}
	}
	room := l.in.room()
	n, err = l.readInto(room, wait)
	return n, len(room), err
}

// burst goes on with a peer that sends faster than it is read, without waiting and by turns
// with others: it is work for the gate.
func (l *link) burst() error {
	l.carrier.cfg.Budget.Enter(l.name)
	l.in.inside = true
	err := l.burstTurn()
	l.in.inside = false
	l.carrier.cfg.Budget.Leave()
	return err
}

// burstTurn is what a link does of a burst before others have their turn, as long as reads
// are full, and until there is enough to serve.
func (l *link) burstTurn() error {
	if l.in.rest {
		if err := l.consume(); err != nil {
			return err
		}
	}
	for done := 0; l.in.full && !l.in.rest && done < burstMax; {
		n, err := l.receive(false)
		if err == nil && n > 0 {
			err = l.consume()
		}
		if err != nil {
			return err
		}
		done += n
	}
	return nil
}

// arm sets the socket's deadline to the engine's, if it is not set to an
// earlier one: waking up too early now and then costs less than setting it
// after every read, unless the link is quiet.
func (l *link) arm() {
	deadline := l.conn.Deadline()
	if deadline == l.in.armed || deadline > l.in.armed && !l.in.exact {
		return
	}
	l.in.exact = false
	at := time.Time{}
	if deadline != zmtp.Never {
		at = time.Now().Add(deadline.Sub(l.carrier.now()))
	}
	l.in.armed = deadline
	l.socket.readBy(at)
}

// timeout does what the engine has waited for.
func (l *link) timeout() error {
	if l.in.armed = zmtp.Never; l.conn.Deadline() == zmtp.Never {
		l.socket.readBy(time.Time{})
	}
	l.in.shrink(readStart)
	awaited, now := l.conn.Awaits(), l.carrier.now()
	if l.leaves() {
		l.conn.Taken(now)
	}
	out, err := l.conn.Timeout(now, l.in.control[:0])
	l.in.control = out
	if errors.Is(err, zmtp.FaultHandshake) {
		return l.late(awaited)
	}
	if err != nil {
		return err
	}
	if len(out) > 0 {
		return l.ping(out)
	}
	return nil
}

// consume has the engine look at what was read, until there is enough to serve.
func (l *link) consume() error {
	now := l.yield()
	out := l.in.control[:0]
	for {
		var got zmtp.Input
		var err error
		got, out, err = l.take(now, out)
		l.in.start += got.N
		switch {
		case err != nil:
			return errors.Join(l.deliver(), err)
		case got.Kind == zmtp.Message || got.Kind == zmtp.Malformed:
			if got.Keep {
				l.in.kept += len(got.Payload)
			}
			if l.in.found = append(l.in.found, got); len(l.in.found) == deliverMax {
				err = l.deliver()
				if l.in.rest = err == nil && l.in.inline != nil && l.in.inline.Len() >= serveMax; l.in.rest {
					l.in.control = out
					return l.answer(out)
				}
				now = l.yield()
			}
		case got.Kind == zmtp.Knock:
			out, err = l.knocked(now, out)
		case got.Kind == zmtp.Risen:
			if err = l.greet(out); err == nil {
				out, err = out[:0], l.rise()
			}
		default:
			l.in.rest = false
			l.in.control = out
			if err := l.deliver(); err != nil {
				return err
			}
			if err := l.tidy(); err != nil {
				return err
			}
			return l.answer(out)
		}
		if err != nil {
			return err
		}
	}
}

// yield lets others go first if the link has not for yieldAfter, and returns the time.
func (l *link) yield() zmtp.Instant {
	now := l.carrier.now()
	if now-l.in.yielded >= yieldAfter || bulk.Wanted() {
		l.carrier.yield()
		now = l.carrier.now()
		l.in.yielded = now
	}
	return now
}

// take has the engine look at what was read, up to the first thing to tell. To open a
// large frame is work for the gate.
func (l *link) take(now zmtp.Instant, out []byte) (zmtp.Input, []byte, error) {
	if l.conn.Opens() && !l.in.inside {
		l.carrier.cfg.Budget.Enter(l.name)
		defer l.carrier.cfg.Budget.Leave()
	}
	return l.conn.Receive(now, out, l.in.buffer[l.in.start:l.in.end])
}

// knocked decides on a peer that asks for admission; its answer is written at once.
func (l *link) knocked(now zmtp.Instant, out []byte) ([]byte, error) {
	refusal := l.admit()
	if refusal == nil {
		if err := l.openAccount(); err != nil {
			return out, err // without ERROR, so that the peer tries again
		}
		l.listener.waiting.passed(l) // before the peer takes the link for one that is up
	}
	out = l.conn.Admit(now, out, refusal == nil)
	if err := l.greet(out); err != nil {
		return out, err
	}
	if refusal != nil {
		return out, refusal
	}
	return out[:0], l.rise()
}

// answer writes what the engine has to say. Once the link is up, that goes
// behind what is queued.
func (l *link) answer(out []byte) error {
	if len(out) == 0 {
		return nil
	}
	if !l.conn.Up() {
		return l.greet(out)
	}
	l.out.queueControl(out)
	l.out.flush()
	return nil
}

// greet writes bytes of the handshake. They fit into any socket's buffer, so
// this blocks only where something is broken.
func (l *link) greet(out []byte) error {
	if len(out) == 0 {
		return nil
	}
	l.socket.writeBy(time.Now().Add(l.carrier.writeWait))
	_, err := l.socket.Write(out)
	l.socket.writeBy(time.Time{})
	return err
}
