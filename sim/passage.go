package sim

import (
	"time"
)

// A Passage is something that happens to a frame on its way.
type Passage struct {
	Number uint64       // of the frame in its run, from 1; copies have numbers of their own
	Event  PassageEvent // what happens
	// Frame is its name. The ordinal is 0 for one that a fault has made up, or that was
	// sent before its connection was up.
	Frame FrameName
	// Why says, of a frame that is sent, what befalls it; of a lost one, the reason. It
	// is empty where there is nothing to say.
	Why string
}

// PassageEvent says what happens to a frame.
type PassageEvent uint8

// What happens to frames. One that is neither lost nor arrives is under way at the end
// of the run.
const (
	PassageSent    PassageEvent = iota + 1 // it leaves its node
	PassageArrived                         // it reaches the other node, whose step follows
	PassageLost                            // it will never arrive
)

// ObserveFrames has f called with what happens to every frame; the Passage is valid
// during the call. The ends of connections are none.
func (w *World) ObserveFrames(f func(p *Passage)) {
	w.frames.passing = append(w.frames.passing, f)
}

func (fr *frames) sent(f *flight, fate *Fate) {
	if len(fr.passing) == 0 {
		return
	}
	why := ""
	if fate != nil {
		why = fate.String()
	}
	fr.tell(f, PassageSent, why)
}

func (fr *frames) arrived(f *flight)          { fr.tell(f, PassageArrived, "") }
func (fr *frames) lost(f *flight, why string) { fr.tell(f, PassageLost, why) }

// tell calls the observers of frames.
func (fr *frames) tell(f *flight, e PassageEvent, why string) {
	if len(fr.passing) == 0 || f.end {
		return
	}
	from, to := &f.conn.ends[f.from], &f.conn.ends[f.from.other()]
	if from.node == nil || to.node == nil {
		return
	}
	fr.passage = Passage{f.number, e, FrameName{f.command, from.node.Name, to.node.Name, f.ordinal}, why}
	for _, o := range fr.passing {
		o(&fr.passage)
	}
}

// Calls returns every call and cast of the run so far, by their ID less one. It is the
// world's own, and changes while the world goes on.
func (w *World) Calls() []*Call { return w.calls.list }

// Lasts returns for how long a fault lasts by itself; zero if it has no end of its own.
func Lasts(f Fault) time.Duration {
	if t, ok := f.(timedFault); ok {
		return t.lasts()
	}
	return 0
}

// ByUser says whether a fault is something that a node's user does, as a call is.
func ByUser(f Fault) bool {
	switch f.(type) {
	case userFault, Cancel:
		return true
	}
	return false
}

// Covers says whether a rule speaks of a frame.
func (r *FrameRule) Covers(f FrameName) bool {
	return r.From == f.From && r.To == f.To && r.covers(f.Command, f.Ordinal)
}
