//go:build !unix

package zmqio

// descriptorsMax returns how many descriptors the process may have open.
func descriptorsMax() int { return descriptorsDefault }
