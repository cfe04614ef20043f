package acceptance

import (
	"errors"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/golden"
)

// The promises of PROTOCOL 11 to old peers, on sockets. Every frame that our node
// sends has to be expected by name, so none of these stories could pass with a
// MEET or VOID too many.

// status returns what our node knows of the old peer.
func (s *stage) status() bilateralrpc.PeerStatus {
	s.t.Helper()
	for _, p := range s.node.Peers() {
		if p.Name == s.old {
			return p
		}
	}
	s.t.Fatalf("our node does not know %s", s.old)
	return bilateralrpc.PeerStatus{}
}

// PROTOCOL 3.4: "To a peer that is not known as ours a TICK goes first if it may serve
// us already, and JOIN follows only when it does not answer."
func TestOldListenerIsAskedAndJoinedAtOnce(t *testing.T) {
	// With these, only the news that the link is up can bring TICK and JOIN in time.
	timing := bilateralrpc.Timing{FirstJoin: time.Hour, Join: time.Hour}
	eachStage(t, timing, func(s *stage) {
		s.listen()
		l := s.admit()
		if p := s.status(); !p.Active || p.Ours || p.Dialling != bilateralrpc.StateConnected {
			s.t.Errorf("%+v, want an active old peer", p)
		}
		l.wantAnswer(1)
	})
}

// Our node is a new one, that the old peer takes for its client of before.
func TestOldListenerThatServesAnEarlierNode(t *testing.T) {
	eachStage(t, bilateralrpc.Timing{}, func(s *stage) {
		s.listen()
		l := s.accept()
		l.say("TOCK", l.want("TICK"))
		l.want("MEET")
		waitPeers(s.t, s.node, 1)
		l.wantAnswer(1)
	})
}

// An old peer that does not know our node says nothing to its TICK.
func TestOldListenerThatSaysNothing(t *testing.T) {
	timing := bilateralrpc.Timing{FirstJoin: 100 * time.Millisecond}
	eachStage(t, timing, func(s *stage) {
		s.listen()
		l := s.accept()
		l.want("TICK")
		s.passWithout("JOIN", joins, timing.FirstJoin)
		l.want("JOIN")
	})
}

// PROTOCOL 11.2: "It is sent at most one JOIN per JOIN_TIME."
func TestOldListenerIsNotPressed(t *testing.T) {
	timing := bilateralrpc.Timing{Join: 300 * time.Millisecond, JoinsMax: 3, Retry: 400 * time.Millisecond}
	eachStage(t, timing, func(s *stage) {
		s.listen()
		l := s.accept()
		l.want("TICK")
		l.say("PART", nil)
		for range timing.JoinsMax {
			l.want("JOIN")
			s.passWithout("JOIN", joins, timing.Join)
		}
		l.wantGone() // the phase has failed
		dials := s.node.Stats().Dials
		s.pass(timing.Retry - 1)
		if n := s.node.Stats().Dials; n != dials {
			s.t.Errorf("the next phase began before %v had passed", timing.Retry)
		}
		s.pass(1)
		s.accept().wantJoin()
	})
}

// PROTOCOL 3.4: "It may as well if it has accepted this incarnation and was heard less
// than SERVE_TIME ago; then for 1 s."
func TestOldListenerIsAskedBeforeItIsJoinedAgain(t *testing.T) {
	timing := bilateralrpc.Timing{Resume: 200 * time.Millisecond, Join: 500 * time.Millisecond}
	eachStage(t, timing, func(s *stage) {
		s.listen()
		l := s.admit()
		joined := s.clock.Now()
		l.close()
		// It still serves us: no JOIN.
		l = s.accept()
		l.say("TOCK", l.want("TICK"))
		waitPeers(s.t, s.node, 1)
		l.wantAnswer(1)
		l.close()
		// It does not: JOIN, after a while, and not too soon after the last one.
		l = s.accept()
		l.want("TICK")
		s.passWithout("JOIN", joins, joined.Add(timing.Join).Sub(s.clock.Now()))
		l.want("JOIN")
		l.say("STAY", nil)
		l.say("TOCK", l.want("TICK"))
		waitPeers(s.t, s.node, 1)
		l.close()
		// Nor now, long after the last JOIN.
		s.pass(timing.Join)
		l = s.accept()
		l.want("TICK")
		s.passWithout("JOIN", joins, timing.Resume)
		l.want("JOIN")
	})
}

// PROTOCOL 11.5: "An original in its handshake answers our JOIN with PART but
// accepts our STAY to its own JOIN: 3.5 and 5.5 make that one exchange."
func TestOldPeerWhoseJoinCrossesOurs(t *testing.T) {
	eachStage(t, bilateralrpc.Timing{}, func(s *stage) {
		s.listen()
		dialled := s.accept()
		dialled.wantJoin()
		served := s.join()
		dialled.say("PART", nil)
		dialled.wantGone()
		s.pass(time.Minute) // of which nothing comes: nobody waits or dials while the other half serves
		served.wantTock("still there")
		if p := s.status(); !p.Active || p.Dialling != bilateralrpc.StateIdle || p.Listening != bilateralrpc.StateServing {
			s.t.Errorf("%+v, want an old peer that is served and not dialled", p)
		}
		if n := s.node.Stats().Dials; n != 1 {
			s.t.Errorf("dialled %d times, want once", n)
		}
	})
}

// PROTOCOL 4.5: "An old peer that said STAY may serve only much later; it is
// active from its first TOCK."
func TestOldListenerInLimbo(t *testing.T) {
	timing := bilateralrpc.Timing{LimboTick: 20 * time.Millisecond}
	eachStage(t, timing, func(s *stage) {
		s.listen()
		l := s.accept()
		l.wantJoin()
		l.say("STAY", nil)
		for i := range 10 {
			if tick := l.want("TICK"); len(tick) != 8 || int(tick[7]) != i+2 {
				s.t.Fatalf("TICK %x, want number %d", tick, i+2)
			}
			if p := s.status(); p.Active || p.Dialling != bilateralrpc.StateLimbo || s.node.ConnectionCount() != 0 {
				s.t.Fatalf("%+v, want an old peer in Limbo", p)
			}
			s.passWithout("TICK", ticks, timing.LimboTick)
		}
		l.say("TOCK", l.want("TICK"))
		waitPeers(s.t, s.node, 1)
	})
}

// PROTOCOL 11.4: "To an old dialler that was sent something but not heard for
// LIVE_TIME, send a CALL with a fresh id and an empty method, and again every
// JOIN_TIME." It only speaks when it is asked, and is not dropped: F33.
func TestOldDiallerThatIsOnlySentTo(t *testing.T) {
	timing := bilateralrpc.Timing{Live: 50 * time.Millisecond, Join: 50 * time.Millisecond, Serve: time.Second}
	eachStage(t, timing, func(s *stage) {
		l := s.join()
		ids := map[uint32]bool{}
		for range 3 * timing.Serve / 2 / timing.Live {
			for range 10 { // all the while: what is sent to it keeps an original from its TICK
				if err := s.node.Cast(nil, "Arith.SumDiffV", golden.Args{}); err != nil {
					s.t.Fatal(err)
				}
				l.want("CAST")
				s.pass(timing.Live / 10)
			}
			p, _, ok := core.ParsePayload(core.CALL, l.want("CALL"))
			if !ok || len(p.Method) > 0 || p.ID == 0 || ids[p.ID] {
				s.t.Fatalf("CALL of id %d, %q, want a fresh id and no method", p.ID, p.Method)
			}
			ids[p.ID] = true
			l.say("BACK", core.AppendPayload(nil, &core.Action{Command: core.CALL, ID: p.ID})) // id and method only
			eventually(s.t, "the BACK to be heard", func() bool { return s.node.Stats().FramesIn.Back == uint64(len(ids)) })
		}
		if n := s.node.ConnectionCount(); n != 1 {
			s.t.Errorf("%d peers after %d nudges, want one that is still there", n, len(ids))
		}
	})
}

// PROTOCOL 2.5: "TICK, CALL, CAST or BACK on a listening link that has not joined
// gets PART with the reason not joined, at most one per JOIN_TIME and link."
func TestOldDiallerThatHasNotJoined(t *testing.T) {
	eachStage(t, bilateralrpc.Timing{}, func(s *stage) {
		request := core.AppendPayload(nil, &core.Action{Command: core.CALL, ID: 1, Method: []byte("Arith.SumDiffV")})
		for _, first := range []string{"TICK", "CALL", "CAST", "BACK"} {
			s = s.again(bilateralrpc.Config{})
			l := s.dial()
			l.say(first, request)
			l.want("PART")
			for _, command := range []string{"TICK", "CALL", "CAST", "BACK"} {
				l.say(command, request)
			}
			l.say("JOIN", []byte(oldNetwork))
			l.want("STAY") // and no second PART before
			l.wantTock("served")
			if n, run := s.node.Stats().Drops.NotJoined, s.node.Stats().Serving; n != 5 || run != 0 {
				s.t.Errorf("%d frames were dropped for want of a JOIN and %d are being served, want 5 and 0",
					n, run)
			}
		}
	})
}

// PROTOCOL 3.7: "A JOIN of another network always gets PART." The original looked
// at the network of those only whom it did not know: F15.
func TestOldDiallerOfAnotherNetwork(t *testing.T) {
	eachStage(t, bilateralrpc.Timing{}, func(s *stage) {
		l := s.join()
		l.say("JOIN", []byte("other"))
		l.want("PART")
		l.wantTock("still served for the JOIN before")
	})
}

// PROTOCOL 11.3: "It is never sent a request twice, unless the caller declared
// the call idempotent."
func TestOldPeerIsNeverAskedTwice(t *testing.T) {
	eachStage(t, bilateralrpc.Timing{}, func(s *stage) {
		s.askAcrossACut(s.join, (*oldLink).wantNumberedTock)
		s = s.again(bilateralrpc.Config{})
		s.listen()
		s.askAcrossACut(s.admit, (*oldLink).wantAnswer)
	})
}

// askAcrossACut calls the old peer twice, cutting the link that each CALL went by.
// settled asks our node for an answer, before which it must not say anything.
func (s *stage) askAcrossACut(open func() *oldLink, settled func(*oldLink, uint32)) {
	s.t.Helper()
	l := open()
	const timeout = 300 * time.Millisecond
	done := s.callInBackground(bilateralrpc.WithTimeout(timeout))
	l.want("CALL")
	l.close()
	l = open()
	settled(l, 1)
	s.pass(timeout)
	if err := await(s.t, "the call to end", done); !errors.Is(err, bilateralrpc.ErrNoReply) {
		s.t.Errorf("the call ended with %v, want ErrNoReply", err)
	}
	settled(l, 2) // and no VOID

	done = s.callInBackground(bilateralrpc.WithTimeout(patience), bilateralrpc.Idempotent())
	first := l.want("CALL")
	l.close()
	// On libzmq a dialler that is back before its loss was noticed is on the same link.
	eventually(s.t, "the cut to be noticed", func() bool { return s.node.ConnectionCount() == 0 })
	l = open()
	again := l.want("CALL")
	if string(again) != string(first) {
		s.t.Errorf("sent again as %x, want %x", again, first)
	}
	p, _, _ := core.ParsePayload(core.CALL, again)
	l.say("BACK", core.AppendPayload(nil, &core.Action{Command: core.BACK, ID: p.ID, Method: p.Method, Err: []byte("heard")}))
	if err := await(s.t, "the idempotent call to end", done); err != bilateralrpc.RemoteError("heard") {
		s.t.Errorf("the idempotent call ended with %v, want the answer to its second CALL", err)
	}
	l.close()
}

// callInBackground makes a call and tells what became of it at the old peer.
func (s *stage) callInBackground(options ...bilateralrpc.CallOption) <-chan error {
	done := make(chan error, 1)
	go func() {
		var rows []deskRow
		outcomes, err := s.node.CallContext(s.t.Context(), nil, "Arith.SumDiffV", golden.Args{}, &rows, options...)
		if err == nil && len(outcomes) == 1 {
			err = outcomes[0].Err
		}
		done <- err
	}()
	return done
}

// PROTOCOL 9.1: "Closing sends PART to every served peer, and to every peer of
// ours on our dials, hangs up, ends every call."
func TestOldPeersHearOfClose(t *testing.T) {
	eachStage(t, bilateralrpc.Timing{}, func(s *stage) {
		patient := bilateralrpc.Config{Linger: patience} // what is said last leaves, however long that takes
		s = s.again(patient)
		l := s.join()
		closed := s.closeInBackground()
		l.want("PART")
		l.wantGone()
		l.close()
		await(s.t, "Close to return", closed)

		s = s.again(patient)
		s.listen()
		l = s.admit()
		closed = s.closeInBackground()
		l.wantGone() // an original obeys hanging up, and knows no PART here
		l.close()
		await(s.t, "Close to return", closed)
	})
}

func (s *stage) closeInBackground() <-chan struct{} {
	closed := make(chan struct{})
	go func() {
		s.node.Close()
		close(closed)
	}()
	return closed
}
