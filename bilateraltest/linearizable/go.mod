// A module of its own, so that porcupine never gets into the go.sum of a program that does
// without.
module github.com/bitmark-inc/bilateralrpc/bilateraltest/linearizable

go 1.25.0

replace github.com/bitmark-inc/bilateralrpc => ../..

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/bitmark-inc/bilateralrpc v0.0.0
)

require (
	github.com/benbjohnson/clock v1.3.5 // indirect
	golang.org/x/crypto v0.48.0 // indirect
	golang.org/x/sys v0.41.0 // indirect
)
