package sim_test

import (
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// TestFasterIsTheSameStory: with every time divided, what is expected still comes about, and
// what is written down can be read back.
func TestFasterIsTheSameStory(t *testing.T) {
	for _, text := range []string{`bilsim 1
latency 5ms..30ms handler 100ms wake 0s..1ms settle
peers a b
at 0s connect a -> b
at 20s pause b for 1m
at 50s call a -> b Echo.Ping timeout 1s as k1
at 90s slow b by 3s for 10s
at 91s call a -> b Echo.Ping timeout 2s as k2
at 91s call a -> b Echo.Ping timeout 5s as k3
on CALL a->b #2 delay 50ms
expect inactive a b at 35s
expect k1 from b notconnected
expect k2 from b silent
expect k3 from b reply
expect k3 done within 3300ms
expect linked a b at 150s
`, `bilsim 1
scale 1/10 heartbeat off
peers a b
at 0s connect a -> b
at 5s partition {a} | {b} for 30s
expect linked a b within 20s of heal
expect linked a b within 1s of start
`} {
		s, err := sim.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		slow := s.Run(sim.RunOptions{})
		for _, n := range []int64{1, 7, 20} {
			f := s.Faster(n)
			again, err := sim.Parse(sim.Format(f))
			if err != nil {
				t.Fatalf("%d times faster: %v\n%s", n, err, sim.Format(f))
			}
			r := again.Run(sim.RunOptions{})
			if slow.Violation != nil || r.Violation != nil {
				t.Errorf("%d times faster: %v %v\n%s", n, slow.Violation, r.Violation, sim.Format(f))
			}
		}
	}
}

func TestAScenarioSaysWhyItIsNotReal(t *testing.T) {
	for text, want := range map[string]string{
		`real no "it takes a day"`:        `real no "it takes a day"`,
		`real no on libzmq "nobody told"`: `real no on libzmq "nobody told"`,
		`settle real no "x"`:              `real no "x"`,
	} {
		s, err := sim.Parse("bilsim 1\n" + text + "\npeers a\n")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := sim.Format(s); !strings.Contains(got, "\n"+want+"\n") {
			t.Errorf("%s is written as\n%s", text, got)
		}
	}
	for _, text := range []string{`real`, `real no`, `real no ""`, `real yes`, `real no on udp "x"`, "real no \"x\"\nreal no \"y\""} {
		if _, err := sim.Parse("bilsim 1\n" + text + "\npeers a\n"); err == nil {
			t.Errorf("%s is taken for good", text)
		}
	}
}

// TestARunLeavesItsScenarioAsItWas: others may run it too.
func TestARunLeavesItsScenarioAsItWas(t *testing.T) {
	s, err := sim.Parse("bilsim 1\npeers a b\nat 0s connect a -> b\nat 5s partition {a} | {b} for 30s\nexpect linked a b within 20s of heal\n")
	if err != nil {
		t.Fatal(err)
	}
	e := s.Lines[len(s.Lines)-1].Expect
	was := *e
	if s.Run(sim.RunOptions{}); *e != was {
		t.Errorf("what is expected was %+v, and is %+v", was, *e)
	}
}
