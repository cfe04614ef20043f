package sim

// A Defect is something that the original package does wrong, put back into a
// test double of our nodes. Each has to be found by a property: a world in which
// one of them survives proves nothing about the core either.
//
// A double owns a core.Machine and rewrites the events that go in and the
// actions that come out, so that its node behaves as the original does; the core
// itself has no switch for it. Doubles exist in builds with the tag "defects" only.
type Defect struct {
	ID   string // K1 to K13; a letter behind it where a defect has two halves
	Name string // what is wrong, in a few words
	Rule string // what a node does instead, as the prose of a scenario
	File string // what its scenario is called, without extension
	// Finds lists the properties that can show it, the likeliest first.
	Finds  []Property
	double double
}

// Defects returns every known defect, in the order of their numbers, and nil
// in a build without the tag "defects".
func Defects() []Defect { return defects() }

// In returns the scenario with the defect in every node of ours.
func (d *Defect) In(s *Scenario) *Scenario {
	c := clone(s)
	c.double = d.double
	return c
}

// Shows says whether a violation is of one of the properties that can show the
// defect.
func (d *Defect) Shows(v *Violation) bool {
	if v == nil {
		return false
	}
	for _, p := range d.Finds {
		if p.ID == v.Property.ID {
			return true
		}
	}
	return false
}

// Find runs the swarms of most seeds from first on, each in the physical model
// and then in the adversarial one, until the defect shows where the healthy core
// passes. It returns that run and how many seeds it took, or nil.
func (d *Defect) Find(first uint64, most int) (r *Result, seeds int) {
	for i := range most {
		for _, model := range [...]Model{Physical, Adversarial} {
			s := Swarm(first+uint64(i), SwarmOptions{Model: model})
			r := d.In(s).Run(RunOptions{NoDigest: true})
			if d.Shows(r.Violation) && s.Run(RunOptions{NoDigest: true}).Violation == nil {
				return r, i + 1
			}
		}
	}
	return nil, most
}
