package sim

import (
	"testing"
	"time"
)

func TestStreamSwarm(t *testing.T) {
	var tot StreamTotals
	start := time.Now()
	var worst uint64
	for seed := range uint64(2000) {
		r := StreamSwarm(seed).Run(StreamOptions{})
		tot.Add(r)
		if r.Events > worst {
			worst = r.Events
			t.Log("events", seed, worst, r.Elapsed)
		}
		if r.Violation != nil {
			t.Error(seed, r.Violation)
		}
	}
	t.Log(tot.Runs, tot.Events, tot.Bytes, time.Since(start))
	for _, m := range tot.Marks {
		t.Log(m)
	}
}
