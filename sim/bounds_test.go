package sim

import (
	"strings"
	"testing"
	"time"
)

const bounded = `bilsim 1
network "net" model adversarial
latency 50ms..100ms
peers a b
bound faults 2 of drop, cut 20s, pause
bound calls 1
bound time 1m
turns 0 2 1
at 0s..5s connect a -> b
`

func TestBoundsAreReadBack(t *testing.T) {
	s, err := Parse(bounded)
	if err != nil {
		t.Fatal(err)
	}
	if is := Format(s); is != bounded {
		t.Errorf("it is written as\n%s", is)
	}
	b := s.Bounds
	if b.Faults != 2 || len(b.Kinds) != 3 || b.Kinds[1] != (FaultKind{"cut", 20 * time.Second}) || b.Calls != 1 || b.Time != time.Minute ||
		len(s.Turns) != 3 || s.Lines[0].Until != 5*time.Second {
		t.Errorf("it is read as %+v, %v, %+v", b, s.Turns, s.Lines)
	}
}

func TestBoundsThatSayNothingAreErrors(t *testing.T) {
	for line, want := range map[string]string{
		"bound faults 0":                 "above 0",
		"bound faults 1 of dropp":        "did you mean drop",
		"bound faults 1 of cut, cut":     "named twice",
		"bound faults 1 of drop":         "model adversarial",
		"bound tyme 1s":                  "did you mean time",
		"bound time 0s":                  "above 0s",
		"bound calls 1\nbound calls 1":   "is set in line",
		"turns":                          "want a number",
		"at 5s..5s connect a -> b":       "smaller time first",
		"run 2s\nat 1s..3s stop a":       "the run is over",
		"bound faults 1 of break, crash": "",
	} {
		_, err := Parse("bilsim 1\npeers a b\n" + line + "\n")
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", line, err, want)
		}
	}
}

// Two calls that arrive at one moment are run in the order of the turns; a run without
// turns takes them as they were sent.
func TestTurnsDecideWhatComesFirst(t *testing.T) {
	text := `bilsim 1
latency 10ms
peers a b c
TURNS
at 0s connect b -> a
at 0s connect c -> a
at 1s call b -> a Echo.Ping timeout 1s
at 1s call c -> a Echo.Ping timeout 1s
`
	order := func(turns string) string {
		s, err := Parse(strings.Replace(text, "TURNS\n", turns, 1))
		if err != nil {
			t.Fatal(err)
		}
		var served []string
		r := s.Run(RunOptions{Customise: func(w *World) {
			w.Observe(func(_ *World, s *Step, _ Fault) {
				if s != nil && s.Node.Name == "a" && s.Event.Peer != "" && s.Now > time.Second {
					served = append(served, s.Event.Peer)
				}
			})
		}})
		if r.Violation != nil {
			t.Fatal(r.Violation)
		}
		return strings.Join(served, "")[:2]
	}
	if is := order(""); is != "bc" {
		t.Errorf("without turns it is %s", is)
	}
	// The moments before, at which things are due too, go as always.
	found := false
	for n := range 40 {
		found = found || order("turns "+strings.Repeat("0 ", n)+"1\n") == "cb"
	}
	if !found {
		t.Error("no turn has c's call come first")
	}
}
