// Package descriptors says how many descriptors the process may have open: what the
// numbers of connections are derived from.
package descriptors

// Many is what Max returns at most, and where the system does not say.
const Many = 1 << 20
