package core

import (
	"testing"
	"time"
)

// The situations in which many stories begin. Each says what it asserts on the
// way, as the stories themselves do.

// linked begins a story in which a peer of ours, in its life 7, serves the
// dialling link 1 and has answered a TICK on it.
func linked(t *testing.T, peer string) *story {
	t.Helper()
	s := newStory(t, nil)
	s.joined(peer, 1, 7)
	return s
}

// linkedOld begins a story in which an old peer serves the dialling link 1.
func linkedOld(t *testing.T, peer string) *story {
	t.Helper()
	s := newStory(t, nil)
	s.dialled(peer, 1)
	s.limbo(peer, 1, 2)
	s.frame(peer, dialN(1), TOCK, tickBody(2))
	s.want("peer-up "+peer, "it answers")
	return s
}

// serving begins a story in which the listening link 1 of a peer has joined.
func serving(t *testing.T, peer string) *story {
	t.Helper()
	s := newStory(t, nil)
	s.served(peer, 1)
	return s
}

// unreported begins a story on a driver that reports no links, up to the JOIN on
// the dialling link 1, which a TICK has preceded.
func unreported(t *testing.T, peer string) *story {
	t.Helper()
	s := newStory(t, func(c *Config) { c.LinksReported = false })
	s.feed(Event{Kind: EvConnect, Peer: peer, Address: "there"})
	s.pass(250 * time.Millisecond)
	s.want("dial "+peer+" dial#1", "FIRST_START_TIME is over")
	s.pass(200 * time.Millisecond)
	s.want("send "+peer+" dial#1 TICK 1", "FIRST_JOIN_TIME is over, and it may serve us already")
	s.pass(200 * time.Millisecond)
	s.want("send "+peer+" dial#1 JOIN", "it has not answered in FIRST_JOIN_TIME")
	return s
}

// dialled brings the first dial to a peer up, as link n, and past the first TICK to
// its JOIN.
func (s *story) dialled(peer string, n uint64) {
	s.t.Helper()
	s.feed(Event{Kind: EvConnect, Peer: peer, Address: "there"})
	s.pass(200 * time.Millisecond)
	s.want("dial "+peer+" "+dialN(n).String(), "FIRST_START_TIME is over")
	s.feed(Event{Kind: EvLinkUp, Peer: peer, Link: dialN(n)})
	s.want("send "+peer+" "+dialN(n).String()+" TICK 1", "the link is up, and the peer may serve us already")
	s.frame(peer, dialN(n), PART, []byte{extensionVersion, byte(partNotJoined)})
	s.want("send "+peer+" "+dialN(n).String()+" JOIN", "it does not")
}

// joined brings the dial to a peer of ours up, to the answer of the TICK that
// follows its STAY.
func (s *story) joined(peer string, n, incarnation uint64) {
	s.t.Helper()
	s.dialled(peer, n)
	s.established(peer, n, incarnation, 2)
	s.frame(peer, dialN(n), MEET, meetBody(incarnation))
	s.frame(peer, dialN(n), TOCK, tickBody(2))
}

// established lets a peer of ours, which nothing has led to so far, answer the JOIN
// on dialling link n. It is asked by a TICK with this counter.
func (s *story) established(peer string, n, incarnation, tick uint64) {
	s.t.Helper()
	s.stayed(peer, n, incarnation, tick)
	s.want("peer-up "+peer, "one of ours that says STAY serves")
}

// stayed is established for a peer that is up already.
func (s *story) stayed(peer string, n, incarnation, tick uint64) {
	s.t.Helper()
	s.frame(peer, dialN(n), STAY, meetBody(incarnation))
	s.want("send "+peer+" "+dialN(n).String()+" MEET", "the dialler answers STAY with who it is")
	s.want("send "+peer+" "+dialN(n).String()+" TICK "+number(tick), "a TICK asks at once")
}

// limbo lets an old peer answer the JOIN on dialling link n. It is asked by a TICK
// with this counter.
func (s *story) limbo(peer string, n, tick uint64) {
	s.t.Helper()
	s.frame(peer, dialN(n), STAY, nil)
	s.want("send "+peer+" "+dialN(n).String()+" TICK "+number(tick), "an old peer is active from its TOCK")
}

// redialled loses the dialling link n, which was healthy, and brings the next one
// up. The story itself tells the first message on it.
func (s *story) redialled(peer string, n uint64) {
	s.t.Helper()
	s.feed(Event{Kind: EvLinkLost, Peer: peer, Link: dialN(n), Cause: CauseLost})
	s.want("dial "+peer+" "+dialN(n+1).String(), "a healthy link is dialled again at once")
	s.want("peer-down "+peer+" (lost)", "nothing leads to it")
	s.feed(Event{Kind: EvLinkUp, Peer: peer, Link: dialN(n + 1)})
}

// served lets the listening link n of a peer join, to which nothing has led so far.
func (s *story) served(peer string, n uint64) {
	s.t.Helper()
	s.servedAnew(peer, n)
	s.want("peer-up "+peer, "it serves")
}

// servedAnew is served for a peer that is up already.
func (s *story) servedAnew(peer string, n uint64) {
	s.t.Helper()
	s.frame(peer, listenN(n), JOIN, []byte("net"))
	s.want("send "+peer+" "+listenN(n).String()+" STAY", "a JOIN is served at once")
}

// replaced lets the next event come after a JOIN that has replaced the listening link
// n of a peer.
func (s *story) replaced(peer string, n uint64) {
	s.t.Helper()
	s.feed(Event{Kind: EvTimeout})
	s.want("send "+peer+" "+listenN(n).String()+" PART replaced", "a newer link of that name has joined")
	s.want("hang-up "+peer+" "+listenN(n).String(), "it counts no more")
}

// told lets a peer of ours say on listening link n which life it is in.
func (s *story) told(peer string, n, incarnation uint64) {
	s.t.Helper()
	s.frame(peer, listenN(n), MEET, meetBody(incarnation))
	s.want("send "+peer+" "+listenN(n).String()+" MEET", "the listener acknowledges")
}

// servedOurs is served, and then told.
func (s *story) servedOurs(peer string, n, incarnation uint64) {
	s.t.Helper()
	s.served(peer, n)
	s.told(peer, n, incarnation)
}

// crossed lets the listening link n of a peer join beside a dialling link, on
// which a TICK with this counter asks.
func (s *story) crossed(peer string, n, dial, tick uint64) {
	s.t.Helper()
	s.servedAnew(peer, n)
	s.want("send "+peer+" "+dialN(dial).String()+" TICK "+number(tick), "both halves are up: each end asks on its dial")
}

// proven lets a TICK prove the listening link n of a peer. If the peer's name is
// the lower one, its dial takes over.
func (s *story) proven(peer string, n uint64) {
	s.t.Helper()
	s.frame(peer, listenN(n), TICK, tickBody(1))
	s.want("send "+peer+" "+listenN(n).String()+" TOCK 1", "a TICK is answered, and proves the link")
}
