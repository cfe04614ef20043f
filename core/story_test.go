package core

import (
	"encoding/binary"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A story drives one machine. Every event is followed by want for each action
// that it causes, in order and with the reason; an action that nobody asked for
// fails the test, and so does a broken invariant.
type story struct {
	t       *testing.T
	m       *Machine
	audit   *audit
	now     Instant
	loose   []string // actions that are not yet asserted
	tickets []Ticket // of the requests that were handed out, in order
	log     strings.Builder
}

// newStory begins one with node m of network "net", on a driver that reports links.
func newStory(t *testing.T, change func(*Config)) *story {
	t.Helper()
	cfg := Config{Name: "m", Network: "net", Seed: 1, Incarnation: 1, LinksReported: true}
	if change != nil {
		change(&cfg)
	}
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &story{t: t, m: m, audit: newAudit(cfg)}
	t.Cleanup(s.noneLeft)
	return s
}

// noneLeft fails the test if an action is left that nobody asserted.
func (s *story) noneLeft() {
	s.t.Helper()
	if len(s.loose) > 0 {
		s.fail("nobody asked for: " + s.loose[0])
	}
}

func (s *story) fail(what string) {
	s.t.Helper()
	loose := s.loose
	s.loose = nil // one failure is enough
	s.t.Fatalf("%s\nnot yet asserted:\n\t%s\nthe story so far:\n%s", what, strings.Join(loose, "\n\t"), s.log.String())
}

func (s *story) feed(ev Event) {
	s.t.Helper()
	s.noneLeft()
	ev.At = s.now
	s.log.WriteString(seconds(s.now) + " " + eventLine(&ev) + "\n")
	actions := s.m.Step(nil, &ev)
	for i := range actions {
		line := actionLine(&actions[i])
		s.log.WriteString("\t" + line + "\n")
		s.loose = append(s.loose, line)
		if actions[i].Kind == ActServe {
			s.tickets = append(s.tickets, actions[i].Ticket)
		}
	}
	if err := s.audit.step(&ev, actions); err != nil {
		s.fail(err.Error())
	}
	if err := broken(s.m); err != nil {
		s.fail(err.Error())
	}
}

// want asserts the next action by the beginning of its line.
func (s *story) want(line, why string) {
	s.t.Helper()
	if len(s.loose) == 0 || !strings.HasPrefix(s.loose[0]+" ", line+" ") {
		s.fail("want " + line + ", because " + why)
	}
	s.loose = s.loose[1:]
}

// pass feeds every timeout of the next d, after each of which the actions in
// want are expected.
func (s *story) pass(d time.Duration) {
	s.t.Helper()
	end := s.now.Add(d)
	for s.m.Deadline() <= end && len(s.loose) == 0 {
		s.now = s.m.Deadline()
		s.feed(Event{Kind: EvTimeout})
	}
	if len(s.loose) == 0 {
		s.now = end
	}
}

// quiet lets d go by, in which nothing is done.
func (s *story) quiet(d time.Duration) {
	s.t.Helper()
	s.noneLeft()
	s.pass(d)
	s.noneLeft()
}

func (s *story) frame(peer string, link Link, c Command, body []byte) {
	s.t.Helper()
	s.feed(Event{Kind: EvFrame, Peer: peer, Link: link, Command: c, Body: body})
}

func (s *story) request(peer string, link Link, c Command, id uint32) {
	s.t.Helper()
	s.frame(peer, link, c, AppendPayload(nil, &Action{Command: c, ID: id, Method: []byte("S.M")}))
}

func (s *story) call(id CallID, idempotent bool) {
	s.t.Helper()
	s.feed(Event{Kind: EvCall, Call: id, Method: []byte("S.M"), Timeout: time.Minute, Idempotent: idempotent})
}

func tickBody(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func meetBody(incarnation uint64) []byte {
	return AppendMeet(nil, Meet{extensionsOurs, incarnation})
}

// number writes a counter as the lines of stories do.
func number(n uint64) string { return strconv.FormatUint(n, 10) }

func dialN(n uint64) Link   { return Link{Dialling, n} }
func listenN(n uint64) Link { return Link{Listening, n} }
