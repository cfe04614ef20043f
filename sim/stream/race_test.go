//go:build race

package stream

// byteStride leaves most faults out with the race detector, which makes a run
// ten times slower and has nothing to find in one goroutine.
const byteStride = 23
