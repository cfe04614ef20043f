//go:build cgo && libzmq

package main

import "github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"

// onLibzmq are the contenders that need the C library.
var onLibzmq = []contender{
	ours("libzmq", "bilateralrpc on libzmq, plaintext", libzmq.Transport, plainConfig),
	ours("libzmq+curve", "the same with CURVE", libzmq.Transport, curveConfig),
	rawZMQ,
}
