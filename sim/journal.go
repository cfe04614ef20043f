package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// A journal is told of everything that happens, and hands it on: to the trace, the
// digest and the observers.
type journal struct {
	digest    digest                             // of all steps and faults
	trace     func(line []byte)                  // nil if there is none
	line      []byte                             // scratch of trace
	idle      bool                               // the line of trace says little
	observers []func(w *World, s *Step, f Fault) // of Observe, in the order of their addition
}

// step records a step that has been taken.
func (j *journal) step(w *World, s *Step) {
	j.digest.step(s)
	if j.trace != nil {
		j.line, j.idle = appendStep(j.line[:0], s), isHeartbeat(s)
		j.trace(j.line)
	}
	j.tell(w, s, nil)
}

// fault records a fault that is about to happen.
func (j *journal) fault(w *World, f Fault) {
	j.tell(w, nil, f)
	if !j.digest.On() && j.trace == nil {
		return
	}
	j.note(w.time.now, f.String())
}

// note records a line that is not a step.
func (j *journal) note(at time.Duration, text string) {
	j.digest.note(at, text)
	if j.trace != nil {
		j.line = report.AppendTime(j.line[:0], at)
		j.line = append(j.line, " -- "...)
		j.line, j.idle = append(j.line, text...), false
		j.trace(j.line)
	}
}

// tell calls the observers, with one of a step and a fault.
func (j *journal) tell(w *World, s *Step, f Fault) {
	for _, o := range j.observers {
		o(w, s, f)
	}
}
