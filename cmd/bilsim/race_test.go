//go:build race

package main

// raceEnabled leaves out long searches, which the race detector makes ten times slower and
// finds nothing in: one of them starts no goroutine by itself.
const raceEnabled = true
