package linearizable

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// Write is the input of an operation that sets a register. Its output does not matter.
type Write[V comparable] struct{ Value V }

// Read is the input of an operation that reads a register. Its output is the V that it has
// read.
type Read struct{}

// Register is the model of one register that holds a V, which is initial at first. The
// inputs of its operations are a Write[V] or a Read.
func Register[V comparable](initial V) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return initial },
		Step: func(state, input, output any) (bool, any) {
			if w, ok := input.(Write[V]); ok {
				return true, w.Value
			}
			return output == nil || output == state, state
		},
		DescribeOperation: func(input, output any) string {
			if w, ok := input.(Write[V]); ok {
				return fmt.Sprintf("write %v", w.Value)
			}
			return fmt.Sprintf("read %v", output)
		},
	}
}
