package sim

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

const example = `# One STAY is lost. The client believes nothing, joins again, and must be served at once.
bilsim 1
network "net one"  seed 7  model adversarial
peers a b          latency 5ms..30ms
at 0s      connect a -> b
on         STAY b->a #1        drop
at 40s     partition {a} | {b} for 95s
at 200s    call a -> all Echo.Ping timeout 5s as k1
expect     linked a b within 10s of start
expect     k1 from b reply
expect     linked a b within 130s of heal
`

const canonical = `# One STAY is lost. The client believes nothing, joins again, and must be served at once.
bilsim 1
network "net one" seed 7 model adversarial
latency 5ms..30ms
peers a b
at 0s connect a -> b
on STAY b->a #1 drop
at 40s partition {a} | {b} for 95s
at 200s call a -> all Echo.Ping timeout 5s as k1
expect linked a b within 10s of start
expect k1 from b reply
expect linked a b within 130s of heal
`

func TestFormattingIsCanonical(t *testing.T) {
	s, err := Parse(example)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(canonical, Format(s)); diff != "" {
		t.Fatal(diff)
	}
	again, err := Parse(canonical)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(canonical, Format(again)); diff != "" {
		t.Fatal(diff)
	}
}

func TestTheExampleRunsAndHolds(t *testing.T) {
	s, err := Parse(example)
	if err != nil {
		t.Fatal(err)
	}
	r := s.Run(RunOptions{Trace: func(line []byte) { t.Log(string(line)) }})
	if r.Violation != nil {
		t.Fatal(r.Violation)
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `line 1: want "bilsim 1" as the first line that is not a comment`},
		{"bilsim 2\n", "line 1: this program reads version 1 of the language"},
		{"bilsim 1\n", `line 2: want "peers" and their names`},
		{"bilsim 1\npeers a a\n", `line 2: there are two peers called "a"`},
		{"bilsim 1\npeers a b\n\nat 5 crash a\n", `line 4: want a duration such as 40s, at most a hundred years, instead of "5"`},
		{"bilsim 1\npeers a b\nat 5s crash c\n", `line 3: no peer is called "c": name it in a line "peers ..."`},
		{"bilsim 1\npeers a b\non STAY a->b #0 break\n", "line 3: want #1, #2..5 or #3.. : ordinals begin at 1"},
		{"bilsim 1\npeers a b\non STAI a->b #1 break\n", `line 3: no command is called "STAI": did you mean STAY?`},
		{"bilsim 1\npeers a b\non STAY a->b #1\n", "line 3: want what happens to the frame, or then and a fault"},
		{"bilsim 1\npeers a b\nexpect k1 from\n", "line 3: want a name at the end of the line"},
		{"bilsim 1\npeers a b\nat 1s partition {a}\n", "line 3: a partition has two groups or more: {a} | {b}"},
		{"bilsim 1\npeers a b\nat 1s explode a\n", `line 3: nothing is called "explode": want connect, disconnect, redial, call, cast, cancel, stop, crash, vanish, restart, pause, ` +
			`resume, slow, deaf, isolate, clock, partition, bridge, cut, clog, full, break, forge, inject or heal`},
		{"bilsim 1\npeers a\ncolour red\n", `line 3: no setting or statement is called "colour"`},
		{"bilsim 1\npeers a b\non STAY b->a #1 drop\n",
			`line 3: drop needs "model adversarial": inside a connection the physical model loses, doubles and reorders nothing; use break, delay, clog or partition`},
	} {
		_, err := Parse(c.text)
		if err == nil || err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestErrorsShowThePlace(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"at 5s crush a", "      ^^^^^"},
		{"at 5 crash a", "   ^"},
		{"at 5s crash", "           ^"},
		{"at 5s crash alice", "            ^^^^^"},
		{"timing retrie 5s", "       ^^^^^^"},
		{"\tat 5s call a -> b, Echo.Ping", "\t                            ^"},
		{"on STAY b->a #1 drop", "                ^^^^"},
		{"rate drop 5%", "          ^^"},
		{"rate drop 5/100", "     ^^^^"},
		{"at 5s crash \"a", "            ^^"},
		{"at 5s crash ä", "            ^"},
	} {
		scenario := "bilsim 1\npeers a b\n" + c.line + "\nat 9s heal\n"
		_, err := Parse(scenario)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q is read", c.line)
			continue
		}
		want := "  |\n3 | " + c.line + "\n  | " + c.want + "\n"
		if got := text.Excerpt(scenario, syntax); got != want {
			t.Errorf("%v:\n got\n%s want\n%s", err, got, want)
		}
	}
}
