package zmqio

import (
	"context"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/buffers"
)

// Stream is a call whose outcomes are taken as they come. It comes from
// Driver.NewStream; its Call is filled in, but for Outcomes, which is the driver's; Begin
// makes the call, Next takes an outcome, and End gives the record back. It belongs to one
// goroutine at a time.
//
// No goroutine stands behind it. The holder of the node's lock collects the outcomes of
// its pass in Call.Outcomes, and hands them over on unlocking (publish): so the stream's
// own lock is held for as long as it takes to move them, once a pass, and its owner never
// takes the node's. What an owner that is slow leaves lying is bounded by the peers that it
// has asked, and the bytes are charged to these until Next goes on to another outcome.
type Stream struct {
	Call
	driver *Driver

	// Guarded by the lock of the node.
	news   *Stream // the next one in effects.news
	listed bool    // it is in effects.news
	ended  bool    // the call is over
	asked  int     // peers that have no outcome yet

	mu sync.Mutex // guards what follows
	// arrived are outcomes that the owner has not seen.
	arrived []Outcome
	// left is how many come after them, and over says that none does.
	left int
	over bool

	// The owner's.
	done  <-chan struct{} // of its context; nil once the call has been given up
	begun bool
	taken []Outcome // out of arrived
	given int       // of taken
}

// NewStream returns a stream to fill in. Its memory comes from an earlier one.
func (d *Driver) NewStream() *Stream { return d.streams.Get().(*Stream) }

// newStream makes the record of a stream.
func (d *Driver) newStream() any {
	s := &Stream{driver: d, Call: Call{wake: make(chan struct{}, 1)}}
	s.stream = s
	return s
}

// Begin makes the call, and returns at once. If ctx is done before the call is over, Next
// gives the call up: the outcomes of peers that have not answered are then Canceled.
func (s *Stream) Begin(ctx context.Context) {
	s.done = ctx.Done() // code of the user, which may block or panic
	s.driver.identify(ctx, &s.Call)
	s.begun = true
	s.driver.submitCall(opCall, &s.Call)
}

// Next waits for the next outcome. It is valid until Next or End is called again. False
// says that there are no more: see Err.
func (s *Stream) Next() (*Outcome, bool) {
	if s.given > 0 {
		s.taken[s.given-1].release()
	}
	for s.given == len(s.taken) {
		if !s.take() {
			return nil, false
		}
	}
	s.given++
	return &s.taken[s.given-1], true
}

// take takes the outcomes that have arrived, or waits for news. It returns false if
// there is nothing more.
func (s *Stream) take() bool {
	clear(s.taken)
	s.given = 0
	s.mu.Lock()
	s.taken, s.arrived = s.arrived, s.taken[:0]
	over := s.over
	s.mu.Unlock()
	if len(s.taken) > 0 || over {
		return len(s.taken) > 0
	}
	select {
	case <-s.wake:
	case <-s.done:
		s.giveUp()
	}
	return true
}

// Left returns how many outcomes are still to come. It is known once Next has returned.
func (s *Stream) Left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.taken) - s.given + len(s.arrived) + s.left
}

// Err returns the error of a stream whose Next has returned false: why the call was not
// made, or that the node has ended meanwhile.
func (s *Stream) Err() error {
	if s.closed {
		return s.driver.reason()
	}
	return s.driver.refusal(s.refused)
}

// GiveUp gives the call up, unless it is over: Next has no more to wait for.
func (s *Stream) GiveUp() {
	if s.begun && !s.isOver() {
		s.giveUp()
	}
}

// End is GiveUp, and gives the record back. Nothing of it may be used afterwards.
func (s *Stream) End() {
	s.GiveUp()
	release(s.taken[max(s.given-1, 0):])
	release(s.arrived)
	s.reset() // a token may be left in wake: it only has Next look in vain
	s.driver.streams.Put(s)
}

// isOver says whether the last outcome has arrived.
func (s *Stream) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

// giveUp cancels the call. It is over afterwards.
func (s *Stream) giveUp() {
	s.done = nil
	s.driver.submit(&op{kind: opCancel, call: &s.Call})
}

// release gives back what outcomes hold.
func release(outcomes []Outcome) {
	for i := range outcomes {
		outcomes[i].release()
	}
}

// release gives back what o holds. Nothing of it may be used afterwards.
func (o *Outcome) release() {
	o.claim.release()
	buffers.Process.Put(o.payload)
	o.payload = nil
}

// reset makes s a record to fill in. The driver does not know it any more.
func (s *Stream) reset() {
	s.Call.reset()
	s.stream = s
	s.ended, s.asked = false, 0
	s.arrived, s.taken = recycleOutcomes(s.arrived), recycleOutcomes(s.taken)
	s.left, s.over = 0, false
	s.done, s.begun, s.given = nil, false, 0
}

// tell has the owner of s hear of what has happened, once the node is unlocked.
func (e *effects) tell(s *Stream) {
	if !s.listed {
		s.listed = true
		s.news, e.news = e.news, s
	}
}

// publish hands over to the owners what has arrived for them. A stream that is over is
// its owner's alone once its lock is given back, and may be used again at once. Requires
// the lock of the node.
func (e *effects) publish() {
	for e.news != nil {
		s := e.news
		e.news, s.news, s.listed = s.news, nil, false
		e.resumed++
		s.mu.Lock()
		s.arrived = append(s.arrived, s.Outcomes...)
		s.left, s.over = s.asked, s.ended
		clear(s.Outcomes)
		s.Outcomes = s.Outcomes[:0]
		select {
		case s.wake <- struct{}{}:
		default: // it has been told, and has yet to look
		}
		s.mu.Unlock()
	}
}

// begin notes how many of the peers that the call has gone to have no outcome yet, of
// sent in all. Requires the lock of the node.
func (s *Stream) begin(sent int) {
	s.asked = sent
	for i := range s.Outcomes {
		if s.Outcomes[i].How != core.NotConnected {
			s.asked--
		}
	}
}
