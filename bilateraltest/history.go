package bilateraltest

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Operation is something that a client has done, from its call to its return, in the time
// of the run: what a checker of histories wants, one of linearizability for example
// (module bilateraltest/linearizable).
type Operation struct {
	Client        int // who did it: one operation of a client follows another
	Input, Output any
	Call, Return  time.Duration // since the start of the run
	Returned      bool          // false: it has not returned, and may or may not have had an effect
}

// history is what the clients of a world have done.
type history struct {
	mu  sync.Mutex
	ops []*Operation
}

// Began notes that a client has begun an operation. The function that is returned notes
// that it has returned, and with what; where nobody knows whether it had an effect, it is
// not called. Both may be called concurrently.
func (w *World) Began(client int, input any) (returned func(output any)) {
	op := &Operation{Client: client, Input: input, Call: w.Now()}
	w.history.mu.Lock()
	w.history.ops = append(w.history.ops, op)
	w.history.mu.Unlock()
	return func(output any) {
		now := w.Now()
		w.history.mu.Lock()
		defer w.history.mu.Unlock()
		op.Output, op.Return, op.Returned = output, now, true
	}
}

// History returns the operations so far, in the order in which they began, and those of one
// instant in the order of their clients.
func (w *World) History() []Operation {
	w.history.mu.Lock()
	defer w.history.mu.Unlock()
	all := make([]Operation, len(w.history.ops))
	for i, op := range w.history.ops {
		all[i] = *op
	}
	slices.SortStableFunc(all, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Call, b.Call), cmp.Compare(a.Client, b.Client))
	})
	return all
}
