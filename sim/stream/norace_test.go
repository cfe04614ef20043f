//go:build !race

package stream

// byteStride is how many bytes are between two that a fault befalls.
const byteStride = 1
