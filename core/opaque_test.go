package core

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// Two machines get the same events, one of them with other bytes where bytes mean
// nothing. Their actions differ in nothing but bytes, and in none that is not passed on.
func TestOpaqueBytesDecideNothing(t *testing.T) {
	covered := map[Command]int{}
	for seed := uint64(1); seed <= 12; seed++ {
		cfg, events := recorded(t, seed, 3000)
		rng := rand.New(rand.NewPCG(seed, 0))
		m, other := newMachine(t, cfg), newMachine(t, cfg)
		limits := m.Config().Limits
		for i := range events {
			ev := events[i]
			spoil := func(b []byte) {
				for j := range b {
					b[j] = byte(rng.Uint32())
				}
			}
			ev.Body, ev.Err, ev.Head = bytes.Clone(ev.Body), bytes.Clone(ev.Err), bytes.Clone(ev.Head)
			for _, span := range ev.OpaqueBody(nil, &limits) {
				if ev.Kind == EvFrame {
					covered[ev.Command] += span.To - span.From
				}
				spoil(ev.Body[span.From:span.To])
			}
			spoil(ev.Err)
			spoil(ev.Head)
			want, got := m.Step(nil, &events[i]), other.Step(nil, &ev)
			if w, g := withoutOpaque(want, events[i].Kind), withoutOpaque(got, events[i].Kind); w != g {
				t.Fatalf("seed %d, event %d (%s): with other opaque bytes\n%swant\n%s", seed, i, eventLine(&events[i]), g, w)
			}
		}
	}
	for _, c := range []Command{CALL, CAST, BACK, WITH, PART, MEET} {
		if covered[c] == 0 {
			t.Errorf("no %s had opaque bytes: this test says nothing about it", c)
		}
	}
}

// withoutOpaque writes actions down, with lengths in place of the bytes of users.
func withoutOpaque(actions []Action, of EventKind) string {
	some := make([]Action, len(actions))
	for i, a := range actions {
		switch a.Command {
		case CALL, CAST, BACK, Unknown: // an outcome has no command
			a.Body = make([]byte, len(a.Body))
		}
		a.Head = make([]byte, len(a.Head))
		if a.Kind != ActSend || of == EvReply { // else the text is the machine's own
			a.Err = make([]byte, len(a.Err))
		}
		some[i] = a
	}
	return allOf(some)
}

// What an action may hold of an event is a whole opaque part, and where: the recorder
// tells one from another by its place.
func TestOpaquePartsOfAFrame(t *testing.T) {
	limits := DefaultLimits()
	back := AppendPayload(nil, &Action{Command: BACK, ID: 300, Method: []byte("S.M"), Body: []byte("reply")})
	failed := AppendPayload(nil, &Action{Command: BACK, ID: 300, Method: []byte("S.M"), Err: []byte("why")})
	call := AppendPayload(nil, &Action{Command: CALL, ID: 300, Method: []byte("S.M")})
	void := AppendPayload(nil, &Action{Command: VOID, ID: 300})
	with := AppendPayload(nil, &Action{Command: CALL, ID: 1, Method: []byte("S.M"), Body: []byte("args"), Head: []byte("head"), Left: 9})
	for name, c := range map[string]struct {
		command Command
		body    string
		want    []string
	}{
		"reply":             {BACK, string(back), []string{"reply"}},
		"error":             {BACK, string(failed), []string{"why"}},
		"with":              {WITH, string(with), []string{"head", "args"}},
		"join":              {JOIN, "net", nil},
		"long join":         {JOIN, strings.Repeat("n", 256), []string{strings.Repeat("n", 256)}},
		"longest join":      {JOIN, strings.Repeat("n", networkBytesMax), nil},
		"longest tick":      {TICK, strings.Repeat("t", limits.TickBytesMax), nil},
		"tock":              {TOCK, "12345678", nil},
		"no tock":           {TOCK, "1234567", []string{"1234567"}},
		"part of 8 bytes":   {PART, "\x01\x02others", []string{"others"}},
		"void and more":     {VOID, string(void) + "more", []string{"more"}},
		"no method":         {CALL, string(void) + strings.Repeat("z", 40), []string{strings.Repeat("z", 40-parseLook)}},
		"half an error":     {BACK, string(call) + "x", nil},
		"no error":          {BACK, string(call) + strings.Repeat("z", 40), []string{strings.Repeat("z", 40-parseLook)}},
		"error and more":    {BACK, string(failed) + "more", []string{"why", "more"}},
		"no length":         {WITH, strings.Repeat("\x80", 30), []string{strings.Repeat("\x80", 30-parseLook)}},
		"half a length":     {WITH, "\x80\x80\x80\x80\x80", nil},
		"head too long":     {WITH, "\xc8\x01" + strings.Repeat("h", 28), []string{strings.Repeat("h", 30-parseLook)}},
		"no command in it":  {WITH, "\x1d" + strings.Repeat("h", 29), []string{strings.Repeat("h", 30-parseLook)}},
		"no time in it":     {WITH, "\x1e" + strings.Repeat("\x80", 30) + "\x01more", []string{strings.Repeat("\x80", 30-parseLook), "more"}},
		"half a time in it": {WITH, "\x02\x80\x80\x01more", []string{"more"}},
		"meet and more":     {MEET, string(meetBody(7)) + "more", []string{"more"}},
		"part":              {PART, "\x01\x02later", []string{"later"}},
		"stay and ids":      {STAY, string(meetBody(7)) + "\x00\x00\x00\x09\xff", nil},
		"tick":              {TICK, "12345678", nil},
		"tick not answered": {TICK, strings.Repeat("t", 256), []string{strings.Repeat("t", 256)}},
		"no command":        {Unknown, "what", []string{"what"}},
		"undecodable":       {CALL, strings.Repeat("z", 30), []string{"zzzzzz"}},
		"empty":             {CALL, "", nil},
		"too large":         {STAY, strings.Repeat("s", limits.BodyBytesMax+1), []string{strings.Repeat("s", limits.BodyBytesMax+1)}},
	} {
		ev := Event{Kind: EvFrame, Command: c.command, Body: []byte(c.body)}
		var got []string
		for _, span := range ev.OpaqueBody(nil, &limits) {
			got = append(got, c.body[span.From:span.To])
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: %.100q, want %.100q", name, got, c.want)
		}
	}
}
