//go:build cgo && libzmq

package libzmq

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// conn is a connection of libzmq's that was found by its descriptor. Guarded by the
// lock of the node.
type conn struct {
	wire  wire
	meter *meter
	since time.Time

	// What it belongs to: a dial, or the listener, and then the link whose messages
	// come on it; nil for a stranger, which has not sent any.
	dial     *dial
	listener *listener
	from     *accepted

	said     int64         // what was sent until quiet: see beat
	quiet    time.Time     // since then nothing was sent
	spoke    time.Time     // when this end had first said something; the zero Time before
	promised bool          // the last beat of this end has been sent
	promise  time.Duration // the longest silence that the other end has promised; zero for none

	before  flow      // at the last look of conns: to send, the meter has looks of its own
	drains  int       // of the socket, at the same look
	partMax int64     // what a part of a message may have
	ending  bool      // hung up
	until   time.Time // the end of its linger
	idle    int       // looks in a row at which nothing was waiting
	gone    bool      // libzmq has closed it
}

// conns are the connections of a node, and what looks at them in turn. Guarded by the
// lock of the node.
type conns struct {
	carrier *carrier
	all     map[*conn]struct{}
	running bool
	wakeup  chan struct{} // has a token when the time to look may have changed
}

// idleLooks in a row at which nothing waits to leave end a connection that was hung
// up, once lingerMin has passed: libzmq's own thread has had the time to write.
const idleLooks = 2

// add has c looked at.
func (s *conns) add(c *conn) {
	s.all[c] = struct{}{}
	heapOfC.part(c.partMax)
	if !s.running {
		s.running = true
		s.carrier.wg.Go(s.run)
	}
	s.wake()
}

// remove forgets c, which libzmq has closed.
func (s *conns) remove(c *conn) {
	if !c.gone {
		c.gone = true
		heapOfC.part(-c.partMax)
	}
	c.meter.close()
	delete(s.all, c)
}

func (s *conns) wake() {
	select {
	case s.wakeup <- struct{}{}:
	default:
	}
}

// run looks at the connections until the carrier is closed.
func (s *conns) run() {
	due := agenda{shortest: s.carrier.pollMax}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var now time.Time
		select {
		case <-s.carrier.alive.Done():
			return
		case <-s.wakeup:
			now = time.Now()
			due.wake(now)
		case now = <-timer.C:
		}
		switch {
		case due.all(now):
			seen := s.look(false)
			seen.any = heapOfC.look(seen.large, now) || seen.any
			due.looked(now, time.Now(), seen)
		case due.ending(now):
			due.lookedAtEnding(time.Now(), s.look(true))
		}
		if next := due.next(); !next.IsZero() {
			timer.Reset(time.Until(next))
		}
	}
}

// pollMax returns d, or less where heartbeats ask for it.
func (c *carrier) pollMax(d time.Duration) time.Duration {
	if c.cfg.HeartbeatInterval > 0 {
		d = min(d, max(pollEnding, (c.cfg.HeartbeatInterval+c.cfg.HeartbeatTimeout)/8))
	}
	return d
}

// target is a connection to ask about without the lock.
type target struct {
	*conn
	taken int64
	now   flow
	err   error
}

// look asks about every connection once, or only about those that were hung up.
func (s *conns) look(onlyEnding bool) (all seen) {
	sink := s.carrier.sink
	sink.Lock()
	var targets []target
	for c := range s.all {
		if c.ending || !onlyEnding && (c.wire.tcp || s.carrier.silenceMax() > 0) {
			targets = append(targets, target{conn: c, taken: c.meter.taken})
		}
	}
	sink.UnlockAndDispatch()
	for i := range targets {
		t := &targets[i]
		t.now, t.err = s.carrier.wires.flow(&t.wire)
		if t.err == nil && t.now.received-t.taken > t.partMax {
			t.now.unread, t.err = s.carrier.wires.unread(&t.wire)
		}
	}
	sink.Lock()
	defer s.carrier.unlock()
	if s.carrier.closed {
		return seen{}
	}
	now := time.Now()
	for i := range targets {
		t := &targets[i]
		if t.gone || t.err != nil { // then its end is about to be reported
			continue
		}
		all.moved = all.moved || t.now != t.before
		all.came += t.now.received - t.before.received
		s.judge(t, now)
		all.ending = all.ending || t.ending && !t.gone && !t.until.IsZero()
	}
	all.any = len(targets) > 0
	if onlyEnding {
		return all // the rest is for the looks at all of them
	}
	all.large, s.carrier.moved = s.carrier.moved, 0
	if all.came >= rushBytes { // some of that may be given up before it is whole
		all.large += all.came
	}
	return all
}

// judge decides what a look at a connection means for it.
func (s *conns) judge(t *target, now time.Time) {
	c, m := t.conn, t.meter
	part := c.before.received - c.before.unread - m.received0 - m.taken - driftMax // if the socket is empty
	c.before = t.now
	m.look(t.now, t.taken, now)
	held := m.out() + m.in(t.taken, now)
	drained := c.drained(part > c.partMax)
	c.beat(s.carrier, now)
	switch {
	case c.ending:
		m.charge(held)
		c.linger(now)
	case c.silent(s.carrier, now):
		c.fail(core.CauseHeartbeat, fmt.Errorf("%w: no byte came for %v", errSilent, now.Sub(m.moved).Round(time.Millisecond)))
	case !c.wire.tcp: // its bytes are not counted
	case drained && part > c.partMax:
		c.fail(core.CauseLost, fmt.Errorf("%w: %d bytes and no end, at most %d may come", errEndless, part, c.partMax))
	case !m.charge(held) && m.in(t.taken, now) > m.out():
		c.fail(core.CauseLost, fmt.Errorf("%w: %d bytes came of messages that are not whole", errBudget, m.in(t.taken, now)))
	}
}

// drained says whether everything whole that had come before the last look was
// handed up since. If that is of interest, it sees to it that it is known at the next.
func (c *conn) drained(ask bool) bool {
	s := c.socket()
	if ask {
		s.wake()
	}
	before := c.drains
	c.drains = s.drains
	return s.drains != before
}

// socket is where its messages are received.
func (c *conn) socket() *socket {
	if c.dial != nil {
		return c.dial.data
	}
	return c.listener.socket
}

// fail ends the connection, and the link that it carries, with a report.
func (c *conn) fail(cause core.Cause, why error) {
	switch {
	case c.dial != nil:
		c.dial.fail(cause, why)
	case c.from != nil:
		c.listener.lose(c.from, cause, why)
	default:
		c.listener.turnAway(c, why)
	}
}

// hangUp ends the connection when all that was sent has left, or linger has passed.
func (c *conn) hangUp(linger time.Duration, now time.Time) {
	if c.ending || c.gone {
		return
	}
	c.ending, c.since, c.until = true, now, now.Add(linger)
	if linger <= 0 {
		c.shutdown()
		return
	}
	c.listener.carrier.conns.wake()
}

func (c *conn) shutdown() {
	c.until = time.Time{}
	c.listener.carrier.wires.shutdown(&c.wire)
}

// linger goes on with what hangUp began.
func (c *conn) linger(now time.Time) {
	if c.until.IsZero() {
		return
	}
	if m := c.meter; m.last.waiting > 0 || c.wire.tcp && m.out() > 0 {
		c.idle = 0
	} else {
		c.idle++
	}
	if !now.Before(c.until) || c.idle >= idleLooks && now.Sub(c.since) >= lingerMin {
		c.shutdown()
	}
}

// mayQueue says whether n bytes more may be queued on a connection, which may be nil if
// it is not known. It is looked at only when a good deal was queued since that was
// done last.
func (c *carrier) mayQueue(m *meter, at *conn, n int64) bool {
	if m.sent+n <= m.room || at == nil || !at.wire.tcp {
		return true
	}
	f, err := c.wires.flow(&at.wire)
	if err != nil {
		return true // its end is about to be reported
	}
	now := time.Now()
	m.look(f, m.taken, now)
	if !m.charge(m.out() + n + m.in(m.taken, now)) {
		return false
	}
	m.room = max(m.room, m.sent+n)
	return true
}
