//go:build !race

package sim

// streamStride is how many bytes are between two that a fault befalls.
const streamStride = 1
