package sim

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// The double of an original, held against the tables of what an original does.

// oldIn returns a double with one entry, "p", in the given state since time 0,
// and the moment at which its deadline comes.
func oldIn(t *testing.T, s oldState) (*OldPeer, core.Instant) {
	t.Helper()
	o := NewOldPeer("o", "net", 1, core.Timing{})
	dial := core.Link{Half: core.Dialling, N: 1}
	feed := func(ev core.Event) []core.Action { return o.Step(nil, &ev) }
	frame := func(c core.Command, half core.Half, body string) {
		feed(core.Event{Kind: core.EvFrame, Peer: "p", Link: core.Link{Half: half, N: 1}, Command: c, Body: []byte(body)})
	}
	dialled := func() {
		feed(core.Event{Kind: core.EvConnect, Peer: "p", Address: "p"})
		feed(core.Event{Kind: core.EvTimeout, At: o.Deadline()})
	}
	switch s {
	case oldWaiting:
		feed(core.Event{Kind: core.EvConnect, Peer: "p", Address: "p"})
	case oldHandshake:
		dialled()
	case oldConnected, oldCheck:
		dialled()
		o.Step(nil, &core.Event{Kind: core.EvFrame, At: o.now, Peer: "p", Link: dial, Command: core.STAY})
		if s == oldCheck {
			feed(core.Event{Kind: core.EvTimeout, At: o.Deadline()})
		}
	case oldServing, oldStopped, oldLimbo:
		frame(core.JOIN, core.Listening, "net")
		if s == oldStopped {
			feed(core.Event{Kind: core.EvTimeout, At: o.Deadline()})
		}
		if s == oldLimbo {
			frame(core.JOIN, core.Listening, "net")
		}
	}
	if e := o.entries["p"]; e == nil || e.state != s {
		t.Fatalf("the entry is %+v, not %v", e, s)
	}
	return o, o.entries["p"].at
}

func TestAnOldPeerAnswersAsItsTableSays(t *testing.T) {
	call := string(core.AppendPayload(nil, &core.Action{Command: core.CALL, ID: 1, Method: []byte("Echo.Ping")}))
	for _, c := range []struct {
		state   oldState
		half    core.Half
		command core.Command
		body    string
		next    oldState
		answer  core.Command // Unknown: none
	}{
		{oldStopped, core.Listening, core.JOIN, "net", oldLimbo, core.STAY},
		{oldStopped, core.Listening, core.JOIN, "other", oldLimbo, core.STAY}, // not checked for a known name
		{oldWaiting, core.Listening, core.JOIN, "net", oldLimbo, core.STAY},
		{oldHandshake, core.Listening, core.JOIN, "net", oldHandshake, core.PART},
		{oldConnected, core.Listening, core.JOIN, "net", oldConnected, core.PART},
		{oldCheck, core.Listening, core.JOIN, "other", oldCheck, core.PART},
		{oldServing, core.Listening, core.JOIN, "net", oldLimbo, core.STAY},
		{oldLimbo, core.Listening, core.JOIN, "net", oldLimbo, core.STAY},
		{oldServing, core.Listening, core.TICK, "12345678", oldServing, core.TOCK},
		{oldServing, core.Listening, core.TICK, "", oldServing, core.TOCK},
		{oldLimbo, core.Listening, core.TICK, "12345678", oldLimbo, core.Unknown},
		{oldStopped, core.Listening, core.TICK, "12345678", oldStopped, core.Unknown},
		{oldLimbo, core.Listening, core.CALL, call, oldLimbo, core.Unknown},
		{oldServing, core.Listening, core.PART, "", oldServing, core.Unknown},
		{oldServing, core.Listening, core.STAY, "", oldServing, core.Unknown},
		{oldServing, core.Listening, core.CALL, "rubbish", oldServing, core.BACK}, // id 0, no method
		{oldHandshake, core.Dialling, core.STAY, "", oldConnected, core.Unknown},
		{oldConnected, core.Dialling, core.STAY, "", oldConnected, core.Unknown},
		{oldServing, core.Dialling, core.STAY, "", oldServing, core.Unknown},
		{oldHandshake, core.Dialling, core.PART, "", oldWaiting, core.Unknown},
		{oldCheck, core.Dialling, core.PART, "", oldWaiting, core.Unknown},
		{oldServing, core.Dialling, core.PART, "", oldWaiting, core.Unknown}, // in any state
		{oldConnected, core.Dialling, core.TOCK, "", oldConnected, core.Unknown},
		{oldCheck, core.Dialling, core.TOCK, "whatever", oldConnected, core.Unknown},
		{oldHandshake, core.Dialling, core.CALL, call, oldHandshake, core.Unknown},
		{oldConnected, core.Dialling, core.JOIN, "net", oldConnected, core.Unknown},
	} {
		o, at := oldIn(t, c.state)
		acts := o.Step(nil, &core.Event{
			Kind: core.EvFrame, At: o.now, Peer: "p", Link: core.Link{Half: c.half, N: 1}, Command: c.command, Body: []byte(c.body),
		})
		answer := core.Unknown
		for _, a := range acts {
			if a.Kind == core.ActSend {
				answer = a.Command
			}
		}
		e := o.entries["p"]
		if e.state != c.next || answer != c.answer {
			t.Errorf("%v %q in %v: now %v and %v, want %v and %v", c.command, c.body, c.state, e.state, answer, c.next, c.answer)
		}
		if c.next == oldLimbo && c.state != oldStopped && e.at != at {
			t.Errorf("JOIN in %v: the limbo ends at %d, and not at the old deadline, %d", c.state, e.at, at)
		}
	}
}

func TestAnOldPeerRefusesAnUnknownPeerOfAnotherNetwork(t *testing.T) {
	o := NewOldPeer("o", "net", 1, core.Timing{})
	acts := o.Step(nil, &core.Event{Kind: core.EvFrame, Peer: "p", Link: core.Link{Half: core.Listening, N: 1}, Command: core.JOIN, Body: []byte("other")})
	if len(acts) != 1 || acts[0].Command != core.PART || o.entries["p"] != nil {
		t.Fatalf("it did %v", acts)
	}
}

// What is measured of an original: JOINs 5 s apart, ten of them, the next burst
// 60 s later, and twice as long each time.
func TestAnOldPeerJoinsInBurstsAndBacksOff(t *testing.T) {
	o := NewOldPeer("o", "net", 1, core.Timing{})
	o.Step(nil, &core.Event{Kind: core.EvConnect, Peer: "p", Address: "p"})
	var joins, dials []time.Duration
	for o.Deadline() < core.Instant(20*time.Minute) {
		at := o.Deadline()
		for _, a := range o.Step(nil, &core.Event{Kind: core.EvTimeout, At: at}) {
			switch {
			case a.Kind == core.ActDial:
				dials = append(dials, time.Duration(at))
			case a.Command == core.JOIN:
				joins = append(joins, time.Duration(at))
			}
		}
	}
	if joins[0] != 400*time.Millisecond || joins[1]-joins[0] != 5*time.Second || joins[10]-joins[9] < 65*time.Second || joins[10]-joins[9] > 66*time.Second {
		t.Errorf("JOINs at %v", joins[:11])
	}
	for i, want := range []time.Duration{110, 170, 290, 530} {
		if got := dials[i+1] - dials[i]; got < want*time.Second || got > (want+1)*time.Second {
			t.Errorf("dial %d came %v after the one before, want about %v", i+2, got, want*time.Second)
		}
	}
}
