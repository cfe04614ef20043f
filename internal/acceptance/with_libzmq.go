//go:build cgo && libzmq

package acceptance

import "github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"

var overLibzmq = transportCase{
	name: "libzmq", transport: libzmq.Transport, wildcard: "tcp://127.0.0.1:*", available: true, oneLink: true,
}
