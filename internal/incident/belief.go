package incident

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/record"
)

// step is an event of a life in which something happened, or what it believed changed.
type step struct {
	number  uint64 // as replay-record has it; 0 is the beginning of the recording
	at      time.Duration
	event   string // its kind
	entries []*entry
	changes []change
}

// change is what a node thinks of a peer from a step on.
type change struct {
	peer   string
	known  bool
	status core.PeerStatus
}

// believe notes what a machine thinks of its peers, where that has changed.
func (l *life) believe(m *core.Machine) {
	l.statuses = m.AppendStatus(l.statuses[:0])
	for i := range l.statuses {
		now := &l.statuses[i]
		was, known := l.beliefs[now.Name]
		if known && was.Dialling == now.Dialling && was.Listening == now.Listening && was.Active == now.Active && was.Backoff == now.Backoff {
			continue
		}
		l.beliefs[now.Name] = *now
		l.changes = append(l.changes, change{now.Name, true, *now})
	}
	if len(l.beliefs) == len(l.statuses) {
		return
	}
	var gone []string
	for name := range l.beliefs {
		if !slices.ContainsFunc(l.statuses, func(s core.PeerStatus) bool { return s.Name == name }) {
			gone = append(gone, name)
		}
	}
	slices.Sort(gone)
	for _, name := range gone {
		delete(l.beliefs, name)
		l.changes = append(l.changes, change{peer: name})
	}
}

// close ends a step, whose entries begin with that one.
func (l *life) close(s *record.Step, first int) {
	if first == len(l.log) && len(l.changes) == 0 {
		return
	}
	l.steps = append(l.steps, step{s.Number, time.Duration(s.Event.At), s.Event.Kind.String(), l.log[first:len(l.log):len(l.log)], l.changes})
	l.changes = nil
}
