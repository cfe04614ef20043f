package core

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// A storm feeds one machine random events: a user without sense, peers that
// keep to the protocol, lie or send rubbish, links that come and go, sends that
// are refused, time that creeps, jumps and runs backwards. After every event
// the boundary (audit) and the inside (broken) are checked.

const stormOwn = "m"

// stormPeers are names on both sides of our own, which decides roles.
var stormPeers = []string{"a", "b", "c", "d", "k", "n", "o", "p", "x", "y", "z"}

type storm struct {
	cfg         Config
	m           *Machine
	audit       *audit
	rng         *rand.Rand
	now         Instant
	out         []Action
	trace       []string // the last events and their actions
	links       uint64   // last number given to an accepted link
	dialling    []Action // dials without an answer
	tick        map[Link][]byte
	asked       []Action // CALLs sent
	served      []Action
	nextCall    CallID
	incarnation map[string]uint64
	recording   bool
	record      []Event
	calm        int // one in so many frames on listening links is let through
	err         error
}

func newStorm(t *testing.T, seed uint64) *storm {
	t.Helper()
	s := &storm{
		rng:  rand.New(rand.NewPCG(seed, 1)),
		tick: map[Link][]byte{}, incarnation: map[string]uint64{},
	}
	cfg := Config{Name: stormOwn, Network: "net", Seed: seed, Incarnation: seed, LinksReported: seed%4 != 0}
	cfg.Limits = Limits{PeersMax: 8, CallsMax: 20, ServingMax: 6, ServingPeerMax: 3, BodyBytesMax: 400, MethodBytesMax: 20, HeadBytesMax: 30}
	if seed%3 == 0 {
		cfg.Timing = DefaultTiming().Scaled(1, 50)
	}
	if seed%2 == 1 { // call ids wrap soon
		cfg.FirstCall = math.MaxUint32 - uint32(seed%16)
	}
	s.calm = 1 + int(seed%5)*4 // few JOINs leave the dialling halves more to do
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.cfg, s.m, s.audit = cfg, m, newAudit(cfg)
	return s
}

// feed steps the machine and checks everything, then refuses some of the sends.
func (s *storm) feed(ev *Event) {
	if s.err != nil {
		return
	}
	ev.At = s.now
	if s.recording {
		s.record = append(s.record, *ev)
	}
	s.note(seconds(s.now) + " " + eventLine(ev))
	s.out = s.m.Step(s.out[:0], ev)
	for i := range s.out {
		s.note("\t" + actionLine(&s.out[i]))
	}
	if s.err = s.audit.step(ev, s.out); s.err == nil {
		s.err = broken(s.m)
	}
	if d := s.m.Deadline(); s.err == nil && ev.Kind != EvSendRefused && d <= s.m.now {
		s.err = fmt.Errorf("the deadline %s is not in the future after a step at %s", seconds(d), seconds(s.m.now))
	}
	s.perform(s.out)
}

func (s *storm) note(line string) {
	if n := len(s.trace); n > 4000 {
		s.trace = append(s.trace[:0], s.trace[n-400:]...)
	}
	s.trace = append(s.trace, line[:min(len(line), 150)])
}

// perform remembers what the machine did, and refuses a few of its sends.
func (s *storm) perform(actions []Action) {
	var refused []Event
	for _, a := range actions {
		a.Body, a.Method = append([]byte(nil), a.Body...), append([]byte(nil), a.Method...)
		switch a.Kind {
		case ActDial:
			s.dialling = append(s.dialling, a)
		case ActServe:
			s.served = append(s.served, a)
		case ActSend:
			switch a.Command {
			case TICK:
				s.tick[a.Link] = a.Body
			case CALL:
				s.asked = append(s.asked, a)
			}
			if s.one(20) {
				refused = append(refused, Event{Kind: EvSendRefused, Peer: a.Peer, Link: a.Link, Command: a.Command, ID: a.ID, Cause: CauseWouldBlock})
			}
		}
	}
	for i := range refused {
		s.feed(&refused[i])
	}
}

func (s *storm) one(in int) bool { return s.rng.IntN(in) == 0 }

func (s *storm) peer() string {
	if s.one(60) {
		return []string{stormOwn, "", "\x00anonymous", strings.Repeat("n", 256)}[s.rng.IntN(4)]
	}
	return stormPeers[s.rng.IntN(len(stormPeers))]
}

// pass lets some time go by.
func (s *storm) pass() {
	switch s.rng.IntN(20) {
	case 0, 1, 2, 3:
		s.now += Instant(s.rng.Int64N(int64(100 * time.Millisecond)))
	case 4, 5:
		s.now += Instant(s.rng.Int64N(int64(5 * time.Second)))
	case 6, 7, 8:
		if d := s.m.Deadline(); d != Never {
			s.now = max(s.now, d)
		}
	case 9:
		if s.one(20) {
			s.now += Instant(s.rng.Int64N(int64(300 * time.Second)))
		}
	case 10:
		s.now -= Instant(s.rng.Int64N(int64(time.Second)))
	}
}

// event feeds one random event.
func (s *storm) event() {
	s.pass()
	switch n := s.rng.IntN(100); {
	case n < 55:
		s.frame()
	case n < 63:
		s.feed(&Event{Kind: EvTimeout})
	case n < 68:
		s.feed(&Event{Kind: EvConnect, Peer: s.peer(), Address: "here"})
	case n < 69:
		if s.one(2) {
			s.feed(&Event{Kind: EvRedial, Peer: s.peer()})
			return
		}
		s.feed(&Event{Kind: EvDisconnect, Peer: s.peer()})
	case n < 77:
		s.call()
	case n < 79:
		s.feed(&Event{Kind: EvCast, To: s.to(), Method: []byte("S.Cast"), Body: s.junk(40), Head: s.junk(2)})
	case n < 80:
		s.feed(&Event{Kind: EvCancel, Call: CallID(s.rng.Uint64N(uint64(s.nextCall) + 1))})
	case n < 88:
		s.reply()
	case n < 96:
		s.linkEvent()
	default:
		s.feed(&Event{Kind: EventKind(s.rng.IntN(int(EvStop))), Peer: s.peer(), Link: s.link(s.peer()), Method: s.junk(9), Body: s.junk(9)})
	}
}

func (s *storm) to() []string {
	var to []string
	for range s.rng.IntN(4) {
		to = append(to, stormPeers[s.rng.IntN(len(stormPeers))])
	}
	if s.one(9) {
		to = append(to, stormOwn)
	}
	return to
}

func (s *storm) call() {
	s.nextCall++
	ev := &Event{Kind: EvCall, Call: s.nextCall, To: s.to(), Method: []byte("S.Call"), Body: s.junk(40), Idempotent: s.one(4), TellDeadline: s.one(3)}
	ev.Timeout = time.Duration(s.rng.Int64N(int64(60*time.Second))) - time.Millisecond
	switch s.rng.IntN(40) {
	case 0:
		ev.Call = CallID(s.rng.Uint64N(uint64(s.nextCall) + 1))
	case 1:
		ev.Body = s.junk(900)
	case 2:
		ev.Method = s.junk(60)
	case 3:
		ev.Body = make([]byte, 300) // fits
	case 4:
		ev.Head = make([]byte, 31) // too long
	case 5, 6, 7, 8:
		ev.Head = s.junk(30)
	}
	s.feed(ev)
}

func (s *storm) reply() {
	if len(s.served) == 0 || s.one(50) {
		s.feed(&Event{Kind: EvReply, Ticket: Ticket(s.rng.Uint64())})
		return
	}
	i := s.rng.IntN(len(s.served))
	a := s.served[i]
	s.served = append(s.served[:i], s.served[i+1:]...)
	ev := &Event{Kind: EvReply, Ticket: a.Ticket, Method: a.Method, Body: []byte("reply")}
	if s.one(5) {
		ev.Err = []byte("failed")
	}
	if s.one(3) {
		ev.Head = s.junk(30)
	}
	s.feed(ev)
	delete(s.audit.tickets, a.Ticket)
}

func (s *storm) linkEvent() {
	if len(s.dialling) > 0 && s.one(2) {
		i := s.rng.IntN(len(s.dialling))
		a := s.dialling[i]
		s.dialling = append(s.dialling[:i], s.dialling[i+1:]...)
		if s.one(4) {
			s.feed(&Event{Kind: EvLinkLost, Peer: a.Peer, Link: a.Link, Cause: CauseUnreachable})
		} else {
			s.feed(&Event{Kind: EvLinkUp, Peer: a.Peer, Link: a.Link})
		}
		return
	}
	peer := s.peer()
	if link := s.link(peer); !s.one(3) {
		s.feed(&Event{Kind: EvLinkLost, Peer: peer, Link: link, Cause: CauseLost})
	} else if s.one(4) {
		s.feed(&Event{Kind: EvLinkUp, Peer: peer, Link: link})
	}
}

// finish stops the machine and lets every handler return.
func (s *storm) finish() {
	s.feed(&Event{Kind: EvStop})
	for len(s.served) > 0 {
		s.reply()
	}
	s.feed(&Event{Kind: EvTimeout})
	if s.err == nil && (len(s.audit.calls) > 0 || len(s.audit.tickets) > 0 || len(s.audit.dials) > 0) {
		s.err = fmt.Errorf("after stop: %d calls, %d requests, %d links are left", len(s.audit.calls), len(s.audit.tickets), len(s.audit.dials))
	}
}

func TestStorm(t *testing.T) {
	const events = 10_000
	seeds := uint64(100) // 1,000,000 events
	whole := !testing.Short() && !raceEnabled
	if !whole {
		seeds = 10
	}
	var outcomes [outcomeCount]int
	var drops [dropCount]uint64
	var refusals [refusalCount]uint64
	for seed := uint64(1); seed <= seeds; seed++ {
		s := newStorm(t, seed)
		s.run(t, seed, events)
		stats := s.m.Stats()
		for i := range drops {
			drops[i] += stats.Drops[i]
		}
		for i := range refusals {
			refusals[i] += stats.Refusals[i]
		}
		for i := range outcomes {
			outcomes[i] += s.audit.outcomes[i]
		}
	}
	if !whole {
		return // too short to get everywhere
	}
	// A storm that never gets somewhere shows nothing about it.
	for i := Outcome(1); i < outcomeCount; i++ {
		if outcomes[i] == 0 {
			t.Errorf("no call ended %v in the whole storm", i)
		}
	}
	for i := Drop(1); i < dropCount; i++ {
		if drops[i] == 0 {
			t.Errorf("nothing was dropped as %v in the whole storm", i)
		}
	}
	for i := Refusal(1); i < refusalCount; i++ {
		if refusals[i] == 0 {
			t.Errorf("nothing was refused as %v in the whole storm", i)
		}
	}
}

// run is one storm of one seed, to its end.
func (s *storm) run(t *testing.T, seed uint64, events int) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("seed %d: panic: %v\n%s", seed, r, s.tail())
		}
	}()
	for range events {
		s.event()
	}
	s.finish()
	if s.err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, s.err, s.tail())
	}
	s.feed(&Event{Kind: EvConnect, Peer: "a", Address: "here"}) // refused: the machine has stopped
	s.feed(&Event{Kind: EvFrame, Peer: "a", Link: Link{Listening, 1}, Command: JOIN, Body: []byte("net")})
	checkEmpty(t, s.m)
}

func (s *storm) tail() string {
	return "the last events:\n" + strings.Join(s.trace[max(0, len(s.trace)-40):], "\n")
}
