//go:build cgo && !nozmq

package acceptance

import "github.com/bitmark-inc/bilateralrpc"

var overLibzmq = transportCase{
	name: "libzmq", transport: bilateralrpc.Libzmq, wildcard: "tcp://127.0.0.1:*", available: true, oneLink: true,
}
