// Package linearizable says whether what the clients of a run have seen is what one copy of
// the data, without faults, might have shown them: by porcupine, with a line in the function of
// bilateraltest.Run. It is a module of its own.
//
//	linearizable.Check(w, linearizable.Register[string](""))
//
// Clients note what they do by World.Began: what they ask for, and, once they know it, the
// answer. An operation whose function was never called may have had its effect at any time
// since it began, or never; its model is asked with a nil output, and has to say yes to
// what any answer would have been.
//
// # Files
//
//	linearizable.go  Check
//	register.go      a model: of a register
package linearizable

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

// limit is how long the search may take, in real time: it is exponential at worst.
const limit = 10 * time.Second

// Check claims that the history of a run is linearizable by the model, after the faults
// have stopped and the functions of World.Go have returned. A search that has no result
// after ten seconds fails too: have fewer operations, fewer clients at once, or a model with a
// Partition.
func Check(w *bilateraltest.World, model porcupine.Model) {
	w.Finally("the history is linearizable", func() error { return Judge(w.History(), model) })
}

// Judge returns nil if a history is linearizable by the model, and else an error with the
// operations in it.
func Judge(history []bilateraltest.Operation, model porcupine.Model) error {
	ops := make([]porcupine.Operation, len(history))
	for i, op := range history {
		ops[i] = porcupine.Operation{
			ClientId: op.Client, Input: op.Input, Call: int64(op.Call), Output: op.Output, Return: int64(op.Return),
		}
		if !op.Returned {
			ops[i].Output, ops[i].Return = nil, math.MaxInt64
		}
	}
	switch porcupine.CheckOperationsTimeout(model, ops, limit) {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		return fmt.Errorf("whether these %d operations are linearizable was not found out in %v", len(ops), limit)
	}
	return fmt.Errorf("no order of these operations explains what they returned:\n%s", describe(history, model))
}

// describe writes a history, an operation a line.
func describe(history []bilateraltest.Operation, model porcupine.Model) string {
	var s strings.Builder
	for _, op := range history {
		what := fmt.Sprintf("%v -> %v", op.Input, op.Output)
		if model.DescribeOperation != nil {
			what = model.DescribeOperation(op.Input, op.Output)
		}
		end := "never returned"
		if op.Returned {
			end = op.Return.String()
		}
		fmt.Fprintf(&s, "  client %d: %s (%v to %s)\n", op.Client, what, op.Call, end)
	}
	return strings.TrimRight(s.String(), "\n")
}
