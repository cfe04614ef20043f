//go:build !(cgo && libzmq)

package acceptance

var overLibzmq = transportCase{name: "libzmq", wildcard: "tcp://127.0.0.1:*"}
