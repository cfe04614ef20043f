//go:build !(cgo && libzmq)

package main

// onLibzmq has no contenders: build with cgo and -tags libzmq to have them.
var onLibzmq []contender
