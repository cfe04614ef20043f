//go:build cgo && libzmq && !linux

package libzmq

// giveBackLargeMessages does nothing: it is about the allocator of Linux.
func giveBackLargeMessages() {}
