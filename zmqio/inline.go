package zmqio

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
)

// Inliner is implemented by the Sink of a Driver: a carrier whose links are each read by a
// goroutine of their own can have those run quick handlers.
type Inliner interface {
	// Inline returns an Inline for the goroutine that reads a link. readOn is called at
	// most once, without the lock, when another goroutine is to read the link from there
	// on; it must not block.
	Inline(readOn func()) *Inline
}

// Inline runs the handlers of the requests that a goroutine has read on that goroutine, which
// saves the way to another one, and has all their answers sent at once. It is for handlers
// that have lately been quick. Where one takes long after all, the node notices within a
// millisecond or so, and has another goroutine read the link; so it does where a handler
// ends its goroutine.
//
// Its methods are for the goroutine that reads the link.
type Inline struct {
	driver   *Driver
	readOn   func()
	requests []*Request // of this round
	claims   claims

	// Guarded by the lock of the node.
	listed     bool // in overseer.serving
	seen       uint64
	next, last *Inline // in that list
}

// Inline implements Inliner.
func (p *port) Inline(readOn func()) *Inline {
	n := &Inline{driver: p.driver, readOn: readOn}
	n.claims.init()
	return n
}

// UnlockAndDispatch is that of Sink, but keeps the requests that were reported since Lock and
// whose methods are quick, for Serve.
func (n *Inline) UnlockAndDispatch() {
	d := n.driver
	if d.effects.begin.first != nil {
		n.keep()
	}
	d.unlockAndDispatch()
}

// keep takes what is quick out of the requests that are about to be started. Requires the lock.
func (n *Inline) keep() {
	d := n.driver
	all := d.effects.begin
	d.effects.begin = requests{}
	for all.first != nil {
		r := all.pop()
		if !d.keeps(r) {
			d.effects.begin.push(r)
			continue
		}
		n.requests = append(n.requests, r)
		d.effects.resumed--
	}
	if len(n.requests) > 0 && !n.listed && !d.overseer.add(n) {
		for _, r := range n.requests { // nobody would take over
			d.effects.start(r)
		}
		n.requests = n.requests[:0]
	}
}

// keeps says whether r is for the goroutine that has read it.
func (d *Driver) keeps(r *Request) bool {
	switch d.config.Handlers {
	case HandlersInline:
		return true
	case HandlersPooled:
		return false
	}
	return r.speed.quick()
}

// Len returns how many requests are kept.
func (n *Inline) Len() int { return len(n.requests) }

// Serve runs the handlers of the requests that are kept, and has the answers sent. If it returns
// false another goroutine reads the link: the caller must not touch the link any more.
func (n *Inline) Serve() (reads bool) {
	if len(n.requests) == 0 {
		return true
	}
	d := n.driver
	n.claims.begin()
	at := d.overseer.now()
	sent, yielded := at, at
	for {
		i, what := n.claims.next(len(n.requests))
		switch what {
		case claimedNone:
			// Nothing is left to be sent: a handler that ran when this was taken over took
			// longer than sendAfter, and what was published before that has been applied.
			return false
		case claimedAll:
			n.requests = n.requests[:0]
			d.passOf(n)
			return true
		}
		r := n.requests[i]
		n.requests[i] = nil
		speed := r.speed
		d.run(r)
		d.publishAnswer(r)
		now := d.overseer.now()
		speed.note(now - at)
		if at = now; now-sent >= sendAfter {
			d.pass()
			at = d.overseer.now()
			sent = at
		}
		if at-yielded >= bulk.YieldAfter || bulk.Wanted() {
			bulk.Yield()
			at = d.overseer.now()
			yielded = at
		}
	}
}

// Within a round, answers are sent once sendAfter has passed since the last ones were, and
// others have their turn once in bulk.YieldAfter.
const sendAfter = 100 * time.Microsecond

// Leave starts the handlers of the requests that are kept elsewhere: the link is at its end.
func (n *Inline) Leave() {
	d := n.driver
	d.lock()
	defer d.unlockAndDispatch()
	for _, r := range n.requests {
		d.effects.start(r)
	}
	n.requests = nil
	d.overseer.remove(n)
}

// passOf is a pass at the end of a round of n.
func (d *Driver) passOf(n *Inline) {
	d.lock()
	d.overseer.remove(n)
	d.applyPublished()
	d.unlockAndDispatchLogApart()
}
