package libzmq

import "github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"

// schemes are those of the addresses that the transport carries. Nobody changes
// them.
var schemes = []string{endpoint.TCP, endpoint.IPC}
