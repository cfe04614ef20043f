package main

import (
	"fmt"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// demoScenario is what demo shows.
const demoScenario = `# Three nodes; the network splits, heals, and everybody works again.
bilsim 1
network "demo" seed 3 model physical
latency 5ms..30ms handler 1ms..5ms
peers london paris tokyo
at 0s connect london -> paris
at 0s connect paris -> tokyo
at 0s connect tokyo -> paris
at 0s connect tokyo -> london
at 2s call london -> all Echo.Ping timeout 2s as k1
at 5s partition {london paris} | {tokyo} for 55s
at 8s call london -> all Echo.Ping timeout 2s as k2
at 30s call london -> all Echo.Ping timeout 2s as k3
at 40s call tokyo -> all Echo.Ping timeout 2s as k4
at 90s call london -> all Echo.Ping timeout 2s as k5
at 100s call tokyo -> all Echo.Ping timeout 2s as k6
expect linked london tokyo within 40s of heal
expect k5 from tokyo reply
expect k6 from london reply
`

// demo shows a run as a timeline.
func demo(c *console, args []string) (int, error) {
	f := c.flagSet("demo")
	if err := parseAll(f, args); err != nil {
		return 0, err
	}
	s, err := sim.Parse(demoScenario)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(c.out, "Three virtual nodes run the very code that runs in production.\nThe scenario:\n\n")
	for line := range strings.Lines(demoScenario) {
		fmt.Fprint(c.out, "    "+line)
	}
	fmt.Fprintf(c.out, "\nWhat happens (time of the simulated world):\n\n")
	t := &timeline{c: c}
	r := s.Run(sim.RunOptions{Customise: func(w *sim.World) { w.Observe(t.see) }})
	if r.Violation != nil {
		fmt.Fprint(c.out, sim.Explain(r, "go run ./cmd/bilsim demo"))
		return exitViolation, nil
	}
	fmt.Fprintf(c.out, "\nEvery expectation held, and every property of the protocol at each of %d steps: %s of virtual time.\n",
		r.Events, text.FormatDuration(r.Elapsed))
	fmt.Fprintf(c.out, "The same seed gives the same run on any machine: digest %.16s\n", r.Digest)
	return exitFine, nil
}

// timeline prints what a reader of a demo wants to know of a run.
type timeline struct{ c *console }

func (t *timeline) see(w *sim.World, s *sim.Step, f sim.Fault) {
	at := w.Now().Seconds()
	if s == nil {
		if name := f.String(); !strings.HasPrefix(name, "expect") {
			fmt.Fprintf(t.c.out, "%9.3fs  ** %s\n", at, name)
			if strings.HasPrefix(name, "call") {
				t.beliefs(w)
			}
		}
		return
	}
	for i := range s.Actions {
		switch a := &s.Actions[i]; a.Kind {
		case core.ActPeerUp:
			fmt.Fprintf(t.c.out, "%9.3fs  %-7s has %s as an active peer\n", at, s.Node.Name, a.Peer)
		case core.ActPeerDown:
			fmt.Fprintf(t.c.out, "%9.3fs  %-7s has lost %s: %v\n", at, s.Node.Name, a.Peer, a.Cause)
		case core.ActResult:
			fmt.Fprintf(t.c.out, "%9.3fs  %-7s call %d: %s %v\n", at, s.Node.Name, a.Call, a.Peer, a.Outcome)
		case core.ActDone:
			fmt.Fprintf(t.c.out, "%9.3fs  %-7s call %d is over\n", at, s.Node.Name, a.Call)
		}
	}
}

// beliefs prints whom each node takes for active.
func (t *timeline) beliefs(w *sim.World) {
	for _, n := range w.Nodes() {
		fmt.Fprintf(t.c.out, "%10s   %s believes in: %s\n", "", n.Name, strings.Join(n.Machine.Active(nil), ", "))
	}
}
