package core

import "testing"

// Each stage of a dialling link, and where MEET leads from it.
func TestLinkStages(t *testing.T) {
	for _, c := range []struct {
		stage, afterMeet    linkStage
		joinSent, told, met bool
	}{
		{stageNew, stageMetResumed, false, false, false},
		{stageJoining, stageMet, true, false, false},
		{stageTold, stageMet, true, true, false},
		{stageMet, stageMet, true, true, true},
		{stageMetResumed, stageMetResumed, false, true, true},
	} {
		x := c.stage
		if x.joinSent() != c.joinSent || x.told() != c.told || x.met() != c.met {
			t.Errorf("stage %d: JOIN sent %v, told %v, met %v; want %v, %v, %v", x, x.joinSent(), x.told(), x.met(), c.joinSent, c.told, c.met)
		}
		if got := x.afterMeet(); got != c.afterMeet {
			t.Errorf("stage %d: MEET leads to %d, want %d", x, got, c.afterMeet)
		}
	}
}

// A link that an old peer has resumed is past its JOIN, though none went out on it.
func TestBeforeJoin(t *testing.T) {
	for s := Idle; s < Serving; s++ {
		for stage := stageNew; stage <= stageMetResumed; stage++ {
			d := diallingHalf{state: s, stage: stage}
			want := s == Waiting || s == Reaching || s == Probe || s == Handshake && stage == stageNew
			if stage == stageMetResumed && s == Handshake {
				continue // a MEET is not heard before a STAY
			}
			if got := d.beforeJoin(); got != want {
				t.Errorf("%v, stage %d: before its JOIN: %v, want %v", s, stage, got, want)
			}
		}
	}
}

// What is about one link only begins anew with the next one, and what counts in all of them
// goes on.
func TestNewLinkForgetsTheOneBefore(t *testing.T) {
	d := diallingHalf{stage: stageMet, n: 1, doubt: 8, answered: true, uses: 3, tick: 5, tickBase: 2, heard: 9, pause: 7}
	if d.begin(2); d != (diallingHalf{stage: stageNew, n: 2, tick: 5, tickBase: 5, heard: 9, pause: 7}) {
		t.Errorf("link 2 begins as %+v", d)
	}
}

// A link that joins again is the one of a dialler that has said who it is, if it has.
func TestMeetOutlivesAJoinOfTheSameLink(t *testing.T) {
	for _, c := range []struct {
		met    bool
		from   uint64
		to     uint64
		stays  bool
		reason string
	}{
		{true, 3, 3, true, "the dialler is the same"},
		{false, 3, 3, false, "it has not said who it is"},
		{true, 3, 4, false, "a newer link may be of another life"},
		{true, 0, 0, false, "the number stands for any link"},
	} {
		l := listeningLinks{n: c.from, met: c.met, proven: true}
		if l.begin(c.to); l.met != c.stays || l.proven || l.n != c.to {
			t.Errorf("from %d to %d: met %v, proven %v; want met %v, and not proven: %s", c.from, c.to, l.met, l.proven, c.stays, c.reason)
		}
	}
}
