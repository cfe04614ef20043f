//go:build defects

package sim

import "testing"

// seedsMost bounds the search from one start. The rarest defect takes some 250
// seeds on average.
const seedsMost = 3000

func TestEveryDefectIsFoundWhereTheHealthyCorePasses(t *testing.T) {
	for _, d := range Defects() {
		t.Run(d.ID, func(t *testing.T) {
			t.Parallel()
			r, seeds := d.Find(0, seedsMost)
			if r == nil {
				t.Fatalf("%s survived %d seeds: %s", d.ID, seeds, d.Name)
			}
			t.Logf("%d seeds, %v: %v", seeds, r.Scenario.Model, r.Violation)
		})
	}
}
