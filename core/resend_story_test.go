package core

import (
	"math"
	"testing"
	"time"
)

// Stories of calls whose link is gone: which may be sent again, and when.

func TestCallWaitsForMeetBeforeItIsSentAgain(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("z", 1)
	s.servedOurs("z", 1, 7)
	s.call(1, false)
	s.want("send z listen#1 CALL", "our dial has not been answered")
	s.stayed("z", 1, 7, 2)
	s.feed(Event{Kind: EvLinkLost, Peer: "z", Link: listenN(1), Cause: CauseLost})
	// The same life is at the other end of our dial, but no extension may be used yet.
	s.frame("z", dialN(1), MEET, meetBody(7))
	s.want("send z dial#1 CALL", "it knows who we are, and will not run a call twice")
	if got := s.m.Stats().Resends; got != 1 {
		t.Errorf("%d resends, want 1", got)
	}
}

func TestCallFromBeforeMeetIsNotSentAgain(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("b", 1)
	s.established("b", 1, 7, 2)
	s.call(1, false)
	s.want("send b dial#1 CALL", "it is active")
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: dialN(1), Cause: CauseLost})
	s.want("peer-down b (lost)", "nothing leads to it")
	s.pass(150 * time.Millisecond)
	s.want("dial b dial#2", "the pause is over")
	s.feed(Event{Kind: EvLinkUp, Peer: "b", Link: dialN(2)})
	s.want("send b dial#2 JOIN", "one of ours may be joined at once")
	s.established("b", 2, 7, 3)
	s.frame("b", dialN(2), MEET, meetBody(7))
	// It is the same life, but may have run the call before it knew whose it was.
	s.frame("b", dialN(2), TOCK, tickBody(3))
	s.quiet(29 * time.Second)
	s.frame("b", dialN(2), CAST, AppendPayload(nil, &Action{Command: CAST, ID: 1}))
	s.want("serve b dial#2 CAST", "the link is in use")
}

// What a former link of the peer has offered says nothing of one on which it has not told
// who it is.
func TestCallFromBeforeMeetOnANewerLinkIsNotSentAgain(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.servedAnew("b", 2)
	s.replaced("b", 1)
	s.call(1, false)
	s.want("send b listen#2 CALL", "it is active")
	s.servedAnew("b", 3)
	s.replaced("b", 2)
	s.told("b", 3, 7)
	s.quiet(10 * time.Second) // it may have been another node with that name that has run it
}

func TestCallToAnUntoldLifeIsNotEndedByALaterOne(t *testing.T) {
	s := serving(t, "b")
	s.call(1, false)
	s.want("send b listen#1 CALL", "it is active; which life of it, nobody knows")
	s.servedAnew("b", 2) // a newer link is a re-synchronisation
	s.replaced("b", 1)
	s.told("b", 2, 8) // nothing says that b has restarted
	s.request("b", listenN(2), BACK, s.m.calls.lastID)
	s.want("result #1 b replied", "and its reply is still good")
	s.want("done #1", "that was its only peer")
}

func TestSecondReplyOfAPeerIsDropped(t *testing.T) {
	s := newStory(t, nil)
	for i, peer := range []string{"b", "c"} {
		link := listenN(uint64(i + 1))
		s.frame(peer, link, JOIN, []byte("net"))
		s.want("send "+peer+" "+link.String()+" STAY", "a JOIN is served at once")
		s.want("peer-up "+peer, "it serves")
	}
	s.call(1, false)
	s.want("send b listen#1 CALL", "both are asked")
	s.want("send c listen#2 CALL", "both are asked")
	reply := Action{Command: BACK, ID: s.m.calls.lastID, Method: []byte("S.M"), Err: []byte("x")}
	s.frame("b", listenN(1), BACK, AppendPayload(nil, &reply))
	s.want("result #1 b failed err=\"x\"", "an error of one byte is an error")
	s.frame("b", listenN(1), BACK, AppendPayload(nil, &reply))
	s.want("drop b listen#1 BACK: late-back", "b has answered already, c has not")
	reply.Err = nil
	s.frame("c", listenN(2), BACK, AppendPayload(nil, &reply))
	s.want("result #1 c replied", "it is c's reply")
	s.want("done #1", "all have answered")
	s.frame("c", listenN(2), BACK, AppendPayload(nil, &reply))
	s.want("drop c listen#2 BACK: late-back", "nobody waits for it")
	if got := s.m.Stats().Outcomes; got[Failed] != 1 || got[Replied] != 1 {
		t.Errorf("%d failed, %d replied, want one of each", got[Failed], got[Replied])
	}
}

// An id is passed over while a call of long ago still has it, and zero always.
func TestCallIDsWrap(t *testing.T) {
	m := newMachine(t, Config{Name: "m"})
	m.calls.lastID = math.MaxUint32 - 1
	m.calls.byID.add(math.MaxUint32, 0)
	m.calls.byID.add(1, 0)
	if got := m.calls.nextID(); got != 2 {
		t.Errorf("id %d after %d, want 2: the ids between are 0 or taken", got, uint32(math.MaxUint32-1))
	}
	if got := m.calls.nextID(); got != 3 {
		t.Errorf("id %d after 2, want 3", got)
	}
}

func TestRequestsAtTheirLimits(t *testing.T) {
	s := newStory(t, func(c *Config) { c.Limits.MethodBytesMax, c.Limits.BodyBytesMax = 4, 100 })
	cast := func(method, body int) {
		t.Helper()
		s.feed(Event{Kind: EvCast, Method: make([]byte, method), Body: make([]byte, body)})
	}
	cast(4, 64) // and 32 bytes for the head
	cast(4, 65)
	s.want("refuse too-large", "the message would have more than 100 bytes")
	cast(5, 0)
	s.want("refuse too-large", "the method's name is too long")
	s.served("b", 1)
	cast(5, 0)
	s.want("refuse too-large", "and nothing is sent to b")
	cast(4, 64)
	s.want("send b listen#1 CAST", "it fits")
	if got := s.m.Stats().Casts; got != 2 {
		t.Errorf("%d casts, want the two that fit", got)
	}
	s.frame("b", listenN(1), CAST, AppendPayload(nil, &Action{Command: CAST, ID: 1, Method: make([]byte, 4)}))
	s.want("serve b listen#1 CAST", "the method's name is at its limit")
	body := AppendPayload(nil, &Action{Command: CAST, ID: 2})
	s.frame("b", listenN(1), CAST, append(body, make([]byte, 100-len(body))...))
	s.want("serve b listen#1 CAST", "100 bytes are taken")
	s.frame("b", listenN(1), CAST, make([]byte, 101))
	s.want("drop b listen#1 CAST: oversize", "101 are not")
}

// A cast to very many peers leaves no memory to the small ones that follow.
func TestRowsOfAHugeCallAreNotKept(t *testing.T) {
	for _, n := range []int{rowsKept, rowsKept + 1} {
		m := newMachine(t, Config{Name: "m"})
		m.calls.alloc().rows = make([]row, n)
		m.calls.free(m.calls.slots[0])
		if kept := cap(m.calls.slots[0].rows); kept > rowsKept || n <= rowsKept && kept != n {
			t.Errorf("of %d rows %d are kept", n, kept)
		}
	}
}

// The listener has our MEET before the calls behind it: once it says so, these
// may be sent again as well.
func TestCallBetweenStayAndMeetIsSentAgain(t *testing.T) {
	s := newStory(t, nil)
	offer := AppendMeet(nil, Meet{extAtMostOnce, 7})
	s.dialled("b", 1)
	s.frame("b", dialN(1), STAY, offer)
	s.want("send b dial#1 MEET", "the dialler answers STAY with who it is")
	s.want("send b dial#1 TICK 2", "a TICK asks at once")
	s.want("peer-up b", "it serves")
	s.call(1, false)
	s.want("send b dial#1 CALL", "it is active")
	s.frame("b", dialN(1), MEET, offer)
	s.pass(10 * time.Second)
	s.redialled("b", 1)
	s.want("send b dial#2 JOIN", "one of ours may be joined at once")
	s.frame("b", dialN(2), STAY, offer)
	s.want("send b dial#2 MEET", "the dialler answers STAY with who it is")
	s.want("send b dial#2 TICK 3", "a TICK asks at once")
	s.want("peer-up b", "it serves")
	s.frame("b", dialN(2), MEET, offer)
	s.want("send b dial#2 CALL", "the same life will not run it twice")
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: dialN(2), Command: CALL, ID: s.m.calls.lastID, Cause: CauseWouldBlock})
	s.frame("b", dialN(2), MEET, offer)
	s.want("send b dial#2 CALL", "it waits on, and for any occasion to be sent again")
}

func TestAnotherLifeOnTheSameLink(t *testing.T) {
	s := linked(t, "b")
	s.call(1, false)
	s.want("send b dial#1 CALL", "it is active")
	s.call(2, true)
	s.want("send b dial#1 CALL", "it is active")
	for range 2 { // one alone may be late
		s.frame("b", dialN(1), MEET, meetBody(8))
		s.want("send b dial#1 MEET", "it is not what the peer has said before")
	}
	s.want("result #1 b restarted", "the life that was asked is gone, whatever the link")
	s.want("done #1", "that was its only peer")
	s.want("send b dial#1 CALL", "an idempotent call is sent again")
}

// An incarnation that was told on one link says nothing about another link.
func TestNoExtensionBeforeMeet(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.servedAnew("b", 2) // it dialled anew, and has not told who it is
	s.replaced("b", 1)
	s.call(1, false)
	s.want("send b listen#2 CALL", "it is active")
	s.feed(Event{Kind: EvCancel, Call: 1})
	s.want("result #1 b canceled", "no VOID before its MEET")
	s.want("done #1", "that was its only peer")

	s.joined("z", 1, 9)
	s.crossed("z", 3, 1, 3)
	s.feed(Event{Kind: EvCall, Call: 2, To: []string{"z"}, Method: []byte("S.M"), Timeout: time.Minute})
	s.want("send z listen#3 CALL", "our dial has not answered its TICK")
	s.feed(Event{Kind: EvCancel, Call: 2})
	s.want("result #2 z canceled", "its MEET on our dial is not one on its own")
	s.want("done #2", "that was its only peer")
}
