package sim

import (
	"strings"
	"testing"
)

// overlaps are two faults at once, of which the shorter one, or the one that is taken
// back first, may end itself only.
var overlaps = []struct{ name, lines string }{
	{"slow within slow", `
at 10s slow b by 3s for 60s
at 20s slow b by 3s for 5s
at 30s call a -> b Echo.Ping timeout 2s as k
expect k from b silent`},
	{"slower within slow", `
at 10s slow b by 1s for 60s
at 20s slow b by 4s for 10s
at 22s call a -> b Echo.Ping timeout 3s as k1
at 40s call a -> b Echo.Ping timeout 500ms as k2
at 80s call a -> b Echo.Ping timeout 500ms as k3
expect k1 from b silent
expect k2 from b silent
expect k3 from b reply`},
	{"slow through a restart", `
at 10s slow b by 3s for 60s
at 20s restart b
at 50s call a -> b Echo.Ping timeout 2s as k
expect k from b silent`},
	{"deaf within deaf", `
at 10s deaf b for 60s
at 20s deaf b for 5s
at 30s crash a
at 31s restart a
expect unlinked a b at 60s`},
	{"deaf through a restart of its node", `
at 10s deaf b for 60s
at 15s deaf b for 60s
at 20s crash b
at 21s restart b
at 30s deaf b for 1s
expect unlinked a b at 74s`},
	{"a longer pause behind a pause", `
at 10s pause b for 5s
at 12s pause b for 60s
at 30s call a -> b Echo.Ping timeout 2s as k
expect k from b silent`},
	{"pause within pause", `
at 10s pause b for 60s
at 12s pause b for 5s
at 30s call a -> b Echo.Ping timeout 2s as k
expect k from b silent`},
	{"the end of a pause that was resumed", `
at 10s pause b for 20s
at 20s resume b
at 25s pause b for 60s
at 35s call a -> b Echo.Ping timeout 2s as k
expect k from b silent`},
	{"resume ends all pauses", `
at 10s pause b for 60s
at 12s pause b
at 20s resume b
at 30s call a -> b Echo.Ping timeout 2s as k
expect k from b reply`},
	{"the end of a pause of an earlier life", `
at 10s pause b for 60s
at 20s restart b
at 50s pause b for 60s
at 75s call a -> b Echo.Ping timeout 2s as k
expect k from b silent`},
	{"freeze within freeze", `
at 10s clock a freeze for 300s
at 20s clock a freeze for 5s
at 30s partition {a} | {b} for 250s
expect active a b at 200s`},
	{"a longer freeze behind a freeze", `
at 10s clock a freeze for 5s
at 12s clock a freeze for 300s
at 30s partition {a} | {b} for 250s
expect active a b at 200s`},
	{"steps back add up", `
at 10s clock a step -100s
at 11s clock a step -100s
at 30s partition {a} | {b} for 500s
expect active a b at 200s
expect inactive a b at 400s`},
	{"a step back within a freeze", `
at 10s clock a freeze for 60s
at 20s clock a step -100s
at 30s partition {a} | {b} for 250s
expect active a b at 160s`},
	{"a step forward within a step back", `
at 10s clock a step -300s
at 11s clock a step +300s
at 30s partition {a} | {b} for 250s
expect inactive a b at 200s`},
	{"partition within partition", `
at 10s partition {a} | {b} for 60s
at 20s partition {a} | {b} for 5s
at 30s call a -> b Echo.Ping timeout 2s as k
expect k from b silent`},
	{"cut within isolate", `
at 10s isolate a for 60s
at 20s cut a -> b for 5s
at 30s call a -> b Echo.Ping timeout 2s as k
expect k from b silent`},
	{"clog within clog", `
at 10s clog a -> b for 60s
at 20s clog a -> b for 5s
at 30s call a -> b Echo.Ping timeout 2s as k
expect k from b silent`},
	{"clog that outlasts a partition", `
at 10s clog a -> b for 60s
at 20s partition {a} | {b} for 5s
at 30s call a -> b Echo.Ping timeout 2s as k
expect k from b silent`},
	{"full within full", `
at 10s full a -> b for 60s
at 20s full a -> b for 5s
at 30s call a -> b Echo.Ping timeout 2s as k
expect k from b refused`},
	{"the last heal is that of the longest", `
at 10s partition {a} | {b} for 200s
at 20s partition {a} | {b} for 5s
expect linked a b within 130s of heal
expect inactive a b at 150s`},
	{"a heal ends all", `
at 10s pause b for 300s
at 10s pause b
at 10s slow b by 3s
at 10s deaf b for 300s
at 10s deaf b
at 10s clock b freeze
at 10s clock b step -300s
at 20s heal
at 25s break a - b
at 50s slow b by 10ms for 10s
at 60s call a -> b Echo.Ping timeout 2s as k
expect k from b reply
expect linked a b within 40s of heal`},
	{"nobody gets through to an isolated node", `
at 10s isolate b for 60s
at 20s forge x -> b JOIN "net"
expect inactive b x at 20500ms`},
	{"a call given up while its node is paused", `
at 10s slow b by 30s for 40s
at 10s call a -> b Echo.Ping timeout 20s as k
at 11s pause a for 5s
at 12s cancel k
expect k from b canceled`},
}

func TestOverlappingFaultsNest(t *testing.T) {
	for _, c := range overlaps {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			s, err := Parse("bilsim 1\nheartbeat off latency 5ms\npeers a b\nat 0s connect a -> b" + c.lines + "\n")
			if err != nil {
				t.Fatal(err)
			}
			if r := s.Run(RunOptions{}); r.Violation != nil {
				t.Fatal(Explain(r, "go test ./sim -run "+strings.ReplaceAll(t.Name(), " ", "_")))
			}
		})
	}
}
