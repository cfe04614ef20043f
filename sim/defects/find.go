package defects

import "github.com/bitmark-inc/bilateralrpc/sim"

// A Defect is something that the original package does wrong, or an earlier version of
// this one did.
type Defect struct {
	ID   string // K1 to K18; a letter behind it where a defect has two halves
	Name string // what is wrong, in a few words
	Rule string // what a node does instead, as the prose of a scenario
	File string // what its scenario is called, without extension
	// finds lists the properties that can show it, the likeliest first.
	finds []sim.Property
	// double puts the defect around a machine.
	double sim.Double
}

// In returns the scenario with the defect in every node of ours. It shares its
// peers and lines with s.
func (d *Defect) In(s *sim.Scenario) *sim.Scenario {
	c := *s
	c.Double = d.double
	return &c
}

// Shows says whether a violation is of one of the properties that can show the
// defect.
func (d *Defect) Shows(v *sim.Violation) bool {
	if v == nil {
		return false
	}
	for _, p := range d.finds {
		if p.ID == v.Property.ID {
			return true
		}
	}
	return false
}

// Find runs the swarms of most seeds from first on, each in the physical model
// and then in the adversarial one, until the defect shows where the healthy core
// passes. It returns that run and how many seeds it took, or nil.
func (d *Defect) Find(first uint64, most int) (r *sim.Result, seeds int) {
	for i := range most {
		for _, model := range [...]sim.Model{sim.Physical, sim.Adversarial} {
			s := sim.Swarm(first+uint64(i), sim.SwarmOptions{Model: model})
			r := d.In(s).Run(sim.RunOptions{NoDigest: true})
			if d.Shows(r.Violation) && s.Run(sim.RunOptions{NoDigest: true}).Violation == nil {
				return r, i + 1
			}
		}
	}
	return nil, most
}

// Exercised runs the swarms of some seeds from first on, with the defect and without,
// in both models, and says in how many of the runs it made a difference: their digests
// are not the same. One that is never exercised can't be found either.
func (d *Defect) Exercised(first uint64, seeds int) (runs, differ int) {
	for i := range seeds {
		for _, model := range [...]sim.Model{sim.Physical, sim.Adversarial} {
			s := sim.Swarm(first+uint64(i), sim.SwarmOptions{Model: model})
			runs++
			if d.In(s).Run(sim.RunOptions{}).Digest != s.Run(sim.RunOptions{}).Digest {
				differ++
			}
		}
	}
	return runs, differ
}
