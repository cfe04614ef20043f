//go:build race

package sim

// streamStride leaves most faults out with the race detector, which makes a run
// ten times slower and has nothing to find in one goroutine.
const streamStride = 23
