// A module of its own, so that what ours is compared with never gets into the
// go.sum of a program that uses the library.
module github.com/bitmark-inc/bilateralrpc/bench

go 1.25.0

require (
	github.com/bitmark-inc/bilateralrpc v0.0.0
	github.com/pebbe/zmq4 v1.4.0
)

replace github.com/bitmark-inc/bilateralrpc => ../
