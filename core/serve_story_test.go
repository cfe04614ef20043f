package core

import "testing"

// served brings a peer's dial up, as link n, and lets it say who it is.
func (s *story) servedOurs(peer string, n, incarnation uint64) {
	s.t.Helper()
	link := listenN(n).String()
	s.frame(peer, listenN(n), JOIN, []byte("net"))
	s.want("send "+peer+" "+link+" STAY", "a JOIN is served at once")
	s.want("peer-up "+peer, "it serves")
	s.frame(peer, listenN(n), MEET, meetBody(incarnation))
	s.want("send "+peer+" "+link+" MEET", "the listener acknowledges")
}

func TestServingMaxIsOfTheWholeNode(t *testing.T) {
	s := newStory(t, func(c *Config) { c.Limits.ServingMax = 2 })
	s.servedOurs("b", 1, 7)
	s.servedOurs("c", 2, 8)
	s.request("b", listenN(1), CALL, 1)
	s.want("serve b listen#1 CALL", "the first of two")
	s.request("c", listenN(2), CALL, 1)
	s.want("serve c listen#2 CALL", "the second of two")
	s.request("c", listenN(2), CALL, 2)
	s.want("drop c listen#2 CALL: overload", "two are being served, whoever asked")
	s.want("send c listen#2 BACK id=2", "the caller is told")
	if got := s.m.Stats(); got.Serving != 2 || got.Drops[DropOverload] != 1 {
		t.Errorf("%d served, %d dropped; want 2 and 1", got.Serving, got.Drops[DropOverload])
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
	s.frame("b", listenN(3), JOIN, []byte("net"))
	s.want("send b listen#3 STAY", "b dialled anew")
	s.frame("b", listenN(3), MEET, meetBody(7))
	s.want("send b listen#3 MEET", "the listener acknowledges")
	s.request("b", listenN(3), CALL, 6)
	s.want("drop b listen#3 CALL: duplicate-request", "it is running")
	for i, link := range map[int]Link{0: listenN(2), 1: listenN(1), 2: listenN(3)} {
		if got := s.m.requests[i].link; got != link {
			t.Errorf("the reply to request %d goes by %v, want %v", i, got, link)
		}
	}
	s.feed(Event{Kind: EvReply, Ticket: s.served[2], Method: []byte("S.M")})
	s.want("send b listen#3 BACK id=6", "the reply goes where the CALL came from last")
	s.request("b", listenN(3), CALL, 6)
	s.want("drop b listen#3 CALL: duplicate-request", "it has been run")
	s.want("send b listen#3 BACK id=6", "and its reply is not kept")
}

func TestScratchIsUsedAgain(t *testing.T) {
	s := newStory(t, nil)
	s.frame("b", listenN(1), JOIN, []byte("net"))
	s.want("send b listen#1 STAY", "a JOIN is served at once")
	s.want("peer-up b", "it serves")
	for range 1000 {
		s.frame("b", listenN(1), JOIN, []byte("net"))
		s.want("send b listen#1 STAY", "a JOIN is answered as often as it comes")
	}
	if n := cap(s.m.scratch); n > 1024 {
		t.Errorf("%d bytes are held for payloads, want those of one Step", n)
	}
}
