package sim

import (
	"fmt"
	"testing"
	"time"
)

// smallStream is a connection of a few messages at the lengths where headers
// change their form, with a heartbeat and its answer.
func smallStream(curve bool) *StreamScenario {
	return &StreamScenario{
		Seed: 1, Curve: curve, PayloadMax: 512, Handshake: time.Second, Interval: time.Second, Timeout: 2 * time.Second, HalfOpenMax: 1,
		Conns: []StreamConn{{
			Sends: 6, Gets: 6, Sizes: []int{0, 1, 222, 223, 255, 256}, Latency: Fixed(time.Millisecond), Admit: 10 * time.Millisecond,
		}},
	}
}

func TestStreamEvery(t *testing.T) {
	for _, curve := range []bool{false, true} {
		for name, vary := range map[string]func(dst []StreamFault, conn int, from Side, at int) []StreamFault{
			"cut": func(dst []StreamFault, _ int, _ Side, at int) []StreamFault {
				return append(dst, StreamFault{Kind: Sever})
			},
			"split": func(dst []StreamFault, _ int, _ Side, at int) []StreamFault {
				return append(dst, StreamFault{Kind: Split, For: time.Millisecond})
			},
			"flip": func(dst []StreamFault, _ int, _ Side, at int) []StreamFault {
				return append(dst, StreamFault{Kind: Flip, N: at % 8}, StreamFault{Kind: Flip, N: (at/8 + 4) % 8})
			},
		} {
			t.Run(fmt.Sprint(curve, name), func(t *testing.T) {
				start := time.Now()
				r := smallStream(curve).EveryByte(vary)
				t.Log(r.Runs, r.Events, time.Since(start), time.Since(start)/time.Duration(r.Runs))
				for _, m := range r.Marks {
					t.Log(m)
				}
				if r.Violation != nil {
					t.Error(r.Violation.Violation, r.Violation.Scenario.Faults)
				}
			})
		}
	}
}
