package main

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// A guard fails where a third of the speed is lost. What it bounds are ratios of medians of
// one run, in which the contenders take turns, so that a slow machine, or a busy one, moves
// both sides. Nothing is bounded by the clock alone.

// bound is what a contender has to keep, beside another one.
type bound struct {
	what       string
	name, than string // the contenders; "" is the number itself
	callers    int
	value      func(sample) float64
	usual      float64 // as measured
	least      bool    // it must not get less; otherwise not more
}

// limit is what the bound allows: two thirds of what is usual, or three halves.
func (b *bound) limit() float64 {
	if b.least {
		return b.usual * 2 / 3
	}
	return b.usual * 3 / 2
}

// bounds are the guarded ratios. What is usual was measured on a machine of two processors
// that others wanted too, with a load of 17; with nothing else to do the ratios are better.
var bounds = []bound{
	{what: "calls/s", name: "zmtp", than: "net/rpc", callers: 64, value: perSecond, usual: 4.0, least: true},
	{what: "CPU a call", name: "zmtp", than: "net/rpc", callers: 64, value: cpuPerCall, usual: 0.24},
	{what: "CPU a call", name: "zmtp", than: "bare", callers: 64, value: cpuPerCall, usual: 2.6},
	{what: "CPU a call", name: "zmtp", than: "net/rpc", callers: 1, value: cpuPerCall, usual: 1.05},
	{what: "CPU a call", name: "zmtp+curve", than: "zmtp", callers: 64, value: cpuPerCall, usual: 1.4},
	{what: "allocations a call", name: "zmtp", callers: 64, value: allocations, usual: 4},
	{what: "allocations a call", name: "zmtp+curve", callers: 64, value: allocations, usual: 4},
}

func perSecond(s sample) float64   { return s.perSecond }
func cpuPerCall(s sample) float64  { return s.cpuPerCall }
func allocations(s sample) float64 { return s.allocs }

// of returns what is bounded, and whether it keeps the bound.
func (b *bound) of(r results) (is float64, kept bool) {
	is = median(r[b.name][b.callers], b.value)
	if b.than != "" {
		is /= median(r[b.than][b.callers], b.value)
	}
	if b.least {
		return is, is >= b.limit()
	}
	return is, is <= b.limit()
}

const (
	guardRounds = 5 // of a try
	guardTries  = 3 // whose rounds count together: one unlucky minute is no verdict
	guardSpan   = 300 * time.Millisecond
)

// errSlower says that a guard has failed.
var errSlower = errors.New("a third of the speed is gone: `make bench` shows where")

// guard measures until every bound is kept, at most guardTries times.
func guard(w io.Writer) error {
	var chosen []contender
	for _, name := range []string{"net/rpc", "bare", "zmtp", "zmtp+curve"} {
		c, err := contenderNamed(name)
		if err != nil {
			return err
		}
		chosen = append(chosen, c)
	}
	all := results{}
	for try := 1; ; try++ {
		r, err := compare(chosen, []int{1, 64}, guardRounds, guardSpan)
		if err != nil {
			return err
		}
		all.merge(r)
		if keeps(w, all) {
			return nil
		}
		if try == guardTries {
			return errSlower
		}
		fmt.Fprintln(w, "once more:")
	}
}

// keeps prints what is bounded, and says whether all bounds are kept.
func keeps(w io.Writer, r results) bool {
	all := true
	for i := range bounds {
		b := &bounds[i]
		is, kept := b.of(r)
		all = all && kept
		word, sign := "ok  ", "<="
		if !kept {
			word = "FAIL"
		}
		if b.least {
			sign = ">="
		}
		beside := ""
		if b.than != "" {
			beside = " beside " + b.than
		}
		fmt.Fprintf(w, "%s  %s, %s with callers %d%s: %.2f, want %s %.2f\n", word, b.name, b.what, b.callers, beside, is, sign, b.limit())
	}
	return all
}
