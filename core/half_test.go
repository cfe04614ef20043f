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
