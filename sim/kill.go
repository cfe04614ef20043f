package sim

// A Defect is something that the original package does wrong, put back into a
// test double of our nodes. Each has to be found by a property: a world in which
// one of them survives proves nothing about the core either.
//
// A double owns a core.Machine and rewrites the events that go in and the
// actions that come out, so that its node behaves as the original does; the core
// itself has no switch for it. Doubles exist in builds with the tag "defects" only.
type Defect struct {
	ID   string // K1 to K13; a letter behind it where one has two halves
	Name string // what is wrong, in a few words
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

// Shows says whether one of the properties that can show the defect was violated.
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
