package report

// A MarkCount says how often something happened that has to happen sometimes: a
// batch of runs in which it never does is vacuous in that respect.
type MarkCount struct {
	Name  string // as scenarios and reports call it
	Count uint64 // how often it was hit
	// Adversarial says that it can't happen in a world that has an adversarial model
	// of a link, unless that is used.
	Adversarial bool
}

// Marks are the counts of all marks of a world, in a fixed order.
type Marks []MarkCount

// Add adds the counts of another run in the same world. The zero Marks becomes a
// copy of them.
func (m *Marks) Add(run Marks) {
	if *m == nil {
		*m = append(Marks{}, run...)
		return
	}
	for i := range run {
		(*m)[i].Count += run[i].Count
	}
}

// Missed returns the names of the marks that were never hit. Those that only the
// adversarial model can hit count if adversarial is set.
func (m Marks) Missed(adversarial bool) []string {
	var missed []string
	for i := range m {
		if m[i].Count == 0 && (adversarial || !m[i].Adversarial) {
			missed = append(missed, m[i].Name)
		}
	}
	return missed
}
