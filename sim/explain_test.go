package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
)

// parse reads a scenario that is right.
func parse(t *testing.T, text string) *Scenario {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// has fails the test for every part that a report does not have.
func has(t *testing.T, report string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(report, part) {
			t.Errorf("it does not say %q:\n%s", part, report)
		}
	}
}

// lacks fails the test for every part that a report has.
func lacks(t *testing.T, report string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(report, part) {
			t.Errorf("it says %q:\n%s", part, report)
		}
	}
}

func TestAReportOfAnExpectationIsOfTheSmallestScenario(t *testing.T) {
	for _, model := range []string{"physical", "adversarial"} {
		s := parse(t, "bilsim 1\nmodel "+model+"\npeers a b c\nat 0s connect a -> b\nat 1s connect c -> b\nat 3s crash c\n"+
			"at 4s restart c\nexpect unlinked a b at 10s\n")
		text := Explain(s.Run(RunOptions{}), "cmd")
		has(t, text, "model physical\n  peers a b\n  at 0s connect a -> b\n  expect unlinked a b at 10s\n", "It needs no more than the physical model")
		lacks(t, text, "crash c", "does not show it")
	}
}

func TestAReportKeepsWhatTheUsersDidWhomAnExpectationIsAbout(t *testing.T) {
	s := parse(t, "bilsim 1\npeers a b c\nat 0s connect a -> b\nat 0s connect c -> b\nat 5s pause c for 1s\n"+
		"at 20s partition {a} | {b} for 100s\nat 200s call a -> b Echo.Ping timeout 5s as k\nexpect linked a b within 10s of start\nexpect linked a b at 100s\n")
	text := Explain(s.Run(RunOptions{}), "cmd")
	has(t, text, "at 0s connect a -> b", "partition {a} | {b}", "E at 100.000000000s")
	lacks(t, text, "pause c", "connect c", "at 200s call")
	// Nobody is asked by a node that connects nobody either: that would explain nothing.
	s = parse(t, "bilsim 1\npeers a b c\nat 0s connect a -> b\nat 0s connect c -> b\nat 20s partition {a} | {b} for 100s\n"+
		"at 60s call a -> all Echo.Ping timeout 5s as k\nexpect k from b reply\n")
	has(t, Explain(s.Run(RunOptions{}), "cmd"), "peers a b\n", "at 0s connect a -> b", "partition {a} | {b}", "there is no outcome of b")
}

func TestAReportClaimsOfTheModelsWhatWasTried(t *testing.T) {
	needs := parse(t, "bilsim 1\nmodel adversarial\npeers a b\nat 0s connect a -> b\non STAY b->a #1 drop\nexpect linked a b at 1s\n")
	has(t, Explain(needs.Run(RunOptions{}), "cmd"), "the physical one has no such faults")
	// What never happens is not made smaller: any other scenario would show it too.
	absent := parse(t, "bilsim 1\nmodel adversarial\npeers a b\nat 0s connect a -> b\nat 3s crash b\nexpect mark \"crossing JOINs\"\n")
	text := Explain(absent.Run(RunOptions{}), "cmd")
	has(t, text, "The scenario, as it was run", "at 3s crash b", "The physical model of a link shows it too")
	lacks(t, text, "smallest", "does not show it")
}

func TestAReportEndsWhereItBroke(t *testing.T) {
	s := parse(t, "bilsim 1\npeers a b\nat 0s connect a -> b\nat 2s call a -> b Echo.Ping timeout 5s as k\nat 3s crash b\n"+
		"expect linked a b at 10s\nexpect k from b silent\nexpect linked a b at 100s\nexpect ran k at b 3\nexpect unlinked a b at 1s\nrun 200s\n")
	r := s.Run(RunOptions{})
	var told []string
	for _, v := range r.Violations {
		told = append(told, v.At.Truncate(time.Second).String()+" "+strings.Fields(v.What)[1])
	}
	if got, want := fmt.Sprint(told), "[1s 10, 2s 7, 10s 6, 1m40s 8, 3m20s 9,]"; got != want {
		t.Errorf("%s are told, want %s (times and lines)", got, want)
	}
	text := Explain(r, "cmd")
	has(t, text, "line 10, expect unlinked a b at 1s", "line 6, expect linked a b at 10s", "line 7, expect k from b silent",
		"line 8, expect linked a b at 100s", "line 9, expect ran k at b 3", "-- expect unlinked a b at 1s")
	lacks(t, text[strings.Index(text, "lines of its trace"):], "3.000000000s", "crash b", "call")
	// An outcome other than the one expected is shown as it comes.
	s = parse(t, "bilsim 1\npeers a b\nat 0s connect a -> b\nat 2s call a -> b Echo.Ping timeout 5s as k\nexpect k from b silent\nrun 200s\n")
	text = Explain(s.Run(RunOptions{}), "cmd")
	has(t, text, "E at 2.002000000s", "BACK")
	lacks(t, text, "30.0", "60.0")
	s = parse(t, "bilsim 1\npeers a b\nat 0s connect a -> b\nexpect active a b at 203500us\n")
	text = Explain(s.Run(RunOptions{}), "cmd")
	has(t, text, "b frame listen#1 a TICK", "TICK listen 1")
	lacks(t, text, "0.204", "PART dial 1")
}

// What broke may have been said long before, and a minute of heartbeats ago.
func TestAReportShowsWhatWasSaidBeforeTheHeartbeats(t *testing.T) {
	s := parse(t, "bilsim 1\npeers a b\nat 0s connect a -> b\nat 20s call a -> b Echo.Ping timeout 5s as k\nexpect unlinked a b at 20m\n")
	text := Explain(s.Run(RunOptions{}), "cmd")
	has(t, text, "lines of heartbeats)", "a call k#1 b 5s", "p0->>p1: 20.001s CALL listen 1")
}

func TestNothingIsDrawnWhereNothingWasSaid(t *testing.T) {
	s := parse(t, "bilsim 1\npeers a b\nexpect linked a b at 1s\n")
	lacks(t, Explain(s.Run(RunOptions{}), "cmd"), "Mermaid", "sequenceDiagram")
}

// loud is a checker of one's own: a node's third frame breaks its property.
type loud struct{ frames map[string]int }

func newLoud() []Checker { return []Checker{&loud{map[string]int{}}} }

func (*loud) Property() Property { return Property{ID: "X", Claim: "A node gets two frames."} }

func (l *loud) Step(_ check.World, s *Step) string {
	if s.Event.Kind == core.EvFrame {
		l.frames[s.Node.Name]++
	}
	if l.frames[s.Node.Name] > 2 {
		return s.Node.Name + " got three"
	}
	return ""
}

func TestAReportIsMadeByTheCheckersThatFoundIt(t *testing.T) {
	s := parse(t, "bilsim 1\npeers a b c\nat 0s connect a -> b\nat 0s connect c -> b\nat 9s crash c\n")
	added := 0
	r := s.Run(RunOptions{Checkers: newLoud, Customise: func(w *World) { added++ }})
	if r.Violation == nil || r.Violation.Property.ID != "X" {
		t.Fatalf("found %v", r.Violation)
	}
	text := Explain(r, "cmd")
	has(t, text, "X: A node gets two frames.", "got three", "smallest scenario", "peers a b\n")
	lacks(t, text, "crash c", "9.0")
	if added < 3 {
		t.Errorf("what the caller adds to a world was added to %d of the runs of a report", added)
	}
}

func TestAReportSaysThatAFailureDidNotComeAgain(t *testing.T) {
	s := parse(t, "bilsim 1\npeers a b\nat 0s connect a -> b\n")
	once := newLoud
	r := s.Run(RunOptions{Checkers: func() []Checker { c := once(); once = Checkers; return c }})
	text := Explain(r, "cmd")
	has(t, text, "It did not come up when the scenario was run once more", "got three")
	lacks(t, text, "smallest")
}

// brittle does what a checker does that steps a copy of a node which panics.
type brittle struct{ audits bool }

func (brittle) Property() Property { return Property{ID: "X", Claim: "Nothing."} }

func (b brittle) Step(_ check.World, s *Step) string {
	if !b.audits && s.N == 7 {
		panic("as a copy would")
	}
	return ""
}

func (b brittle) Audit(w check.World, n *check.Node, _ []core.PeerStatus) string {
	if !b.audits || w.Now() < 10*time.Second {
		return ""
	}
	panic("as a copy of " + n.Name + " would")
}

func TestAPanicOfACopyIsAFindingLikeAnyOther(t *testing.T) {
	for _, b := range []brittle{{false}, {true}} {
		s := parse(t, "bilsim 1\npeers a b c\nat 0s connect a -> b\nat 0s connect c -> b\nat 9s crash c\nat 20s crash b\n")
		r := s.Run(RunOptions{Checkers: func() []Checker { return []Checker{b} }})
		if r.Violation == nil || r.Violation.Property != check.PropNoPanic {
			t.Fatalf("audits %v: found %v", b.audits, r.Violation)
		}
		text := Explain(r, "cmd")
		has(t, text, "a look at a copy of", "panicked", "Replay it with:  cmd")
		lacks(t, text, "at 20s crash b")
	}
}

func TestALongRunIsTriedLessOften(t *testing.T) {
	for events, want := range map[uint64]int{0: 2000, 10_000: 2000, 100_000: 200, 1_000_000: 20, 100_000_000: 20} {
		if got := shrinkBudget(&Result{Events: events}); got != want {
			t.Errorf("a run of %d events is run %d times, want %d", events, got, want)
		}
	}
}
