package campaign

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// A Finding is a failure: seeds that violate the same property, and shrink to the same
// scenario but for names and numbers.
type Finding struct {
	Property    string `json:"property"`    // its ID
	Claim       string `json:"claim"`       // the property in English
	Fingerprint string `json:"fingerprint"` // of the property and the shrunk scenario
	Seeds       uint64 `json:"seeds"`       // how many show it
	// What follows is of the one with the smallest index.
	Index    uint64 `json:"index"`
	Seed     uint64 `json:"seed"`
	What     string `json:"what"`     // what was seen
	Scenario string `json:"scenario"` // the smallest one that shows it
	Replay   string `json:"replay"`   // the command that runs the seed again
}

// ID names a finding: its property and its fingerprint, such as P4-1f0c2a7b9d3e.
func (f *Finding) ID() string { return f.Property + "-" + f.Fingerprint }

// finding makes the finding of one seed.
func (c *Campaign) finding(s *Seed) Finding {
	v := s.Result.Violation
	return Finding{
		Property: v.Property.ID, Claim: v.Property.Claim, Fingerprint: Fingerprint(v.Property.ID, s.Diagnosis.Scenario),
		Seeds: 1, Index: s.Index, Seed: s.Seed, What: v.What, Scenario: s.Diagnosis.Explanation.Scenario, Replay: c.Replay(s.Seed),
	}
}

// mergeFindings returns the findings of both lists, in the order of their first indices.
// No index is in both.
func mergeFindings(a, b []Finding) []Finding {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(a, b Finding) int { return cmp.Compare(a.Index, b.Index) })
	var merged []Finding
	for _, f := range all {
		i := slices.IndexFunc(merged, func(g Finding) bool { return g.ID() == f.ID() })
		if i < 0 {
			merged = append(merged, f)
			continue
		}
		merged[i].Seeds += f.Seeds
	}
	return merged
}

// fingerprintBytes is how much of a hash tells findings apart: of a thousand, two are
// alike by chance once in 10^8 times.
const fingerprintBytes = 6

// Fingerprint returns what is the same for all seeds that show the same failure: a hash
// of the property's ID and of the normal form of the shrunk scenario.
func Fingerprint(property string, s *sim.Scenario) string {
	sum := sha256.Sum256([]byte(property + "\n" + Normal(s)))
	return hex.EncodeToString(sum[:fingerprintBytes])
}
