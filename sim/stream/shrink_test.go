package stream

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// A violation is shrunk to what it needs, and says how to replay it.
func TestShrink(t *testing.T) {
	s := Swarm(3)
	s.Marks = nil
	s.Conns = append(s.Conns, Conn{Peer: Honest, Sends: 6, Gets: 5, Sizes: []int{1, 2}, Latency: dice.Fixed(3 * time.Millisecond)})
	// An expectation that can't hold stands for a property that does not.
	s.Marks = []string{"cut awaiting READY (NULL)"}
	s.Curve = true
	r := s.Run(Options{})
	if r.Violation == nil {
		t.Fatal("no violation")
	}
	small := Shrink(s, report.Expected, 500)
	if len(small.Faults) != 0 {
		t.Errorf("%d faults are left that nothing needs", len(small.Faults))
	}
	if len(small.Conns) != 1 || small.Conns[0].Peer != Absent {
		t.Errorf("connections are left that nothing needs:\n%s", small)
	}
	if again := small.Run(Options{}); again.Violation == nil || again.Violation.Property != report.Expected {
		t.Errorf("the shrunk scenario shows %v", again.Violation)
	}
}
