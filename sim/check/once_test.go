package check

import (
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// A MEET that comes before its link has joined is dropped: the callee has not learnt who
// the caller is, and a doubled CALL may run twice.
func TestOnceIsNotToldWhoACallerIsByADroppedMeet(t *testing.T) {
	for _, dropped := range []bool{true, false} {
		w, c := newStub(t), newOnce()
		link := core.Link{Half: core.Listening, N: 1}
		meet := core.Event{Kind: core.EvFrame, Peer: "a", Link: link, Command: core.MEET, Body: core.AppendMeet(nil, core.Meet{Incarnation: 7})}
		var after []core.Action
		if dropped {
			after = []core.Action{{Kind: core.ActDrop, Peer: "a", Link: link, Command: core.MEET, Drop: core.DropNotJoined}}
		}
		call := core.Event{Kind: core.EvFrame, Peer: "a", Link: link, Command: core.CALL}
		run := []core.Action{{Kind: core.ActServe, Peer: "a", Link: link, Command: core.CALL, Body: echo.AppendArgs(nil, 3, false, 0)}}
		wrong := ""
		for i, step := range []struct {
			ev      *core.Event
			actions []core.Action
		}{{&meet, after}, {&call, run}, {&call, run}} {
			var s Step
			s.Begin(uint64(i+1), 0, w.node, step.ev)
			s.Took(step.actions)
			wrong = c.Step(w, &s)
		}
		if found := wrong != ""; found == dropped {
			t.Errorf("MEET dropped: %v; two runs are told as %q", dropped, wrong)
		}
	}
}
