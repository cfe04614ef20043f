package acceptance

import (
	"bytes"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
)

// controls plays the records of a scripted peer that dialled an original: JOIN,
// TICK, and CALLs that are wrong in some way.
func (r *replay) controls() {
	r.t.Helper()
	link := r.dial()
	// An original's PART and STAY are empty, and it ignores what ours say in theirs.
	link.say("JOIN", r.take("control/join-other").Payload())
	link.want(r.take("control/answer-other").Command)
	link.say("JOIN", r.take("control/join-net_one").Payload())
	link.want(r.take("control/answer-net_one").Command)
	for _, which := range []string{"0000000000000001", "ffffffffffffffff", "", "616e79206c656e67"} {
		link.say("TICK", r.take("control/tick-"+which).Payload())
		want := r.take("control/tock-" + which).Payload()
		if got := link.want("TOCK"); !bytes.Equal(got, want) {
			r.t.Errorf("TOCK %x, want %x", got, want)
		}
	}
	undecodable, malformed := r.node.Stats().Drops.Undecodable, r.node.Stats().Malformed
	for _, name := range []string{
		"empty-payload", "garbage", "id-only", "no-args", "extra-field-args", "id-max", "id-zero", "two-frame-call",
	} {
		// Ids up and down are those of many lives: JOIN begins another one.
		link.say("JOIN", []byte(oldNetwork))
		link.want("STAY")
		call, back := r.take("control/call-"+name), r.take("control/back-"+name)
		if len(call.Frames) == 1 {
			link.sayFrames(append([]byte{0, byte(len(call.Frames[0]))}, call.Frames[0]...))
		} else {
			link.say("CALL", call.Payload())
		}
		if _, dropped := noBacks[name]; dropped {
			link.wantTock(name)
			continue
		}
		r.compareBack(name, back, link.want("BACK"))
	}
	if got := r.node.Stats().Drops.Undecodable - undecodable; got != 4 {
		r.t.Errorf("%d undecodable requests were counted, want 4: three are dropped, one is answered", got)
	}
	if got := r.node.Stats().Malformed - malformed; got != 1 {
		r.t.Errorf("%d malformed messages were counted, want the one of a single frame", got)
	}

	g := r.records["call/ints-pointer-arg/server"]
	back := core.AppendPayload(nil, &core.Action{Command: core.BACK, ID: 1, Method: []byte(g.Method), Err: []byte("ein Fehler")})
	result := r.take("result/python-error-back-without-reply-value")
	r.compareRow(result.Case, r.call(link, g, back[len(goldenID):]), result)
	link.close()
}

// clientControls compares what our node says when it dials with what an original
// said, and plays the PART that it got.
func (r *replay) clientControls() {
	r.t.Helper()
	timing := bilateralrpc.Timing{FirstJoin: 200 * time.Millisecond, Join: 500 * time.Millisecond, BasePart: 50 * time.Millisecond, RandPart: time.Nanosecond}
	s := r.again(bilateralrpc.Config{Timing: timing})
	s.listen()
	link := s.accept()
	tick := func(name string) []byte {
		got, want := link.want("TICK"), r.take(name).Payload()
		if !bytes.Equal(got, want) {
			r.t.Errorf("TICK %x, want %x", got, want)
		}
		return got
	}
	// The original's TICKs come LIVE_TIME after the STAY, ours before the JOIN and at
	// once after the STAY.
	tick("control/client-tick-1")
	s.passWithout("JOIN", joins, timing.FirstJoin)
	joined := s.clock.Now()
	join := r.take("control/client-join")
	if got := link.want("JOIN"); !bytes.Equal(got, join.Payload()) {
		r.t.Errorf("JOIN %q, want %q", got, join.Payload())
	}
	link.say("STAY", nil)
	link.say("TOCK", tick("control/client-tick-2"))
	eventually(r.t, "TOCK to be heard", func() bool { return s.node.Stats().FramesIn.Tock == 1 })
	link.say("PART", r.take("control/py-part").Payload())
	link.wantGone()
	dials := s.node.Stats().Dials
	s.pass(timing.BasePart - 1)
	if s.node.Stats().Dials != dials {
		r.t.Errorf("back before %v have passed since a PART without a reason", timing.BasePart)
	}
	s.pass(1)
	link = s.accept()
	s.passWithout("JOIN", joins, joined.Add(timing.Join).Sub(s.clock.Now())) // an old peer is not pressed
	if got := link.want("JOIN"); !bytes.Equal(got, join.Payload()) {
		r.t.Errorf("JOIN %q, want %q", got, join.Payload())
	}
}
