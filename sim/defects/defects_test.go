package defects

import (
	"os"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// seedsMost bounds the search from one start. The rarest defect takes some 500
// seeds on average.
const seedsMost = 3000

func TestEveryDefectIsFoundWhereTheHealthyCorePasses(t *testing.T) {
	for _, d := range All() {
		t.Run(d.ID, func(t *testing.T) {
			t.Parallel()
			if raceEnabled && (d.ID == "K8" || d.ID == "K17") { // these take more seeds than all others together
				t.Skip("other builds hunt it")
			}
			r, seeds := d.Find(0, seedsMost)
			if r == nil {
				t.Fatalf("%s survived %d seeds: %s", d.ID, seeds, d.Name)
			}
			t.Logf("%d seeds, %v: %v", seeds, r.Scenario.Model, r.Violation)
		})
	}
}

// TestScenariosOfTheMatrixTellDefectsFromTheHealthyCore holds that each defect
// has a scenario under testdata which shows it, and which the core passes.
func TestScenariosOfTheMatrixTellDefectsFromTheHealthyCore(t *testing.T) {
	for _, d := range All() {
		t.Run(d.ID, func(t *testing.T) {
			name := "../../testdata/scenario/" + d.File + ".sim"
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatalf("%v: make kill writes it", err)
			}
			s, err := sim.Parse(string(text))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if r := s.Run(sim.RunOptions{}); r.Violation != nil {
				t.Errorf("%s: the healthy core violates %v", name, r.Violation)
			}
			if r := d.In(s).Run(sim.RunOptions{}); !d.Shows(r.Violation) {
				t.Errorf("%s no longer shows %s (it gives %v): make kill WRITE=1 finds another one", name, d.ID, r.Violation)
			}
		})
	}
}

func TestExercisedSaysWhetherADefectMadeADifference(t *testing.T) {
	all := All()
	if runs, differ := all[0].Exercised(0, 10); runs != 20 || differ == 0 {
		t.Errorf("%s made a difference in %d of %d runs", all[0].ID, differ, runs)
	}
	healthy := Defect{}
	if runs, differ := healthy.Exercised(0, 3); runs != 6 || differ != 0 {
		t.Errorf("no defect made a difference in %d of %d runs", differ, runs)
	}
}

// A call whose user still waits is named, so that a reader knows what was taken back.
func TestAVoidTooEarlyNamesItsCall(t *testing.T) {
	s, err := sim.Parse("bilsim 1\nnetwork \"net\" model physical\nscale 1/10\npeers a b\n" +
		"at 18s slow b by 4s for 5s\nat 18s connect a -> b\nat 19s call a -> b Echo.Ping timeout 2s\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range All() {
		if d.ID != "K12" {
			continue
		}
		v := d.In(s).Run(sim.RunOptions{}).Violation
		if v == nil || v.Property.ID != "P17" || !strings.HasSuffix(v.What, " to b on dial#1, though call k#1 still waits for it") {
			t.Errorf("the run gives %v", v)
		}
	}
}
