package bilateralrpc_test

import (
	"bytes"
	"time"

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
	before := r.node.Stats()
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
	after := r.node.Stats()
	if got := after.Drops[core.DropUndecodable] - before.Drops[core.DropUndecodable]; got != 4 {
		r.t.Errorf("%d undecodable requests were counted, want 4: three are dropped, one is answered", got)
	}
	if got := after.Malformed - before.Malformed; got != 1 {
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
	timing := goldenTiming
	timing.Live, timing.Join, timing.BasePart, timing.RandPart = 200*time.Millisecond, 500*time.Millisecond, 50*time.Millisecond, time.Nanosecond
	s := newStage(r.t, r.tr, r.keys != nil, timing)
	s.listen()
	link := s.accept()
	join := r.take("control/client-join")
	if got := link.want("JOIN"); !bytes.Equal(got, join.Payload()) {
		r.t.Errorf("JOIN %q, want %q", got, join.Payload())
	}
	link.say("STAY", nil)
	var ticked []time.Time
	for _, name := range []string{"control/client-tick-1", "control/client-tick-2"} {
		got, want := link.want("TICK"), r.take(name).Payload()
		if ticked = append(ticked, time.Now()); !bytes.Equal(got, want) {
			r.t.Errorf("TICK %x, want %x", got, want)
		}
		link.say("TOCK", got)
	}
	// The original's first TICK comes LIVE_TIME after the STAY, ours at once.
	if idle := ticked[1].Sub(ticked[0]); idle < timing.Live/2 {
		r.t.Errorf("the second TICK came %v after the first, want about %v", idle, timing.Live)
	}
	link.say("PART", r.take("control/py-part").Payload())
	parted := time.Now()
	link.wantGone()
	if got := s.accept().want("JOIN"); !bytes.Equal(got, join.Payload()) {
		r.t.Errorf("JOIN %q, want %q", got, join.Payload())
	}
	if away := time.Since(parted); away < timing.BasePart {
		r.t.Errorf("back %v after a PART without a reason, want at least %v", away, timing.BasePart)
	}
}
