//go:build !race

package bilateralrpc_test

const raceEnabled = false
