package core

import (
	"bytes"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// headed feeds a request or reply of a peer that has a head.
func (s *story) headed(peer string, link Link, c Command, id uint32, head string, left Left) {
	s.t.Helper()
	a := Action{Kind: ActSend, Command: c, ID: id, Method: []byte("S.M"), Head: []byte(head), Left: left}
	s.frame(peer, link, a.OnWire(), AppendPayload(nil, &a))
}

func TestWhatIsLeftIsNeverMore(t *testing.T) {
	const ms = Instant(time.Millisecond)
	for _, c := range []struct {
		deadline, now, want Instant
	}{
		{5 * ms, 0, 5 * ms},
		{5*ms + 999_999, 0, 5 * ms},
		{5*ms - 1, 0, 4 * ms},
		{5 * ms, 5 * ms, 5 * ms},
		{5 * ms, 7 * ms, 7 * ms},
		{Never, 0, Never},
		{Never - 1, 0, (Never - 1) / ms * ms},
	} {
		left := LeftUntil(c.deadline, c.now)
		if got := left.Deadline(c.now); got != c.want {
			t.Errorf("at %d, until %d: told %d, which is read as %d, want %d", c.now, c.deadline, left, got, c.want)
		}
	}
	for _, l := range []Left{0, leftMax + 1, 1 << 63, 1<<64 - 1} {
		if got := l.Deadline(5); got != Never {
			t.Errorf("%d left is read as %d, want never", l, got)
		}
	}
	if got := leftMax.Deadline(Never - 5); got != Never {
		t.Errorf("the longest wait, late: %d, want never", got)
	}
}

// A call says how long it still waits, each time that it goes out.
func TestDeadlineIsToldAnewWhenACallGoesOutAgain(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.feed(Event{Kind: EvCall, Call: 1, Method: []byte("S.M"), Timeout: 10 * time.Second, TellDeadline: true, Head: []byte("pairs")})
	s.want(`send b listen#1 CALL id=`+number(uint64(s.m.calls.lastID))+` S.M "" head="pairs" left=10s`, "all of it is left")
	s.quiet(2500 * time.Millisecond)
	s.servedAnew("b", 2)
	s.replaced("b", 1)
	s.frame("b", listenN(2), MEET, meetBody(7))
	s.want("send b listen#2 MEET", "it is answered")
	s.want(`send b listen#2 CALL id=`+number(uint64(s.m.calls.lastID))+` S.M "" head="pairs" left=7.5s`, "the same incarnation has joined, and less is left")
}

// What a peer offers on one link says nothing of another one.
func TestExtensionsAreThoseOfALink(t *testing.T) {
	p := newPeer(0)
	p.dialling.n, p.dialling.stage, p.dialling.told = 1, stageMet, Meet{Extensions: extVoid}
	p.listening.n, p.listening.met, p.listening.told = 2, true, Meet{Extensions: extHeads}
	for _, c := range []struct {
		link      Link
		extension uint32
		want      bool
	}{
		{dialN(1), extVoid, true}, {dialN(1), extHeads, false}, {dialN(3), extVoid, false},
		{listenN(2), extHeads, true}, {listenN(2), extVoid, false}, {listenN(3), extHeads, false},
	} {
		if p.understands(c.link, c.extension) != c.want || p.offers(c.link, c.extension) != c.want {
			t.Errorf("%v: extension %b is understood: %v, offered: %v, want %v", c.link, c.extension,
				p.understands(c.link, c.extension), p.offers(c.link, c.extension), c.want)
		}
	}
	p.dialling.stage, p.listening.met = stageNew, false
	if p.understands(dialN(1), extVoid) || p.understands(listenN(2), extHeads) {
		t.Error("what was offered on links of before is taken for an offer")
	}
}

// A head that an idempotent call brings to one peer does not go to those that read none.
func TestHeadGoesOnlyWhereItIsRead(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.served("o", 2) // an old peer, or one of ours whose MEET has yet to come
	s.served("p", 3)
	s.frame("p", listenN(3), MEET, AppendMeet(nil, Meet{extAtMostOnce | extPartReason | extVoid, 9}))
	s.want("send p listen#3 MEET", "one of ours, of a former version")
	call := func() (id string) {
		s.feed(Event{Kind: EvCall, Call: 1, Method: []byte("S.M"), Timeout: time.Minute, TellDeadline: true, Head: []byte("h")})
		return number(uint64(s.m.calls.lastID))
	}
	id := call()
	s.want(`send b listen#1 CALL id=`+id+` S.M "" head="h" left=1m0s`, "it has offered to read it")
	s.want(`send o listen#2 CALL id=`+id+` S.M ""`, "it has offered nothing")
	s.want(`send p listen#3 CALL id=`+id+` S.M ""`, "it has offered other things")
	if got := s.m.Stats().FramesOut; got[CALL] != 3 || got[WITH] != 1 {
		t.Errorf("%d CALLs went out, %d of them in WITH; want 3 and 1", got[CALL], got[WITH])
	}
	s.feed(Event{Kind: EvCast, To: []string{"b"}, Method: []byte("S.M")})
	s.want(`send b listen#1 CAST id=`+number(uint64(s.m.calls.lastID))+` S.M ""`, "it has nothing to read")
	if got := s.m.Stats().FramesOut; got[CAST] != 1 || got[WITH] != 1 {
		t.Errorf("%d CASTs went out, %d messages in WITH; want 1 and 1", got[CAST], got[WITH])
	}
	s.feed(Event{Kind: EvCall, Call: 2, To: []string{"b"}, Method: []byte("S.M"), Timeout: time.Minute, TellDeadline: true})
	s.want(`send b listen#1 CALL id=`+number(uint64(s.m.calls.lastID))+` S.M "" left=1m0s`, "it is told how long the caller waits")
	s.feed(Event{Kind: EvCast, Method: []byte("S.M"), Head: []byte("h")})
	s.want(`send b listen#1 CAST id=`+number(uint64(s.m.calls.lastID))+` S.M "" head="h"`, "as with a call")
	s.want("send o listen#2 CAST", "as with a call")
	s.want("send p listen#3 CAST", "as with a call")
}

// The first call on a new dial has its head: STAY has offered to read it.
func TestHeadGoesWithTheFirstCallAfterStay(t *testing.T) {
	s := newStory(t, nil)
	s.feed(Event{Kind: EvConnect, Peer: "z", Address: "there"})
	s.pass(200 * time.Millisecond)
	s.want("dial z dial#1", "the first dial")
	s.feed(Event{Kind: EvLinkUp, Peer: "z", Link: dialN(1)})
	s.want("send z dial#1 TICK", "it may serve us")
	s.frame("z", dialN(1), PART, []byte{extensionVersion, byte(partNotJoined)})
	s.want("send z dial#1 JOIN", "it does not")
	s.frame("z", dialN(1), STAY, meetBody(7))
	s.want("send z dial#1 MEET", "the dialler answers STAY")
	s.want("send z dial#1 TICK", "it asks at once")
	s.want("peer-up z", "a STAY of ours is believed")
	s.feed(Event{Kind: EvCall, Call: 1, Method: []byte("S.M"), Timeout: time.Minute, Head: []byte("h")})
	s.want(`send z dial#1 CALL id=`+number(uint64(s.m.calls.lastID))+` S.M "" head="h"`, "its MEET has yet to come")
}

func TestRequestsAndRepliesBringTheirHeads(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.headed("b", listenN(1), CALL, 5, "pairs", 1+250)
	s.want(`serve b listen#1 CALL id=5 S.M "" head="pairs" left=250ms`, "the handler is told")
	s.headed("b", listenN(1), CAST, 6, "more", 0)
	s.want(`serve b listen#1 CAST id=6 S.M "" head="more"`, "so is that of a CAST")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M"), Body: []byte("x"), Head: []byte("back")})
	s.want(`send b listen#1 BACK id=5 S.M "x" head="back"`, "so is the caller")
	s.feed(Event{Kind: EvCall, Call: 1, Method: []byte("S.M"), Timeout: time.Minute})
	s.want("send b listen#1 CALL", "a call without a head")
	s.headed("b", listenN(1), BACK, s.m.calls.lastID, "code", 0)
	s.want(`result #1 b replied head="code"`, "its reply may have one")
	s.want("done #1", "there is no other peer")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[1], Method: []byte("S.M"), Head: []byte("x")})
	if got := s.m.Stats().FramesIn; got[WITH] != 3 || got[CALL] != 1 || got[CAST] != 1 || got[BACK] != 1 {
		t.Errorf("%v came in, want a CALL, CAST and BACK, each in a WITH", got)
	}
}

// What works for a CALL works for one with a head: a repeated one is not run, one beyond
// the limit is turned down, one that has not joined is not lost.
func TestHeadsChangeNothingElse(t *testing.T) {
	s := newStory(t, func(c *Config) { c.Limits.ServingPeerMax = 1 })
	s.headed("b", listenN(1), CALL, 4, "h", 9)
	s.want("drop b listen#1 CALL: not-joined", "JOIN comes first")
	s.want("send b listen#1 PART not-joined", "so that it joins")
	s.frame("b", listenN(1), JOIN, []byte("net"))
	s.want("send b listen#1 STAY incarnation="+shortHash(s.m.peers.find("b").self)+" ext=1111 unrun=0000000401", "4 has not been run")
	s.want("peer-up b", "it is served")
	s.frame("b", listenN(1), MEET, meetBody(7))
	s.want("send b listen#1 MEET", "it is answered")
	s.headed("b", listenN(1), CALL, 4, "h", 9)
	s.want("serve b listen#1 CALL id=4", "it has joined")
	s.headed("b", listenN(1), CALL, 5, "h", 9)
	s.want("drop b listen#1 CALL: overload", "one is being served")
	s.want("send b listen#1 BACK id=5", "the caller is told")
	s.servedAnew("b", 2)
	s.replaced("b", 1)
	s.told("b", 2, 7)
	s.headed("b", listenN(2), CALL, 4, "h", 5)
	s.want("drop b listen#2 CALL: duplicate-request", "it is running")
	s.headed("b", listenN(1), CALL, 6, "h", 5)
	s.want("drop b listen#1 CALL: stale-link", "a newer link has replaced it")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M"), Head: []byte("h")})
	s.want(`send b listen#2 BACK id=4 S.M "" head="h"`, "the reply goes where the CALL came from last")
}

func TestHeadsAreBounded(t *testing.T) {
	s := newStory(t, func(c *Config) { c.Limits.HeadBytesMax, c.Limits.BodyBytesMax = 8, 200 })
	s.servedOurs("b", 1, 7)
	const fits, over = "12345678", "123456789"
	s.feed(Event{Kind: EvCall, Call: 1, Method: []byte("S.M"), Timeout: time.Minute, Head: []byte(over)})
	s.want("refuse head-too-large #1", "9 bytes are more than 8")
	s.feed(Event{Kind: EvCast, Method: []byte("S.M"), Head: []byte(over)})
	s.want("refuse head-too-large", "of a cast too")
	s.feed(Event{Kind: EvCast, Method: []byte("S.M"), Head: []byte(fits)})
	s.want("send b listen#1 CAST", "8 bytes are not")
	s.feed(Event{Kind: EvCall, Call: 1, Method: []byte("S.M"), Timeout: time.Minute, Head: []byte(fits), Body: make([]byte, 150)})
	s.want("refuse too-large #1", "the head counts as well")
	s.feed(Event{Kind: EvCall, Call: 1, Method: []byte("S.M"), Timeout: time.Minute, Head: []byte(fits)})
	s.want("send b listen#1 CALL", "8 bytes are not")
	s.headed("b", listenN(1), BACK, s.m.calls.lastID, over, 0)
	s.want("drop b listen#1 BACK: oversize", "nothing of it is believed")
	s.headed("b", listenN(1), BACK, s.m.calls.lastID, fits, 0)
	s.want(`result #1 b replied head="`+fits+`"`, "8 bytes are taken")
	s.want("done #1", "that was its only peer")
	s.headed("b", listenN(1), CALL, 5, over, 0)
	s.want("drop b listen#1 CALL: oversize", "it is not run")
	s.want(`send b listen#1 BACK id=5 S.M "" err="`+textHeadLong+`"`, "the caller is told why")
	s.headed("b", listenN(1), CAST, 6, over, 0)
	s.want("drop b listen#1 CAST: oversize", "it is not run")
	s.headed("b", listenN(1), CALL, 7, fits, 0)
	s.want(`serve b listen#1 CALL id=7 S.M "" head="`+fits+`"`, "8 bytes are run")
}

// What is no WITH is dropped whole, whatever it looks like.
func TestMalformedWith(t *testing.T) {
	// One that was taken for the message in it would be opened again and again. That should
	// end with the stack, before it takes the memory of the machine.
	defer debug.SetMaxStack(debug.SetMaxStack(16 << 20))
	inner := requestBody(CALL, 5)
	for what, body := range map[string][]byte{
		"empty":                           {},
		"no end of a length":              {0x80},
		"a length of more than there is":  append([]byte{200, 1}, inner...),
		"nothing behind the head":         {1, 0},
		"a head without the time left":    append([]byte{0, withCALL}, inner...),
		"no end of the time left":         append([]byte{1, 0x80, withCALL}, inner...),
		"a length that overflows":         append(bytes.Repeat([]byte{0xff}, 10), inner...),
		"command 0":                       append([]byte{1, 0, 0}, inner...),
		"command 4":                       append([]byte{1, 0, 4}, inner...),
		"a WITH in a WITH":                append([]byte{1, 0, byte(WITH)}, inner...),
		"the largest length there can be": append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, inner...),
	} {
		s := newStory(t, nil)
		s.servedOurs("b", 1, 7)
		s.frame("b", listenN(1), WITH, body)
		s.want("drop b listen#1 WITH: undecodable", what)
	}
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.frame("b", listenN(1), WITH, append([]byte{1, 0, withCALL}, inner...))
	s.want("serve b listen#1 CALL id=5", "an empty head is one")
	s.frame("b", listenN(1), WITH, []byte{1, 0, withCALL, 'x'})
	s.want("drop b listen#1 CALL: undecodable", "what is in it has no id")
}

// A peer that has offered nothing may say WITH all the same: it shows that it can.
func TestWithOfAPeerThatHasNotOffered(t *testing.T) {
	s := serving(t, "o")
	s.headed("o", listenN(1), CALL, 5, "h", 0)
	s.want(`serve o listen#1 CALL id=5 S.M "" head="h"`, "it is understood")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M"), Head: []byte("h")})
	s.want(`send o listen#1 BACK id=5 S.M ""`, "and gets no head back")
	if len(s.loose) > 0 || strings.Contains(s.log.String(), `BACK id=5 S.M "" head`) {
		t.Errorf("a head went to a peer that has not offered to read it:\n%s", s.log.String())
	}
}
