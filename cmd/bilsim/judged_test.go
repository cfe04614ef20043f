package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

func TestAHuntInWhichAPropertyJudgedNothingFails(t *testing.T) {
	for _, c := range []struct {
		judged uint64
		json   bool
		code   int
		says   string
	}{
		{1, false, exitFine, "judged: P1 9, P13 1\n"},
		{1, true, exitFine, `"judged":{"P1":9,"P13":1}`},
		{0, false, exitViolation, "never had anything to judge: P13\n"},
		{0, true, exitViolation, `"never_judged":["P13"]`},
	} {
		var out bytes.Buffer
		h := hunter{
			machines: &machines{c: &console{out: &out, err: &out}, json: c.json}, vacuous: 2000, part: campaign.Range{From: 0, To: 2000},
		}
		h.total = &campaign.Result{
			Of: h.part, Asked: campaign.Ranges{h.part}, Ran: campaign.Ranges{h.part},
			Judged: report.Marks{{Name: "P1", Count: 9}, {Name: "P13", Count: c.judged}},
		}
		if code, _ := h.end(); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("judged %d times, JSON %v: exit status %d, want %d and %q\n%s", c.judged, c.json, code, c.code, c.says, &out)
		}
		h.total.Ran[0].To = 1999 // too few seeds to say anything
		if code, _ := h.end(); code != exitFine {
			t.Errorf("judged %d times in 1,999 seeds: exit status %d", c.judged, code)
		}
	}
}

func TestAHuntSaysWhatItsPropertiesHadToJudge(t *testing.T) {
	_, out, _ := bilsim(t, "", "hunt", "-json", "-seeds", "0..3")
	for _, id := range []string{"P1", "P11", "P13", "P19", "L1", "L4", "L5"} {
		if !strings.Contains(out, `"`+id+`":`) {
			t.Errorf("it says nothing of %s:\n%s", id, out)
		}
	}
}
