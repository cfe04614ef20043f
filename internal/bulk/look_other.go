//go:build !unix

package bulk

// look would have Go look at the network.
func look() {}
