package original

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// The double of an original, held against the tables of what an original does.

// peerIn returns a double with one entry, "p", in the given state since time 0,
// and the moment at which its deadline comes.
func peerIn(t *testing.T, s State) (*Peer, core.Instant) {
	t.Helper()
	o := New("o", "net", 1, core.Timing{})
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
	case Waiting:
		feed(core.Event{Kind: core.EvConnect, Peer: "p", Address: "p"})
	case Handshake:
		dialled()
	case Connected, Check:
		dialled()
		o.Step(nil, &core.Event{Kind: core.EvFrame, At: o.now, Peer: "p", Link: dial, Command: core.STAY})
		if s == Check {
			feed(core.Event{Kind: core.EvTimeout, At: o.Deadline()})
		}
	case Serving, Stopped, Limbo:
		frame(core.JOIN, core.Listening, "net")
		if s == Stopped {
			feed(core.Event{Kind: core.EvTimeout, At: o.Deadline()})
		}
		if s == Limbo {
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
		state   State
		half    core.Half
		command core.Command
		body    string
		next    State
		answer  core.Command // Unknown: none
	}{
		{Stopped, core.Listening, core.JOIN, "net", Limbo, core.STAY},
		{Stopped, core.Listening, core.JOIN, "other", Limbo, core.STAY}, // not checked for a known name
		{Waiting, core.Listening, core.JOIN, "net", Limbo, core.STAY},
		{Handshake, core.Listening, core.JOIN, "net", Handshake, core.PART},
		{Connected, core.Listening, core.JOIN, "net", Connected, core.PART},
		{Check, core.Listening, core.JOIN, "other", Check, core.PART},
		{Serving, core.Listening, core.JOIN, "net", Limbo, core.STAY},
		{Limbo, core.Listening, core.JOIN, "net", Limbo, core.STAY},
		{Serving, core.Listening, core.TICK, "12345678", Serving, core.TOCK},
		{Serving, core.Listening, core.TICK, "", Serving, core.TOCK},
		{Limbo, core.Listening, core.TICK, "12345678", Limbo, core.Unknown},
		{Stopped, core.Listening, core.TICK, "12345678", Stopped, core.Unknown},
		{Waiting, core.Listening, core.TICK, "12345678", Waiting, core.Unknown},
		{Handshake, core.Listening, core.TICK, "12345678", Handshake, core.Unknown},
		{Connected, core.Listening, core.TICK, "12345678", Connected, core.Unknown},
		{Check, core.Listening, core.TICK, "12345678", Check, core.Unknown},
		{Limbo, core.Listening, core.CALL, call, Limbo, core.Unknown},
		{Serving, core.Listening, core.PART, "", Serving, core.Unknown},
		{Serving, core.Listening, core.STAY, "", Serving, core.Unknown},
		{Serving, core.Listening, core.CALL, "rubbish", Serving, core.BACK}, // id 0, no method
		{Handshake, core.Dialling, core.STAY, "", Connected, core.Unknown},
		{Connected, core.Dialling, core.STAY, "", Connected, core.Unknown},
		{Serving, core.Dialling, core.STAY, "", Serving, core.Unknown},
		{Handshake, core.Dialling, core.PART, "", Waiting, core.Unknown},
		{Check, core.Dialling, core.PART, "", Waiting, core.Unknown},
		{Serving, core.Dialling, core.PART, "", Waiting, core.Unknown}, // in any state
		{Connected, core.Dialling, core.TOCK, "", Connected, core.Unknown},
		{Check, core.Dialling, core.TOCK, "whatever", Connected, core.Unknown},
		{Handshake, core.Dialling, core.CALL, call, Handshake, core.Unknown},
		{Connected, core.Dialling, core.JOIN, "net", Connected, core.Unknown},
	} {
		o, at := peerIn(t, c.state)
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
		if c.next == Limbo && c.state != Stopped && e.at != at {
			t.Errorf("JOIN in %v: the limbo ends at %d, and not at the old deadline, %d", c.state, e.at, at)
		}
	}
}

func TestAnOldPeerRefusesAnUnknownPeerOfAnotherNetwork(t *testing.T) {
	o := New("o", "net", 1, core.Timing{})
	acts := o.Step(nil, &core.Event{Kind: core.EvFrame, Peer: "p", Link: core.Link{Half: core.Listening, N: 1}, Command: core.JOIN, Body: []byte("other")})
	if len(acts) != 1 || acts[0].Command != core.PART || o.entries["p"] != nil {
		t.Fatalf("it did %v", acts)
	}
}

// Measured of an original: JOINs 5 s apart, ten of them, the next burst
// 60 s later, and twice as long each time.
func TestAnOldPeerJoinsInBurstsAndBacksOff(t *testing.T) {
	o := New("o", "net", 1, core.Timing{})
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
