package explore

// live holds runs that have come to states which are yet to be gone on from. Such a state
// need not be reached again for the first step that is tried from it. Nothing else depends on
// which of them are there.
type live struct {
	most int             // how many it holds at most
	runs map[uint32]*run // by state
}

// liveMost is the default of Options.LiveMax.
const liveMost = 2048

// newLive returns what holds so many runs; zero means the default, less than zero none.
func newLive(most int) live {
	if most == 0 {
		most = liveMost
	}
	return live{most: max(most, 0), runs: map[uint32]*run{}}
}

// put keeps the run that has come to a state, and reports false if there is no room. Those
// that are there are of older states, and so needed earlier.
func (l *live) put(state uint32, r *run) bool {
	if len(l.runs) >= l.most {
		return false
	}
	l.runs[state] = r
	return true
}

// take returns the run that has come to a state, nil if it was not kept.
func (l *live) take(state uint32) *run {
	r := l.runs[state]
	delete(l.runs, state)
	return r
}
