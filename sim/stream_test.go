package sim

import (
	"testing"
	"time"
)

func TestStreamTwoEnds(t *testing.T) {
	for _, curve := range []bool{false, true} {
		s := &StreamScenario{Seed: 1, Curve: curve, PayloadMax: 40000, Handshake: 5 * time.Second, Interval: 4 * time.Second, Timeout: 8 * time.Second, HalfOpenMax: 4,
			Conns: []StreamConn{{Sends: 10, Gets: 10, Sizes: []int{0, 1, 255, 33000}, Piece: 100, Latency: Delay{Min: time.Millisecond, Max: 2 * time.Millisecond}}}}
		r := s.Run(StreamOptions{Trace: func(l []byte) { t.Log(string(l)) }})
		t.Log(r.Violation, r.Events, r.Bytes, r.Elapsed, r.Digest)
		if r.Violation != nil {
			t.Error(r.Violation)
		}
	}
}
