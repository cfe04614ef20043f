package faultproxy

import (
	"net"
	"slices"
	"time"
)

// Fault is something that lasts until it is ended, or a rule.
type Fault struct {
	p *Proxy
	// What it does; the rest is zero. A fault has one of these.
	stall, hole Direction
	refuse      bool
	limit       limit
	split       split
	delay       delay
	rule        Rule

	matched int // messages that the rule is about, so far
	hits    int // those that it was applied to
}

type limit struct {
	direction Direction
	rate      int
}

type split struct {
	direction Direction
	max       int
}

type delay struct {
	direction Direction
	min, max  time.Duration
}

// End ends it; to end it again does nothing.
func (f *Fault) End() {
	p := f.p
	p.mu.Lock()
	defer p.mu.Unlock()
	before := len(p.faults)
	p.faults = slices.DeleteFunc(p.faults, func(other *Fault) bool { return other == f })
	if len(p.faults) == before {
		return
	}
	p.change()
	if f.refuse && !p.refusing() {
		p.listenAgain()
	}
}

// Hits returns to how many messages a rule was applied.
func (f *Fault) Hits() int {
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	return f.hits
}

// Heal ends every fault, and takes every rule away.
func (p *Proxy) Heal() {
	p.mu.Lock()
	faults := slices.Clone(p.faults)
	p.mu.Unlock()
	for _, f := range faults {
		f.End()
	}
}

// Stall stops what goes in a direction, as a process that is frozen or a line that is
// full does: nothing passes, neither bytes nor the end of a connection, and nothing is
// lost. Connections can be made.
func (p *Proxy) Stall(d Direction) *Fault { return p.begun(Fault{stall: d}) }

// BlackHole swallows what goes in a direction. As behind a real one nothing is
// acknowledged, so TCP keeps what was sent: here it stays in the sender's socket. If
// both ends still have the connection when the hole ends, all of it arrives, as TCP sends
// it again then; to throw it away would leave a stream with a gap, which no network
// does. That an end closes or fails does not pass either. A connection that is begun in
// it does not reach the listener before it ends, whichever direction it is in.
func (p *Proxy) BlackHole(d Direction) *Fault { return p.begun(Fault{hole: d}) }

// Forget has the connections of the moment pass nothing in a direction any more, as behind
// a router that has forgotten them: it is a BlackHole for them that never ends. Later
// connections are not concerned.
func (p *Proxy) Forget(d Direction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.links {
		l.forgotten |= d
	}
	p.change()
}

// Limit lets at most so many bytes a second pass in a direction of each connection.
func (p *Proxy) Limit(d Direction, bytesPerSecond int) *Fault {
	return p.begun(Fault{limit: limit{d, max(1, bytesPerSecond)}})
}

// Split writes what passes in pieces of 1 to bytesMax bytes.
func (p *Proxy) Split(d Direction, bytesMax int) *Fault {
	return p.begun(Fault{split: split{d, max(1, bytesMax)}})
}

// Delay has each piece arrive later, by a time from low to high, and none before one
// that came in before it.
func (p *Proxy) Delay(d Direction, low, high time.Duration) *Fault {
	return p.begun(Fault{delay: delay{d, low, high}})
}

// Refuse has nothing listen at the proxy's address. Connections of the moment go on.
func (p *Proxy) Refuse() *Fault {
	f := p.begun(Fault{refuse: true})
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil && p.refusing() {
		_ = p.listener.Close() // it may fail for nothing that matters
		p.listener = nil
	}
	return f
}

// begun puts a fault into force.
func (p *Proxy) begun(f Fault) *Fault {
	f.p = p
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, &f)
	p.change()
	return &f
}

// change wakes those who wait for faults to end. The caller holds mu.
func (p *Proxy) change() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// refusing says whether connections are refused. The caller holds mu.
func (p *Proxy) refusing() bool {
	return slices.ContainsFunc(p.faults, func(f *Fault) bool { return f.refuse })
}

const (
	// listenPause is the time between attempts to listen again.
	listenPause = 10 * time.Millisecond
	// acceptPause is how long accepting rests when the process has no descriptors left.
	acceptPause = 10 * time.Millisecond
)

// listenAgain listens at the proxy's address. Where somebody else has the port, it tries
// until that has ended. The caller holds mu.
func (p *Proxy) listenAgain() {
	if p.isClosed() || p.listener != nil || p.refusing() {
		return
	}
	if listener, err := net.Listen("tcp", p.address); err == nil {
		p.listen(listener)
		return
	}
	p.wg.Go(func() {
		select {
		case <-p.closed:
		case <-time.After(listenPause):
			p.mu.Lock()
			defer p.mu.Unlock()
			p.listenAgain()
		}
	})
}

// weather is what the faults of a moment do to one direction of a connection.
type weather struct {
	blocked  bool          // nothing passes
	unheard  bool          // no connection is made
	rate     int           // bytes a second; 0 is without a limit
	piece    int           // the largest piece; 0 is without a limit
	low, top time.Duration // the delay of a piece
	changed  <-chan struct{}
}

// look returns the weather in a direction of a link.
func (p *Proxy) look(l *link, d Direction) weather {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := weather{changed: p.changed, blocked: l.forgotten&d != 0}
	for _, f := range p.faults {
		w.blocked = w.blocked || (f.stall|f.hole)&d != 0
		w.unheard = w.unheard || f.hole != 0
		if f.limit.direction&d != 0 {
			w.rate = lower(w.rate, f.limit.rate)
		}
		if f.split.direction&d != 0 {
			w.piece = lower(w.piece, f.split.max)
		}
		if f.delay.direction&d != 0 {
			w.low, w.top = w.low+f.delay.min, w.top+f.delay.max
		}
	}
	return w
}

// lower returns the lower one of two limits, of which 0 is none.
func lower(a, b int) int {
	if a == 0 {
		return b
	}
	return min(a, b)
}
