//go:build cgo && libzmq

package libzmq

import (
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
)

const (
	// sweepInterval is the least time between two sweeps, and the silence that
	// makes a link suspect in one.
	sweepInterval = time.Second
	// sweepSpan is how long sweeps go on after a disconnect: the first finds a
	// link that was silent before, the second one that was heard just before, the
	// third one whose last frames were taken in late.
	sweepSpan = 2 * time.Second
)

// schedule says when to sweep.
type schedule struct {
	last  time.Time // the last sweep
	until time.Time // sweeps go on until then; the zero Time when there is no need
}

// hint notes that some connection ended.
func (s *schedule) hint(now time.Time) { s.until = now.Add(sweepSpan) }

// next says whether to sweep now, and when to ask again; the zero Time means
// after the next hint.
func (s *schedule) next(now time.Time) (sweep bool, again time.Time) {
	if s.until.IsZero() {
		return false, time.Time{}
	}
	if now.Sub(s.last) >= sweepInterval {
		sweep = true
		s.last = now
		if !now.Before(s.until) {
			s.until = time.Time{}
			return true, time.Time{}
		}
	}
	return sweep, s.last.Add(sweepInterval)
}

// stepEvents takes the monitor's events, and sweeps. The connection that ended may not
// be known.
func (l *listener) stepEvents() (next time.Time, stop bool) {
	l.carrier.sink.Lock()
	defer l.carrier.unlock()
	if l.events.closed {
		return time.Time{}, true
	}
	now := time.Now()
	if !l.readEvents(now) {
		l.events.wake()
	}
	sweep, next := l.sweeps.next(now)
	if sweep {
		for _, a := range l.links.byID {
			switch {
			case now.Sub(a.heard) < sweepInterval, a.conn != nil && !a.conn.gone:
			case a.conn != nil && a.retired: // long enough ago: nothing of it comes any more
				l.links.remove(a)
			default:
				l.suspect(a)
			}
		}
	}
	return next, false
}

// suspect has a link looked at once everything that has arrived is handed up.
func (l *listener) suspect(a *accepted) {
	if !a.suspected {
		a.suspected = true
		l.suspects = append(l.suspects, a)
		l.socket.wake()
	}
}

// probeSuspects ends the suspects whose connections are known, and closed. It probes those
// whose connections are not known with an empty TOCK, which every peer ignores. A link
// without a route is lost; without CURVE the name may have come back on
// another connection meanwhile, and then goes on as the same link.
func (l *listener) probeSuspects() {
	if len(l.suspects) > 0 {
		l.socket.pending() // has libzmq take in which connections have ended
	}
	for _, a := range l.suspects {
		a.suspected = false
		if a.conn != nil && !a.conn.gone {
			continue
		}
		if a.conn != nil && l.responder != nil { // a token belongs to one connection
			l.lose(a, core.CauseLost, errLost)
			continue
		}
		err := l.socket.send(a.route, commandFrame(core.TOCK), nil, nil)
		switch {
		case l.links.byID[a.id] != a:
			continue
		case err != zmq.EHOSTUNREACH:
			if !a.retired {
				l.attach(a, nil) // on which connection it goes on is not known
			}
			continue
		}
		if !a.retired {
			l.carrier.sink.LinkLost(a.link, a.name, core.CauseLost, at(a.address, errLost))
		}
		l.links.remove(a)
	}
	clear(l.suspects)
	l.suspects = l.suspects[:0]
}
