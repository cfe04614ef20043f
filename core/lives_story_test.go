package core

import (
	"testing"
	"time"
)

// Stories of the lives of a peer that restarts: what each has asked is run once.

func (s *story) runs(peer string, link Link, id uint32) {
	s.t.Helper()
	s.request(peer, link, CAST, id)
	s.want("serve "+peer+" "+link.String()+" CAST", "it has not been run")
}

func (s *story) hasRun(peer string, link Link, id uint32) {
	s.t.Helper()
	s.request(peer, link, CAST, id)
	s.want("drop "+peer+" "+link.String()+" CAST: duplicate-request", "it has been run")
}

// rejoins takes a JOIN of a peer that has restarted, on a newer link.
func (s *story) rejoins(peer string, n, incarnation uint64) {
	s.t.Helper()
	link := listenN(n).String()
	s.frame(peer, listenN(n), JOIN, []byte("net"))
	s.want("send "+peer+" "+link+" STAY", "a JOIN is served at once")
	if st, _ := s.m.Status(peer); st.Dialling == Check && len(s.loose) > 0 {
		s.want("send "+peer+" "+st.DiallingLink.String()+" TICK", "both halves are up")
	}
	former := s.m.peers.named(peer).listening.former
	if s.m.replacing.n > 0 {
		s.replaced(peer, former.n)
	}
	s.frame(peer, listenN(n), MEET, meetBody(incarnation))
	if former.met && former.incarnation != incarnation {
		s.want("drop "+peer+" "+listenN(former.n).String()+" MEET: twin", "that link was up, and of another incarnation")
	}
	s.want("send "+peer+" "+link+" MEET", "the listener acknowledges")
}

func TestLifeOnOurDialIsRememberedBesideTwoOthers(t *testing.T) {
	s := linked(t, "z")
	s.runs("z", dialN(1), 900)
	s.rejoins("z", 1, 8)
	s.runs("z", listenN(1), 5)
	s.rejoins("z", 2, 9)
	s.runs("z", listenN(2), 5)
	s.hasRun("z", dialN(1), 900)
	s.hasRun("z", listenN(2), 5)
}

func TestLifeOnTheListeningHalfIsRememberedBesideTwoOthers(t *testing.T) {
	s := unreported(t, "z")
	s.servedOurs("z", 1, 7)
	s.runs("z", listenN(1), 900)
	for i, incarnation := range []uint64{8, 9} {
		s.frame("z", dialN(1), STAY, meetBody(incarnation))
		s.want("send z dial#1 MEET", "the dialler answers STAY with who it is")
		if i == 0 {
			s.want("send z dial#1 TICK 2", "a TICK asks at once")
		}
		s.runs("z", dialN(1), 5)
	}
	s.hasRun("z", listenN(1), 900)
}

// The life that neither link leads to any more makes room.
func TestPastLifeMakesRoom(t *testing.T) {
	s := linked(t, "z")
	s.runs("z", dialN(1), 900)
	s.pass(10 * time.Second)
	s.redialled("z", 1)
	s.want("send z dial#2 JOIN", "the link is up")
	s.established("z", 2, 8, 3)
	s.runs("z", dialN(2), 5)
	s.rejoins("z", 1, 9)
	s.runs("z", listenN(1), 6)
	s.hasRun("z", dialN(2), 5)
}

func TestPastLifeOfTheListeningHalfMakesRoom(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("z", 1)
	s.servedOurs("z", 1, 7)
	s.runs("z", listenN(1), 900)
	s.rejoins("z", 2, 8)
	s.runs("z", listenN(2), 5)
	s.stayed("z", 1, 9, 2)
	s.runs("z", dialN(1), 6)
	s.hasRun("z", listenN(2), 5)
}

// Two nodes of one name have it by turns. What each has asked is run once, whatever
// restarts there are in the turn of the other.
func TestLifeThatComesBackIsRememberedBesideLaterOnes(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("z", 1, 8)
	s.runs("z", listenN(1), 5)
	n := uint64(2)
	for ; n <= livesMax; n++ {
		s.rejoins("z", n, 8+n)
		s.runs("z", listenN(n), 5)
	}
	s.rejoins("z", n, 8)
	s.hasRun("z", listenN(n), 5)
}

// A dial that has ended leads to no life, whatever was told on it.
func TestLifeOnADialThatHasEndedMakesRoom(t *testing.T) {
	s := linked(t, "z")
	s.runs("z", dialN(1), 900)
	s.feed(Event{Kind: EvDisconnect, Peer: "z"})
	s.want("send z dial#1 PART leaving", "the peer is told")
	s.want("hang-up z dial#1", "the dial ends")
	s.want("peer-down z (disconnected)", "nothing leads to it")
	s.served("z", 1)
	s.told("z", 1, 8)
	s.runs("z", listenN(1), 5)
	n := uint64(2)
	for ; n <= livesMax; n++ {
		s.rejoins("z", n, 8+n)
		s.runs("z", listenN(n), 5)
	}
	s.rejoins("z", n, 8)
	s.hasRun("z", listenN(n), 5)
}

// A request on a link on which no life has been told yet belongs to no life that
// was told on another link.
func TestUntoldRequestsBelongToTheirLink(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("z", 1)
	s.served("z", 1)
	s.runs("z", listenN(1), 5)
	s.stayed("z", 1, 7, 2)
	s.hasRun("z", listenN(1), 5)
	s.runs("z", dialN(1), 5)
}

// Only what a peer offers is used. A later version of ours may offer less.
func TestOnlyOfferedExtensionsAreUsed(t *testing.T) {
	for _, c := range []struct {
		offers       uint32
		again, voids bool
	}{
		{extAtMostOnce, true, false},
		{extPartReason, false, false},
		{extVoid, false, true},
		{extAtMostOnce | extVoid, true, true},
	} {
		s := newStory(t, nil)
		body := AppendMeet(nil, Meet{c.offers, 7})
		join := func(n uint64) {
			link := listenN(n).String()
			s.frame("b", listenN(n), JOIN, []byte("net"))
			s.want("send b "+link+" STAY", "a JOIN is served at once")
			if n == 1 {
				s.want("peer-up b", "it serves")
			} else {
				s.replaced("b", n-1)
			}
			s.frame("b", listenN(n), MEET, body)
			s.want("send b "+link+" MEET", "the listener acknowledges")
		}
		join(1)
		s.call(1, false)
		s.want("send b listen#1 CALL", "it is active")
		s.feed(Event{Kind: EvCancel, Call: 1})
		if c.voids {
			s.want("send b listen#1 VOID", "it offers to be told")
		}
		s.want("result #1 b canceled", "the user gave it up")
		s.want("done #1", "that was its only peer")
		s.call(2, false)
		s.want("send b listen#1 CALL", "it is active")
		join(2)
		if c.again {
			s.want("send b listen#2 CALL", "it offers not to run it twice")
		}
	}
}

// One MEET that tells another incarnation does not count, whatever that is.
func TestOneMeetOfAnotherLifeIsDoubted(t *testing.T) {
	afterStay := newStory(t, nil)
	afterStay.dialled("b", 1)
	afterStay.established("b", 1, 7, 2)
	for _, s := range []*story{linked(t, "b"), afterStay} {
		s.call(1, false)
		s.want("send b dial#1 CALL", "it is active")
		s.frame("b", dialN(1), MEET, meetBody(1))
		s.want("send b dial#1 MEET", "it may come late; the call is not over")
		s.noneLeft()
	}
}

// What was asked before the peer told its incarnation was asked by that one.
func TestReplyToWhatWasAskedBeforeMeetGoesByANewerLink(t *testing.T) {
	s := serving(t, "b")
	s.request("b", listenN(1), CALL, 5)
	s.want("serve b listen#1 CALL", "a request is run")
	s.told("b", 1, 7)
	s.servedAnew("b", 2)
	s.replaced("b", 1)
	s.told("b", 2, 7)
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M")})
	s.want("send b listen#2 BACK id=5", "the newer link leads to the life that has asked")
}

// The same holds of what had been answered by then, of which only the id is known.
func TestAnsweredRequestBelongsToTheLifeThatIsToldLater(t *testing.T) {
	s := serving(t, "b")
	s.request("b", listenN(1), CALL, 5)
	s.want("serve b listen#1 CALL", "a request is run")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M")})
	s.want("send b listen#1 BACK id=5", "it is answered")
	s.told("b", 1, 7)
	s.hasRun("b", listenN(1), 5)
	s.rejoins("b", 2, 7)
	s.hasRun("b", listenN(2), 5)
}
