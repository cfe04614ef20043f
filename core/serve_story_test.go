package core

import (
	"fmt"
	"testing"
)

func TestServingMaxIsOfTheWholeNode(t *testing.T) {
	s := newStory(t, func(c *Config) { c.Limits.ServingMax = 2 }) // of which one peer leaves as much as it has
	s.servedOurs("b", 1, 7)
	s.servedOurs("c", 2, 8)
	s.request("b", listenN(1), CALL, 1)
	s.want("serve b listen#1 CALL", "the first of two")
	s.request("c", listenN(2), CALL, 1)
	s.want("serve c listen#2 CALL", "the second of two")
	s.request("c", listenN(2), CALL, 2)
	s.want("drop c listen#2 CALL: overload", "two are being served, from all peers")
	s.want("send c listen#2 BACK id=2", "the caller is told")
	if got := s.m.Stats(); got.Serving != 2 || got.Drops[DropOverload] != 1 {
		t.Errorf("%d served, %d dropped; want 2 and 1", got.Serving, got.Drops[DropOverload])
	}
}

// A full node knows the requests that it is serving: a copy of one is no request more.
func TestRepeatedCallIsNoLoad(t *testing.T) {
	s := newStory(t, func(c *Config) { c.Limits.ServingMax = 1 })
	s.servedOurs("b", 1, 7)
	s.request("b", listenN(1), CALL, 5)
	s.want("serve b listen#1 CALL", "there is room for one")
	s.servedAnew("b", 2)
	s.replaced("b", 1)
	s.told("b", 2, 7)
	s.request("b", listenN(2), CALL, 5)
	s.want("drop b listen#2 CALL: duplicate-request", "it is running: the caller must not hear that it was not run")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M")})
	s.want("send b listen#2 BACK", "the reply goes by the link on which the CALL came last")
}

// Requests that are being served at one time have slots of their own, from zero on.
func TestSlotsOfTicketsAreUsedAgain(t *testing.T) {
	s := serving(t, "b")
	for id, slot := range []int{0, 1, 1} {
		s.request("b", listenN(1), CALL, uint32(id+1))
		s.want("serve b listen#1 CALL", "a request is run")
		if got := s.tickets[id].Slot(); got != slot {
			t.Errorf("request %d has slot %d, want %d", id, got, slot)
		}
		if id == 1 {
			s.feed(Event{Kind: EvReply, Ticket: s.tickets[id], Method: []byte("S.M")})
			s.want("send b listen#1 BACK id=2", "the second one is over, and its slot is free")
		}
	}
}

// A CALL that comes again on a newer link takes its reply there: its own, among
// requests of the same id, of the same peer, and of ended ones.
func TestRepeatedCallTakesItsReplyAlong(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.servedOurs("c", 2, 8)
	for _, r := range []struct {
		peer string
		link Link
		id   uint32
	}{{"c", listenN(2), 6}, {"b", listenN(1), 5}, {"b", listenN(1), 6}} {
		s.request(r.peer, r.link, CALL, r.id)
		s.want("serve "+r.peer+" "+r.link.String()+" CALL", "a request is run")
	}
	s.servedAnew("b", 3) // it dialled anew
	s.replaced("b", 1)
	s.told("b", 3, 7)
	s.request("b", listenN(3), CALL, 6)
	s.want("drop b listen#3 CALL: duplicate-request", "it is running")
	for i, link := range map[int]Link{0: listenN(2), 1: listenN(1), 2: listenN(3)} {
		if got := s.m.requests.slots[i].link; got != link {
			t.Errorf("the reply to request %d goes by %v, want %v", i, got, link)
		}
	}
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[2], Method: []byte("S.M")})
	s.want("send b listen#3 BACK id=6", "the reply goes where the CALL came from last")
	s.request("b", listenN(3), CALL, 6)
	s.want("drop b listen#3 CALL: duplicate-request", "it has been run")
	s.want("send b listen#3 BACK id=6", "and its reply is not kept")
}

func TestScratchIsUsedAgain(t *testing.T) {
	s := serving(t, "b")
	for range 1000 {
		s.servedAnew("b", 1)
	}
	if n := cap(s.m.out.scratch); n > 1024 {
		t.Errorf("%d bytes are held for payloads, want those of one Step", n)
	}
}

// VOID takes back one request: of that peer, of that id, that runs and is to be
// answered; and only once.
func TestVoidTakesBackOneRequest(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.servedOurs("c", 2, 8)
	for _, r := range []struct {
		peer    string
		link    Link
		command Command
		id      uint32
	}{{"c", listenN(2), CALL, 6}, {"b", listenN(1), CALL, 5}, {"b", listenN(1), CALL, 6}, {"b", listenN(1), CAST, 7}} {
		s.request(r.peer, r.link, r.command, r.id)
		s.want("serve "+r.peer+" "+r.link.String(), "a request is run")
	}
	void := func(id uint32) {
		t.Helper()
		s.frame("b", listenN(1), VOID, AppendPayload(nil, &Action{Command: VOID, ID: id}))
	}
	void(6)
	s.want("cancel", "the caller no longer waits for it")
	for i, want := range []bool{false, false, true, false} {
		if got := s.m.requests.slots[i].voided; got != want {
			t.Errorf("request %d is taken back: %v, want %v", i, got, want)
		}
	}
	void(6) // again
	void(7) // a CAST is not answered anyhow
	void(8) // never came
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[1], Method: []byte("S.M"), Err: []byte("x"), Body: []byte("value")})
	s.want(`send b listen#1 BACK id=5 S.M "" err="x"`, "an error of one byte is one, and has no value beside it")
	void(5) // answered
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[2], Method: []byte("S.M")})
	s.request("b", listenN(1), CALL, 9)
	s.want("serve b listen#1 CALL", "a request takes the place of an ended one")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[2], Method: []byte("S.M")})
	s.want("refuse no-such-request", "a ticket is good once, though another request has its slot")
}

// What has come before the caller told its life is known as that life's once it has, though
// a JOIN came in between, behind which an old peer might have counted its calls anew.
func TestRunningCallIsKnownOnceItsLifeIsTold(t *testing.T) {
	s := serving(t, "b")
	s.request("b", listenN(1), CALL, 5)
	s.want("serve b listen#1 CALL", "it comes before b has told its life")
	s.servedAnew("b", 1)
	s.told("b", 1, 7)
	s.request("b", listenN(1), CALL, 5)
	s.want("drop b listen#1 CALL: duplicate-request", "it is running")
	s.frame("b", listenN(1), VOID, AppendPayload(nil, &Action{Command: VOID, ID: 5}))
	s.want("cancel", "the caller no longer waits for it")
}

// What is over when the caller tells its life, and came before its last JOIN, may have been
// asked by a former one.
func TestAnsweredCallFromBeforeAJoinIsOfNoLife(t *testing.T) {
	s := serving(t, "b")
	s.request("b", listenN(1), CALL, 5)
	s.want("serve b listen#1 CALL", "it comes before b has told its life")
	s.request("b", listenN(1), CALL, 6)
	s.want("serve b listen#1 CALL", "so does another one")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M")})
	s.want("send b listen#1 BACK id=5", "the first one is over")
	s.servedAnew("b", 1)
	s.told("b", 1, 7)
	s.request("b", listenN(1), CALL, 5)
	s.want("serve b listen#1 CALL id=5", "an id counts on a link until its next JOIN")
}

// On a driver that reports no links all have one number, whosever they are.
func TestLifeIsToldOfOnePeer(t *testing.T) {
	s := newStory(t, func(c *Config) { c.LinksReported = false })
	s.served("b", 0)
	s.served("c", 0)
	s.request("b", listenN(0), CALL, 5)
	s.want("serve b listen#0 CALL", "it comes before b has told its life")
	s.request("c", listenN(0), CALL, 6)
	s.want("serve c listen#0 CALL", "nor has c")
	s.told("c", 0, 8)
	s.told("b", 0, 7)
	for _, peer := range []string{"b", "c"} {
		for id, of := range map[uint32]string{5: "b", 6: "c"} {
			if of == peer {
				s.request(peer, listenN(0), CALL, id)
				s.want("drop "+peer+" listen#0 CALL: duplicate-request", "it is running")
			} else {
				s.runs(peer, listenN(0), id)
			}
		}
	}
}

// The reply to an old peer goes by no link but that of its CALL: its next life may have a
// call of the same id.
func TestReplyToAnOldPeerGoesByNoOtherLink(t *testing.T) {
	s := serving(t, "o")
	s.request("o", listenN(1), CALL, 5)
	s.want("serve o listen#1 CALL", "a request is run")
	s.servedAnew("o", 2)
	s.replaced("o", 1)
	s.want("cancel (lost)", "its link is over")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M")})
	s.noneLeft()
	if got := s.m.Stats().RepliesLost; got != 1 {
		t.Errorf("%d replies lost, want 1", got)
	}
}

// Where copies of a CALL run, its caller waits for none of them.
func TestVoidTakesBackEachCopy(t *testing.T) {
	s := serving(t, "b")
	for range 2 {
		s.request("b", listenN(1), CALL, 5)
		s.want("serve b listen#1 CALL", "an old peer counts its calls anew after a JOIN")
		s.servedAnew("b", 1)
	}
	s.told("b", 1, 7)
	s.frame("b", listenN(1), VOID, AppendPayload(nil, &Action{Command: VOID, ID: 5}))
	for range 2 {
		s.want("cancel", "both are taken back")
	}
}

// The refusal of a CALL ends the row that it is about, and no other.
func TestRefusalOfCallMustFit(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.servedOurs("c", 2, 8)
	s.servedOurs("d", 3, 9)
	s.feed(Event{Kind: EvCall, Call: 1, To: []string{"b", "c"}, Method: []byte("S.M"), Timeout: 1e9})
	s.want("send b listen#1 CALL", "it is asked")
	s.want("send c listen#2 CALL", "it is asked")
	refused := func(peer string, link Link, id uint32) {
		t.Helper()
		s.feed(Event{Kind: EvSendRefused, Peer: peer, Link: link, Command: CALL, ID: id, Cause: CauseWouldBlock})
	}
	id := s.m.calls.lastID
	refused("nobody", listenN(1), id)
	refused("d", listenN(3), id) // was not asked
	refused("b", listenN(9), id) // not by this link
	refused("b", listenN(1), id+1)
	s.request("b", listenN(1), BACK, id)
	s.want("result #1 b replied", "b answers")
	refused("b", listenN(1), id) // has answered
	refused("c", listenN(2), id)
	s.want("result #1 c refused (would-block)", "nothing was sent")
	s.want("done #1", "both have an outcome")
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(1), Command: BACK, Cause: CauseWouldBlock})
	if got := s.m.Stats(); got.SendsRefused != 7 || got.RepliesLost != 1 {
		t.Errorf("%d sends refused, %d replies lost; want 7 and 1", got.SendsRefused, got.RepliesLost)
	}
}

func TestDisconnectTellsAnOldListener(t *testing.T) {
	s := linkedOld(t, "o")
	s.feed(Event{Kind: EvDisconnect, Peer: "o"})
	s.want("send o dial#1 PART leaving", "the user leaves; an old peer ignores it")
	s.want("hang-up o dial#1", "the user leaves")
	s.want("peer-down o (disconnected)", "the user leaves")
}

func TestWhatComesAfterStop(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.request("b", listenN(1), CALL, 1)
	s.want("serve b listen#1 CALL", "a request is run")
	s.feed(Event{Kind: EvStop})
	s.want("send b listen#1 PART leaving", "a served peer is told")
	s.want("peer-down b (stopped)", "the node closes")
	s.want("stopped", "nothing is waited for")
	for _, kind := range []EventKind{EvTimeout, EvLinkUp, EvLinkLost, EvSendRefused} {
		s.feed(Event{Kind: kind, Peer: "b", Link: listenN(1)})
	}
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0]})
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0]})
	s.want("refuse no-such-request", "a ticket is good once")
	s.feed(Event{Kind: EvStop})
	s.want("refuse stopped", "it has stopped already")
}

// Peers whose handlers never return leave room for one that makes a call at a time.
func TestWhoAsksForLittleIsServed(t *testing.T) {
	for greedy := 1; greedy <= 6; greedy++ {
		const total = 64
		s := newStory(t, func(c *Config) { c.Limits.ServingMax, c.Limits.ServingPeerMax = total, total })
		m := s.m
		frame := func(peer string, link Link, c Command, body []byte) (served Ticket) {
			for _, a := range m.Step(nil, &Event{Kind: EvFrame, Peer: peer, Link: link, Command: c, Body: body}) {
				if a.Kind == ActServe {
					served = a.Ticket
				}
			}
			return served
		}
		names := []string{"modest"}
		for i := range greedy {
			names = append(names, fmt.Sprintf("greedy %d", i))
		}
		for i, name := range names {
			frame(name, listenN(uint64(i+1)), JOIN, []byte("net"))
			frame(name, listenN(uint64(i+1)), MEET, meetBody(7))
		}
		for id := uint32(1); id <= 2*total; id++ {
			for i, name := range names[1:] {
				frame(name, listenN(uint64(i+2)), CALL, requestBody(CALL, id))
			}
			ticket := frame("modest", listenN(1), CALL, requestBody(CALL, id))
			if ticket == 0 {
				t.Fatalf("%d greedy peers: call %d of the modest one is turned away, with %d served", greedy, id, m.requests.running)
			}
			m.Step(nil, &Event{Kind: EvReply, Ticket: ticket})
		}
		for _, name := range names[1:] {
			if st, _ := m.Status(name); st.Serving < total/(greedy+1)-1 || st.Serving > total/(greedy+1)+1 {
				t.Errorf("%d greedy peers: %s has %d of %d", greedy, name, st.Serving, total)
			}
		}
	}
}
