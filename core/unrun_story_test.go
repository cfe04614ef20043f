package core

import (
	"testing"
	"time"
)

// Stories of calls that came by a link that had not joined, at both ends.

// unrun is the payload of a STAY that names calls which were not run.
func unrun(incarnation uint64, ids ...uint32) []byte {
	var w window
	for _, id := range ids {
		w.mark(id)
	}
	return appendUnrun(meetBody(incarnation), &w)
}

// forgotten has b, which has forgotten us, refuse what came by our dial, and brings
// the JOIN that follows onto its way.
func (s *story) forgotten() {
	s.t.Helper()
	s.frame("b", dialN(1), PART, []byte{extensionVersion, byte(partNotJoined)})
	s.want("send b dial#1 JOIN", "the listener has forgotten us")
	s.want("peer-down b (parted)", "it does not serve")
}

// callUnrun returns a machine with a call that b has not run, before b's MEET.
func callUnrun(t *testing.T) *Machine {
	t.Helper()
	s := linked(t, "b")
	s.pass(10 * time.Second)
	s.call(1, false)
	s.want("send b dial#1 CALL", "it is active")
	s.forgotten()
	s.frame("b", dialN(1), STAY, unrun(8, s.m.calls.lastID))
	s.want("send b dial#1 MEET", "the dialler answers STAY with who it is")
	s.want("send b dial#1 TICK 3", "a TICK asks at once")
	s.want("peer-up b", "one of ours that says STAY serves")
	return s.m
}

// PROTOCOL 8.3: "A call that the callee's STAY says it has not run has not."
func TestCallThatWasRefusedAsNotJoinedIsSentAgain(t *testing.T) {
	s := linked(t, "b")
	s.pass(10 * time.Second)
	s.call(1, false)
	s.want("send b dial#1 CALL", "it is active")
	answered := s.m.calls.lastID
	s.call(2, false)
	s.want("send b dial#1 CALL", "it is active")
	s.forgotten()
	s.frame("b", dialN(1), STAY, unrun(8, answered+1))
	s.want("result #1 b restarted", "this one may have been run before we were forgotten")
	s.want("done #1", "that was its only peer")
	s.want("send b dial#1 MEET", "the dialler answers STAY with who it is")
	s.want("send b dial#1 TICK 3", "a TICK asks at once")
	s.want("peer-up b", "one of ours that says STAY serves")
	s.frame("b", dialN(1), MEET, meetBody(8))
	s.want("send b dial#1 CALL", "it has not been run")
	s.request("b", dialN(1), BACK, s.m.calls.lastID)
	s.want("result #2 b replied", "as if nothing had happened")
	s.want("done #2", "that was its only peer")
}

// PROTOCOL 8.3: "If it went out only once, it is sent again, once."
func TestCallIsBelievedUnrunOnce(t *testing.T) {
	s := linked(t, "b")
	s.pass(10 * time.Second)
	s.call(1, false)
	s.want("send b dial#1 CALL", "it is active")
	id := s.m.calls.lastID
	s.forgotten()
	s.frame("b", dialN(1), STAY, unrun(8, id))
	s.want("send b dial#1 MEET", "the dialler answers STAY with who it is")
	s.want("send b dial#1 TICK 3", "a TICK asks at once")
	s.want("peer-up b", "one of ours that says STAY serves")
	s.frame("b", dialN(1), MEET, meetBody(8))
	s.want("send b dial#1 CALL", "it has not been run")
	s.pass(10 * time.Second)
	s.forgotten()
	s.frame("b", dialN(1), STAY, unrun(9, id))
	s.want("result #1 b restarted", "a late STAY may speak of the first time: one of two CALLs may have been run")
	s.want("done #1", "that was its only peer")
	s.want("send b dial#1 MEET", "the dialler answers STAY with who it is")
	s.want("send b dial#1 TICK 4", "a TICK asks at once")
	s.want("peer-up b", "one of ours that says STAY serves")
}

// PROTOCOL 3.10: "A STAY of ours counts on a link that is served already": one that is late may
// have come before the one that answers the JOIN.
func TestCallThatASecondStayNamesIsSentAgain(t *testing.T) {
	s := linked(t, "b")
	s.pass(10 * time.Second)
	s.call(1, false)
	s.want("send b dial#1 CALL", "it is active")
	s.forgotten()
	s.frame("b", dialN(1), STAY, meetBody(7))
	s.want("send b dial#1 MEET", "the dialler answers STAY with who it is")
	s.want("send b dial#1 TICK 3", "a TICK asks at once")
	s.want("peer-up b", "one of ours that says STAY serves")
	s.call(2, false)
	s.want("send b dial#1 CALL", "it is active, as far as is known")
	s.frame("b", dialN(1), STAY, unrun(8, s.m.calls.lastID, s.m.calls.lastID-1))
	s.want("send b dial#1 MEET", "the dialler answers STAY with who it is")
	s.want("send b dial#1 CALL", "the first has not been run")
	s.want("send b dial#1 CALL", "nor has the second, which has overtaken the JOIN")
	s.frame("b", dialN(1), STAY, unrun(9, s.m.calls.lastID))
	s.want("send b dial#1 MEET", "the dialler answers STAY with who it is")
	for id := CallID(1); id <= 2; id++ {
		s.want("result #"+number(uint64(id))+" b restarted", "one of two CALLs may have been run")
		s.want("done #"+number(uint64(id)), "that was its only peer")
	}
}

// A STAY that names the only call which a drain has waited for ends the drain.
func TestUnrunCallEndsTheDrainThatWaitsForIt(t *testing.T) {
	s := linked(t, "a")
	s.crossed("a", 1, 1, 3)
	s.call(1, false)
	s.want("send a dial#1 CALL", "the other dial is not proven")
	s.told("a", 1, 8) // which proves its dial, so that ours drains
	s.quiet(6 * time.Second)
	s.frame("a", dialN(1), STAY, unrun(8, s.m.calls.lastID))
	s.want("send a dial#1 MEET", "the dialler answers STAY with who it is, while there is a link")
	s.want("hang-up a dial#1", "it is JOIN_TIME old, and nothing needs it")
	s.want("send a listen#1 CALL", "it has not been run")
}

// A call that another link may still answer is left alone, whatever a STAY says.
func TestUnrunIsAboutLinksThatAreGone(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("b", 1)
	s.servedAnew("b", 1)
	s.want("peer-up b", "it serves")
	s.call(1, false)
	s.want("send b listen#1 CALL", "our dial has not been answered")
	s.frame("b", dialN(1), STAY, unrun(8, s.m.calls.lastID))
	s.want("send b dial#1 MEET", "the dialler answers STAY with who it is")
	s.want("send b dial#1 TICK 2", "a TICK asks at once")
	s.frame("b", dialN(1), MEET, meetBody(8))
	s.request("b", listenN(1), BACK, s.m.calls.lastID)
	s.want("result #1 b replied", "it was sent once, and has been run")
	s.want("done #1", "that was its only peer")
}

// What the listener says: the calls that it dropped, until their caller has joined
// and its MEET shows that the STAY came.
func TestListenerNamesTheCallsThatItHasNotRun(t *testing.T) {
	s := newStory(t, nil)
	s.request("b", listenN(1), CALL, 7)
	s.want("drop b listen#1 CALL: not-joined", "it has not joined")
	s.want("send b listen#1 PART not-joined", "so that it joins")
	s.request("b", listenN(1), CALL, 5)
	s.want("drop b listen#1 CALL: not-joined", "it has not joined")
	s.frame("b", listenN(1), CALL, []byte("no call"))
	s.want("drop b listen#1 CALL: not-joined", "it has not joined")
	stay := "send b listen#1 STAY incarnation=" + shortHash(s.m.peers.find("b").self) + " ext=1111"
	s.frame("b", listenN(1), JOIN, []byte("net"))
	s.want(stay+" unrun=0000000705", "7, and 5, which is two below")
	s.want("peer-up b", "it serves")
	s.pass(5 * time.Second)
	s.frame("b", listenN(1), JOIN, []byte("net"))
	s.want(stay+" unrun=0000000705", "the first STAY may not have come")
	s.told("b", 1, 9)
	s.pass(time.Second)
	s.frame("b", listenN(1), JOIN, []byte("net"))
	s.want(stay, "it has come")
	if p := s.m.peers.find("b"); p.unrun != nil {
		t.Error("b has been told, and its calls are remembered")
	}
}

// PROTOCOL 8.3: a CALL came twice, and was refused once only.
func TestCallThatHasBeenRunAfterAllIsNotNamed(t *testing.T) {
	s := newStory(t, nil)
	for _, id := range []uint32{7, 5} {
		s.request("b", listenN(1), CALL, id)
		s.want("drop b listen#1 CALL: not-joined", "it has not joined")
		if id == 7 {
			s.want("send b listen#1 PART not-joined", "so that it joins")
		}
	}
	stay := "send b listen#1 STAY incarnation=" + shortHash(s.m.peers.find("b").self) + " ext=1111"
	s.frame("b", listenN(1), JOIN, []byte("net"))
	s.want(stay+" unrun=0000000705", "7 and 5 have not been run")
	s.want("peer-up b", "it serves")
	s.request("b", listenN(1), CALL, 7)
	s.want("serve b listen#1 CALL", "a copy of it comes by a link that has joined")
	s.frame("b", listenN(1), JOIN, []byte("net"))
	s.want(stay+" unrun=0000000704", "7 has been run")
	s.request("b", listenN(1), CALL, 5)
	s.want("serve b listen#1 CALL", "a copy of it comes by a link that has joined")
	s.frame("b", listenN(1), JOIN, []byte("net"))
	if line := s.loose[0]; line != stay {
		t.Errorf("%q, want %q: there is nothing to name", line, stay)
	}
	s.want(stay, "both have been run")
}

// A peer that goes on speaking is not forgotten before it has heard of its calls.
func TestPeerThatHasNotJoinedIsKeptWhileItSpeaks(t *testing.T) {
	s := newStory(t, nil)
	s.frame("b", listenN(1), TICK, tickBody(1))
	s.want("drop b listen#1 TICK: not-joined", "it has not joined")
	s.want("send b listen#1 PART not-joined", "so that it joins")
	self := s.m.peers.find("b").self
	s.quiet(80 * time.Second)
	s.request("b", listenN(1), CALL, 7)
	s.want("drop b listen#1 CALL: not-joined", "it has not joined")
	s.want("send b listen#1 PART not-joined", "once in JOIN_TIME")
	s.quiet(80 * time.Second)
	if p := s.m.peers.find("b"); p == nil || p.self != self || p.unrun == nil {
		t.Fatal("b was forgotten SERVE_TIME after its first word, and 80 s after its last one")
	}
	s.quiet(10 * time.Second)
	if s.m.peers.find("b") != nil {
		t.Error("b is not forgotten SERVE_TIME after its last word")
	}
}

// PROTOCOL 2.5: "one that can't be sent does not count."
func TestPartThatCouldNotBeSentIsMadeUpFor(t *testing.T) {
	s := newStory(t, nil)
	s.frame("b", listenN(1), TICK, tickBody(1))
	s.want("drop b listen#1 TICK: not-joined", "it has not joined")
	s.want("send b listen#1 PART not-joined", "so that it joins")
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(2), Command: PART, Cause: CauseWouldBlock})
	s.frame("b", listenN(1), TICK, tickBody(1))
	s.want("drop b listen#1 TICK: not-joined", "that was another link's")
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(1), Command: PART, Cause: CauseWouldBlock})
	s.frame("b", listenN(1), TICK, tickBody(2))
	s.want("drop b listen#1 TICK: not-joined", "it has not joined")
	s.want("send b listen#1 PART not-joined", "it has not heard of it yet")
}

func TestUnrunIDs(t *testing.T) {
	for _, ids := range [][]uint32{{1}, {9, 1}, {8, 16, 24}, {5, 0xfffffffe}, {4096, 1}, {4097, 1}} {
		var w window
		for _, id := range ids {
			w.mark(id)
		}
		set := unrunIDs(appendUnrun(nil, &w))
		for id := uint32(0xfffff000); id != 9000; id++ {
			want := false
			for _, in := range ids {
				want = want || id == in && w.top-id < windowBits
			}
			if set.has(id) != want {
				t.Errorf("of %d: %d is in the set: %v", ids, id, !want)
			}
		}
		if set[len(set)-1] == 0 {
			t.Errorf("of %d: the last byte of %x says nothing", ids, set)
		}
	}
	if got := appendUnrun(nil, nil); len(got) > 0 {
		t.Errorf("no calls are %x", got)
	}
	for n := range 6 {
		if (unrunIDs(make([]byte, n))).has(0) {
			t.Errorf("%d zero bytes hold an id", n)
		}
	}
}

// No call has the id 0.
func TestCallWithoutAnIDIsNotNamed(t *testing.T) {
	s := newStory(t, nil)
	s.request("b", listenN(1), CALL, 0)
	s.want("drop b listen#1 CALL: not-joined", "JOIN comes first")
	s.want("send b listen#1 PART not-joined", "so that it joins")
	s.request("b", listenN(1), CALL, 1)
	s.want("drop b listen#1 CALL: not-joined", "it has been told")
	s.frame("b", listenN(1), JOIN, []byte("net"))
	s.want("send b listen#1 STAY incarnation="+shortHash(s.m.peers.find("b").self)+" ext=1111 unrun=0000000101", "1 has not been run")
	s.want("peer-up b", "it is served")
}
