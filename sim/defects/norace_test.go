//go:build !race

package defects

const raceEnabled = false
