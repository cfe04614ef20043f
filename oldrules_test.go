package bilateralrpc_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/golden"
)

// What section 11 of the protocol promises to old peers, on sockets. Every frame
// that our node sends has to be expected by name, so none of these stories could
// pass with a MEET or VOID too many.

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

// PROTOCOL 3.2: "When it is up, JOIN goes out at once."
func TestOldListenerIsJoinedAtOnce(t *testing.T) {
	// With these, only the news that the link is up can bring the JOIN in time.
	timing := core.Timing{FirstStart: time.Millisecond, FirstJoin: time.Hour, Join: time.Hour}
	eachStage(t, timing, func(s *stage) {
		s.listen()
		l := s.admit()
		if p := s.status(); !p.Active || p.Ours || p.Dialling != core.Connected {
			s.t.Errorf("%+v, want an active old peer", p)
		}
		l.wantAnswer(1)
	})
}

// PROTOCOL 11.2: "It is sent at most one JOIN per JOIN_TIME."
func TestOldListenerIsNotPressed(t *testing.T) {
	timing := core.Timing{FirstStart: time.Millisecond, Join: 300 * time.Millisecond, JoinsMax: 3, Retry: 300 * time.Millisecond}
	eachStage(t, timing, func(s *stage) {
		s.listen()
		before := time.Now() // and before the first JOIN
		l := s.accept()
		for i := range timing.JoinsMax {
			l.want("JOIN")
			if least := time.Duration(i) * timing.Join; time.Since(before) < least {
				s.t.Errorf("JOIN %d came %v after the first, want at least %v", i+1, time.Since(before), least)
			}
		}
		l.wantGone() // the phase has failed
		l = s.accept()
		l.want("JOIN")
		if least := time.Duration(timing.JoinsMax)*timing.Join + timing.Retry; time.Since(before) < least {
			s.t.Errorf("the next phase began after %v, want at least %v", time.Since(before), least)
		}
	})
}

// PROTOCOL 3.4: "To an old peer that has accepted this incarnation of us and was
// heard less than SERVE_TIME ago a TICK goes first, and JOIN only after 1 s
// without a TOCK."
func TestOldListenerIsAskedBeforeItIsJoinedAgain(t *testing.T) {
	timing := core.Timing{
		FirstStart: time.Millisecond, RedialMin: time.Millisecond, RedialMax: 2 * time.Millisecond,
		Resume: 200 * time.Millisecond, Join: 500 * time.Millisecond,
	}
	eachStage(t, timing, func(s *stage) {
		s.listen()
		before := time.Now()
		s.admit().close()
		// It still serves us: no JOIN.
		l := s.accept()
		l.say("TOCK", l.want("TICK"))
		waitPeers(s.t, s.node, 1)
		l.wantAnswer(1)
		l.close()
		// It does not: JOIN, after a while.
		redialled := time.Now()
		l = s.accept()
		l.want("TICK")
		if l.want("JOIN"); time.Since(redialled) < timing.Resume || time.Since(before) < timing.Join {
			s.t.Errorf("JOIN %v after the link and %v after the last JOIN, want at least %v and %v",
				time.Since(redialled), time.Since(before), timing.Resume, timing.Join)
		}
		l.say("STAY", nil)
		l.say("TOCK", l.want("TICK"))
		waitPeers(s.t, s.node, 1)
	})
}

// PROTOCOL 11.5: "An original in its handshake answers our JOIN with PART but
// accepts our STAY to its own JOIN: 3.5 and 5.5 make that one exchange."
func TestOldPeerWhoseJoinCrossesOurs(t *testing.T) {
	eachStage(t, core.Timing{FirstStart: time.Millisecond, BasePart: time.Millisecond, RandPart: time.Nanosecond}, func(s *stage) {
		s.listen()
		dialled := s.accept()
		dialled.want("JOIN")
		served := s.join()
		dialled.say("PART", nil)
		dialled.wantGone()
		served.wantTock("still there")
		if p := s.status(); !p.Active || p.Dialling != core.Idle || p.Listening != core.Serving {
			s.t.Errorf("%+v, want an old peer that is served and not dialled", p)
		}
		if n := s.node.Stats().Dials; n != 1 {
			s.t.Errorf("dialled %d times, want once: nobody waits or dials while the other half serves", n)
		}
	})
}

// PROTOCOL 4.5: "An old peer that said STAY may serve only much later; it is
// active from its first TOCK."
func TestOldListenerInLimbo(t *testing.T) {
	eachStage(t, core.Timing{FirstStart: time.Millisecond, LimboTick: 20 * time.Millisecond}, func(s *stage) {
		s.listen()
		l := s.accept()
		l.want("JOIN")
		l.say("STAY", nil)
		var tick []byte
		for i := range 10 {
			if tick = l.want("TICK"); len(tick) != 8 || int(tick[7]) != i+1 {
				s.t.Fatalf("TICK %x, want number %d", tick, i+1)
			}
			if p := s.status(); p.Active || p.Dialling != core.Limbo || s.node.ConnectionCount() != 0 {
				s.t.Fatalf("%+v, want an old peer in Limbo", p)
			}
		}
		l.say("TOCK", tick)
		waitPeers(s.t, s.node, 1)
	})
}

// PROTOCOL 11.4: "To an old dialler that was sent something but not heard for
// LIVE_TIME, send a CALL with a fresh id and an empty method, and again every
// JOIN_TIME." It only speaks when it is asked, and is not dropped: F33.
func TestOldDiallerThatIsOnlySentTo(t *testing.T) {
	timing := core.Timing{Live: 50 * time.Millisecond, Join: 50 * time.Millisecond, Serve: time.Second}
	eachStage(t, timing, func(s *stage) {
		l := s.join()
		ids := map[uint32]bool{}
		cast := func() {
			if err := s.node.Cast(nil, "Arith.SumDiffV", golden.Args{}); err != nil {
				s.t.Fatal(err)
			}
		}
		cast()
		for start := time.Now(); time.Since(start) < 3*timing.Serve/2; {
			command, payload := l.next()
			p, _, ok := core.ParsePayload(core.CALL, payload)
			switch {
			case command == "CAST":
				cast() // as fast as it can be: what is sent to it keeps an original from its TICK
			case command != "CALL" || !ok || len(p.Method) > 0 || p.ID == 0 || ids[p.ID]:
				s.t.Fatalf("%s of id %d, %q, want a CALL of a fresh id without a method", command, p.ID, p.Method)
			default:
				ids[p.ID] = true
				l.say("BACK", core.AppendPayload(nil, &core.Action{Command: core.CALL, ID: p.ID})) // id and method only
				eventually(s.t, "the BACK to be heard", func() bool {
					return s.node.Stats().FramesIn[core.BACK] == uint64(len(ids))
				})
			}
		}
		if n := s.node.ConnectionCount(); n != 1 || len(ids) == 0 {
			s.t.Errorf("%d peers after %d nudges, want one that is still there", n, len(ids))
		}
	})
}

// PROTOCOL 2.5: "TICK, CALL, CAST or BACK on a listening link that has not joined
// gets PART with the reason not joined, at most one per JOIN_TIME and link."
func TestOldDiallerThatHasNotJoined(t *testing.T) {
	eachStage(t, core.Timing{}, func(s *stage) {
		request := core.AppendPayload(nil, &core.Action{Command: core.CALL, ID: 1, Method: []byte("Arith.SumDiffV")})
		for _, first := range []string{"TICK", "CALL", "CAST", "BACK"} {
			s = newStage(s.t, s.tr, s.keys != nil, core.Timing{})
			l := s.dial()
			l.say(first, request)
			l.want("PART")
			for _, command := range []string{"TICK", "CALL", "CAST", "BACK"} {
				l.say(command, request)
			}
			l.say("JOIN", []byte(oldNetwork))
			l.want("STAY") // and no second PART before
			l.wantTock("served")
			if stats := s.node.Stats(); stats.Drops[core.DropNotJoined] != 5 || stats.Serving != 0 {
				s.t.Errorf("%d frames were dropped for want of a JOIN and %d are being served, want 5 and 0",
					stats.Drops[core.DropNotJoined], stats.Serving)
			}
		}
	})
}

// PROTOCOL 3.7: "A JOIN of another network always gets PART." The original looked
// at the network of those only whom it did not know: F15.
func TestOldDiallerOfAnotherNetwork(t *testing.T) {
	eachStage(t, core.Timing{}, func(s *stage) {
		l := s.join()
		l.say("JOIN", []byte("other"))
		l.want("PART")
		l.wantTock("still served for the JOIN before")
	})
}

// PROTOCOL 11.3: "It is never sent a request twice, unless the caller declared
// the call idempotent."
func TestOldPeerIsNeverAskedTwice(t *testing.T) {
	eachStage(t, goldenTiming, func(s *stage) {
		s.askAcrossACut(s.join, (*oldLink).wantNumberedTock)
		s = newStage(s.t, s.tr, s.keys != nil, goldenTiming)
		s.listen()
		s.askAcrossACut(s.admit, (*oldLink).wantAnswer)
	})
}

// askAcrossACut calls the old peer twice, cutting the link that each CALL went by.
// settled asks our node for an answer, before which it must not say anything.
func (s *stage) askAcrossACut(open func() *oldLink, settled func(*oldLink, uint32)) {
	s.t.Helper()
	l := open()
	done := s.callInBackground(bilateralrpc.WithTimeout(300 * time.Millisecond))
	l.want("CALL")
	l.close()
	l = open()
	settled(l, 1)
	if err := <-done; !errors.Is(err, bilateralrpc.ErrNoReply) {
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
	if err := <-done; err != bilateralrpc.RemoteError("heard") {
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
	eachStage(t, goldenTiming, func(s *stage) {
		l := s.join()
		s.node.Close()
		l.want("PART")
		l.wantGone()

		s = newStage(s.t, s.tr, s.keys != nil, goldenTiming)
		s.listen()
		l = s.admit()
		s.node.Close()
		l.wantGone() // an original obeys hanging up, and knows no PART here
	})
}
