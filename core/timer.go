package core

// timerKind says what a deadline is for. A peer has at most one timer of each
// of its kinds, a call has one.
type timerKind uint8

const (
	timerDial   timerKind = iota // When to dial: the wait between phases, or the pause between attempts, is over.
	timerReach                   // When to give up a dial attempt; without link reports, when to take the link as up.
	timerJoin                    // When to send the next JOIN; in Probe, when to stop waiting for a TOCK first.
	timerPhase                   // When to give up a dial phase.
	timerTick                    // When to send the next TICK.
	timerTock                    // When to take an unanswered TICK as the end of the link.
	timerAnswer                  // When to hang up an unanswered dial because the other half serves.
	timerDrain                   // When to look whether a draining link is still needed, then when to cut it.
	timerServe                   // When to stop serving a silent peer.
	timerNudge                   // When to make an old dialler say something, so that it is not taken for dead.
	timerForget                  // When to forget a peer that is neither dialled nor served.
	peerTimers
	timerCall // When to end a call without the replies that are missing.
)

var timerNames = [...]string{
	timerDial: "dial", timerReach: "reach", timerJoin: "join", timerPhase: "phase", timerTick: "tick",
	timerTock: "tock", timerAnswer: "answer", timerDrain: "drain", timerServe: "serve",
	timerNudge: "nudge", timerForget: "forget",
}

// timerQueue holds the armed timers of a machine: those of peers in a heap, and
// those of calls in a list where that is possible (due.go). The owner of a timer
// keeps its position, which the queue writes.
type timerQueue struct {
	heap []timerItem // ordered by timerItem.before, each parent before its heapArity children
	due  dueList     // of the timers of calls that are not in the heap
	seq  uint64      // of the timer that was armed last
}

// timerItem is an armed timer.
type timerItem struct {
	at    Instant   // when it is due
	seq   uint64    // the order of arming, which breaks ties
	pos   *int32    // where its owner keeps its position in the heap
	owner int32     // slot of the peer or of the call
	kind  timerKind // what it is for
}

// before says whether a comes before b.
func (a *timerItem) before(b *timerItem) bool {
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}

// heapArity is 4: half the depth of a binary heap, and few cache lines of children.
const heapArity = 4

// notArmed is the heap position of a timer that is not in the heap.
const notArmed = -1

// set arms one timer of p, replacing the deadline it had. One that is due Never
// is not armed.
func (q *timerQueue) set(p *peer, kind timerKind, at Instant) {
	q.arm(&p.timers[kind], p.slot, kind, at)
}

// dueAt returns when an armed timer of p is due.
func (q *timerQueue) dueAt(p *peer, kind timerKind) Instant { return q.heap[p.timers[kind]].at }

// stop disarms one timer of p, if it is armed.
func (q *timerQueue) stop(p *peer, kind timerKind) { q.disarm(&p.timers[kind]) }

// stopAll disarms every timer of p.
func (q *timerQueue) stopAll(p *peer) {
	for kind := range p.timers {
		q.disarm(&p.timers[kind])
	}
}

// stopDialling disarms every timer of the dialling half of p.
func (q *timerQueue) stopDialling(p *peer) {
	q.stopLink(p)
	q.stop(p, timerPhase)
}

// stopLink disarms the timers of the dialling half that are about its present
// link or attempt.
func (q *timerQueue) stopLink(p *peer) {
	for _, kind := range [...]timerKind{timerDial, timerReach, timerJoin, timerTick, timerTock, timerAnswer, timerDrain} {
		q.stop(p, kind)
	}
}

// stopListening disarms what waits for the listening half of p while it serves.
func (q *timerQueue) stopListening(p *peer) {
	q.stop(p, timerServe)
	q.stop(p, timerNudge)
}

// arm puts a timer into the heap, replacing the deadline it had.
func (q *timerQueue) arm(pos *int32, owner int32, kind timerKind, at Instant) {
	q.disarm(pos)
	if at == Never {
		return
	}
	q.seq++
	q.heap = append(q.heap, timerItem{at, q.seq, pos, owner, kind})
	*pos = int32(len(q.heap) - 1)
	q.siftUp(int(*pos))
}

// disarm takes a timer out of the heap; it does nothing to one that is not in it.
func (q *timerQueue) disarm(pos *int32) {
	i := int(*pos)
	if i == notArmed {
		return
	}
	*pos = notArmed
	last := len(q.heap) - 1
	moved := q.heap[last]
	q.heap = q.heap[:last]
	if i == last {
		return
	}
	q.heap[i] = moved
	q.siftUp(i) // which also tells its owner where it is
	q.siftDown(i)
}

// siftUp moves the timer at place i towards the root, to where it belongs.
func (q *timerQueue) siftUp(i int) {
	t := q.heap[i]
	for i > 0 {
		parent := (i - 1) / heapArity
		if !t.before(&q.heap[parent]) {
			break
		}
		q.place(i, q.heap[parent])
		i = parent
	}
	q.place(i, t)
}

// siftDown moves the timer at place i towards the leaves, to where it belongs.
func (q *timerQueue) siftDown(i int) {
	t := q.heap[i]
	for {
		first := i*heapArity + 1
		if first >= len(q.heap) {
			break
		}
		least := first
		for c := first + 1; c < min(first+heapArity, len(q.heap)); c++ {
			if q.heap[c].before(&q.heap[least]) {
				least = c
			}
		}
		if !q.heap[least].before(&t) {
			break
		}
		q.place(i, q.heap[least])
		i = least
	}
	q.place(i, t)
}

// place puts a timer at place i and tells its owner.
func (q *timerQueue) place(i int, t timerItem) {
	q.heap[i] = t
	*t.pos = int32(i)
}

// next returns when the timer that is due first is, Never if none is armed.
func (q *timerQueue) next() Instant {
	at := Never
	if c := q.due.first; c != nil {
		at = c.due
	}
	if len(q.heap) > 0 {
		at = min(at, q.heap[0].at)
	}
	return at
}

// earliest returns the timer that is due first, false if none is armed.
func (q *timerQueue) earliest() (t timerItem, ok bool) {
	if c := q.due.first; c != nil {
		t, ok = timerItem{c.due, c.seq, &c.pos, c.slot, timerCall}, true
	}
	if len(q.heap) > 0 && (!ok || q.heap[0].before(&t)) {
		t, ok = q.heap[0], true
	}
	return t, ok
}

// armed returns how many timers are armed.
func (q *timerQueue) armed() int { return len(q.heap) + q.due.n }
