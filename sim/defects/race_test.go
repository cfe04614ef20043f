//go:build race

package defects

// raceEnabled shortens what the race detector, which has nothing to find in a
// package without goroutines, makes twenty times slower.
const raceEnabled = true
