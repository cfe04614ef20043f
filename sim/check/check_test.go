package check

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// stub is a world of one node, whose twin steps as twin says.
type stub struct {
	node   *Node
	now    time.Duration
	timing core.Timing
	twin   Stepper
}

func (w *stub) Now() time.Duration                            { return w.now }
func (w *stub) Timing() *core.Timing                          { return &w.timing }
func (w *stub) WakeMax() time.Duration                        { return 0 }
func (w *stub) ClockAt(_ *Node, t time.Duration) core.Instant { return core.Instant(t) }
func (w *stub) Honest() bool                                  { return true }
func (w *stub) Strayed(*Node, string) bool                    { return false }
func (w *stub) Twin(*Node) (Stepper, error)                   { return w.twin, nil }

func (w *stub) Node(name string) *Node {
	if name == w.node.Name {
		return w.node
	}
	return nil
}

func newMachine(t *testing.T) *core.Machine {
	t.Helper()
	m, err := core.New(core.Config{Name: "a", Network: "net", LinksReported: true})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newStub(t *testing.T) *stub {
	t.Helper()
	m := newMachine(t)
	return &stub{node: &Node{Name: "a", Called: "a", Network: "net", Machine: m}, timing: m.Config().Timing, twin: newMachine(t)}
}

// dial is what a node does that was told to connect to b, until the dial.
var dial = []core.Event{
	{Kind: core.EvConnect, Peer: "b", Address: "b"},
	{Kind: core.EvTimeout, At: core.Instant(200 * time.Millisecond)},
}

// feed has the node take events, and returns what the checkers say of the first
// step that one of them finds fault with.
func (w *stub) feed(checkers []Checker, events ...core.Event) string {
	var s Step
	for i := range events {
		ev := &events[i]
		w.now = time.Duration(ev.At)
		s.Begin(uint64(i+1), w.now, w.node, ev)
		for _, c := range checkers {
			if b, ok := c.(Before); ok {
				b.Before(w, &s)
			}
		}
		s.Took(w.node.Machine.Step(nil, ev))
		for _, c := range checkers {
			if wrong := c.Step(w, &s); wrong != "" {
				return wrong
			}
		}
	}
	return ""
}

func TestNothingIsWrongWithAHealthyMachine(t *testing.T) {
	if wrong := newStub(t).feed(All(), dial...); wrong != "" {
		t.Error(wrong)
	}
}

// idle is a twin that does nothing.
type idle struct{}

func (idle) Step(dst []core.Action, _ *core.Event) []core.Action { return dst }

func TestATwinThatDiffersIsFound(t *testing.T) {
	w := newStub(t)
	w.twin = idle{}
	if wrong := w.feed([]Checker{newTwins()}, dial...); !strings.Contains(wrong, "its twin differ") {
		t.Errorf("got %q", wrong)
	}
}

func TestAStepIsHeldAgainstWhatWasBefore(t *testing.T) {
	link := core.Link{Half: core.Dialling, N: 1}
	for _, c := range []struct {
		checker Checker
		acts    []core.Action
		want    string
	}{
		{newLinkUse(), []core.Action{{Kind: core.ActDial, Peer: "b", Link: link}, {Kind: core.ActDial, Peer: "b", Link: core.Link{Half: core.Dialling, N: 2}}}, "before it hung up"},
		{newLinkUse(), []core.Action{{Kind: core.ActSend, Peer: "b", Link: link, Command: core.JOIN}}, "which is not up"},
		{newOneLink(), []core.Action{{Kind: core.ActSend, Peer: "a", Link: link, Command: core.CALL, ID: 1, Method: []byte("X.Y")}}, "to itself"},
		{newCallCheck(newLedger()), []core.Action{{Kind: core.ActResult, Peer: "b", Call: 7, Outcome: core.Replied}}, "which is over"},
	} {
		w := newStub(t)
		var s Step
		s.Begin(1, 0, w.node, &core.Event{Kind: core.EvTimeout})
		s.Took(c.acts)
		if wrong := c.checker.Step(w, &s); !strings.Contains(wrong, c.want) {
			t.Errorf("%s: got %q, want something with %q", c.checker.Property().ID, wrong, c.want)
		}
	}
}

// A peer is forgotten in the step of its frame, as after a pause: then no link of it is
// an older one. Before that, a JOIN on an older link has to change nothing.
func TestJoinOnAnOlderLinkOfAForgottenPeer(t *testing.T) {
	older, newer := core.Link{Half: core.Listening, N: 1}, core.Link{Half: core.Listening, N: 2}
	join := func(link core.Link, at time.Duration) core.Event {
		return core.Event{Kind: core.EvFrame, Peer: "b", Link: link, Command: core.JOIN, Body: []byte("net"), At: core.Instant(at)}
	}
	w := newStub(t)
	serve := w.timing.Serve
	events := []core.Event{join(newer, 0), join(older, serve-1), {Kind: core.EvTimeout, At: core.Instant(serve)}, join(older, 2*serve-1), join(older, 2*serve)}
	if wrong := w.feed([]Checker{newStale()}, events...); wrong != "" {
		t.Error(wrong)
	}
	if st, _ := w.node.Machine.Status("b"); st.ListeningLink != older {
		t.Errorf("%v is served, want %v: b was to be forgotten and to join anew", st.ListeningLink, older)
	}
}

func TestStatusIsThatAfterTheStep(t *testing.T) {
	w := newStub(t)
	var s Step
	s.Begin(1, 0, w.node, &dial[0])
	if _, known := s.Status("b"); known {
		t.Error("b is known before the step that makes it known")
	}
	s.Took(w.node.Machine.Step(nil, &dial[0]))
	if st, known := s.Status("b"); !known || st.Dialling != core.Waiting {
		t.Errorf("b is %+v, known %v", st, known)
	}
}

func TestEveryCheckerIsOfAPropertyOfTheList(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range All() {
		if p := c.Property(); !slices.Contains(Properties(), p) || seen[p.ID] {
			t.Errorf("%s is not in the list, or has two checkers", p.ID)
		}
		seen[c.Property().ID] = true
	}
}

// A page says what the property means that was violated, whichever that is.
func TestPropertiesAreExplained(t *testing.T) {
	for _, p := range Properties() {
		if len(p.Means) < 60 || !strings.HasSuffix(p.Means, ".") || strings.Contains(p.Means, p.Claim) {
			t.Errorf("%s means %q, want sentences that say more than its claim", p.ID, p.Means)
		}
	}
}
