package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// A screen shows what is known, says of a worker that it is silent, and fits any width.
func TestScreen(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	plan := &ledger.Plan{Work: "any", Of: campaign.Range{To: 4000}, Chunk: 1000}
	result := campaign.New(campaign.Campaign{}, plan.Of, plan.Of)
	result.Ran = campaign.Ranges{{To: 1000}}
	result.Findings = []campaign.Finding{{Property: "P4", Fingerprint: "abc", Seeds: 2, Seed: 17, What: "a call\nended twice"}}
	s := &screen{name: "nightly", work: "physical model", plan: plan, tally: &tally{result: result, ranges: 1, again: 1}, held: 2, waiting: 1, heard: &heard{workers: map[string]*heardOf{
		"one.0": {
			status: status{Worker: "one.0", Range: campaign.Range{From: 1000, To: 2000}, Done: 500, Try: 2, Seeds: 1500}, at: now.Add(-time.Second),
			before: status{Seeds: 500}, was: now.Add(-11 * time.Second),
		},
		"two.0": {status: status{Worker: "two.0", Range: campaign.Range{From: 2000, To: 3000}}, at: now.Add(-20 * time.Second)},
		"old.0": {status: status{Worker: "old.0"}, at: now.Add(-time.Hour)},
	}}}
	text := strings.Join(s.lines(now, 200), "\n")
	for _, want := range []string{
		"sweep nightly: seeds 0..4000, physical model", "]  25%  1,000 of 4,000 seeds", "100 seeds/s, 25s left", "ranges: 1 done, 2 held, 1 waiting, 1 begun again",
		"2 violations, 1 finding", "2 workers", "[#####.....]  50% 1000..2000, 2nd try", "silent for 20s, had 2000..3000", "P4-abc, 2 seeds, first 17: a call\n",
	} {
		if !strings.Contains(text+"\n", want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "old.0") {
		t.Errorf("a worker that was not heard of for an hour is in\n%s", text)
	}
	for _, width := range []int{80, 20, 2} {
		for _, line := range s.lines(now, width) {
			if n := utf8.RuneCountInString(line); n > max(width, 3) {
				t.Errorf("a line of %d characters on a screen of %d: %q", n, width, line)
			}
		}
	}
}
