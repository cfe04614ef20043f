package main

import (
	"bytes"
	"strings"
	"testing"
)

// usualResults are results in which every bound has what is usual.
func usualResults() results {
	r := results{}
	for _, name := range []string{"net/rpc", "bare", "zmtp", "zmtp+curve"} {
		r[name] = map[int][]sample{1: {{}}, 64: {{}}}
	}
	set := func(name string, callers int, s sample) { r[name][callers][0] = s }
	set("net/rpc", 1, sample{cpuPerCall: 40})
	set("zmtp", 1, sample{cpuPerCall: 42})
	set("net/rpc", 64, sample{perSecond: 50e3, cpuPerCall: 20, allocs: 16})
	set("bare", 64, sample{perSecond: 500e3, cpuPerCall: 4.8 / 2.6, allocs: 1})
	set("zmtp", 64, sample{perSecond: 200e3, cpuPerCall: 4.8, allocs: 4})
	set("zmtp+curve", 64, sample{perSecond: 150e3, cpuPerCall: 4.8 * 1.4, allocs: 4})
	return r
}

func TestTheGuardSeesALostThird(t *testing.T) {
	var out bytes.Buffer
	if !keeps(&out, usualResults()) {
		t.Fatalf("what is usual fails:\n%s", &out)
	}
	for name, c := range map[string]struct {
		spoil func(results)
		fails int
	}{
		"slower than a third": {func(r results) { r["zmtp"][64][0].perSecond *= 0.66 }, 1},
		"not quite a third":   {func(r results) { r["zmtp"][64][0].perSecond *= 0.67 }, 0},
		"dearer by half":      {func(r results) { r["zmtp"][64][0].cpuPerCall *= 1.51 }, 2},
		"one caller":          {func(r results) { r["zmtp"][1][0].cpuPerCall *= 1.51 }, 1},
		"curve":               {func(r results) { r["zmtp+curve"][64][0].cpuPerCall *= 1.51 }, 1},
		"allocations":         {func(r results) { r["zmtp"][64][0].allocs += 2.1 }, 1},
		"a slow machine": {func(r results) {
			for _, c := range r {
				for _, samples := range c {
					samples[0].perSecond /= 10
					samples[0].cpuPerCall *= 10
				}
			}
		}, 0},
	} {
		r := usualResults()
		c.spoil(r)
		out.Reset()
		if kept, fails := keeps(&out, r), strings.Count(out.String(), "FAIL"); kept != (c.fails == 0) || fails != c.fails {
			t.Errorf("%s: kept %v, %d fail, want %d:\n%s", name, kept, fails, c.fails, &out)
		}
	}
}

func TestRoundsOfSeveralTriesCountTogether(t *testing.T) {
	r := usualResults()
	slow := usualResults()
	slow["zmtp"][64][0].perSecond /= 10
	slow.merge(r)
	slow.merge(r)
	if n := len(slow["zmtp"][64]); n != 3 {
		t.Fatalf("%d samples of three", n)
	}
	if !keeps(&bytes.Buffer{}, slow) {
		t.Error("one slow round of three decides")
	}
}
