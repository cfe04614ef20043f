//go:build race

package main

// raceEnabled says that the race detector is built in, which takes many times the
// memory of the program.
const raceEnabled = true
