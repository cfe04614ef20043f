//go:build !unix

package zmtpnet

// descriptorsMax returns how many descriptors the process may have open, where the
// system does not say.
func descriptorsMax() int { return 8 * halfOpenMost }
