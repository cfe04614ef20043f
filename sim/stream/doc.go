// Package stream is a world for the engine of package zmtp: connections whose
// bytes come in pieces, late, altered, or not at all. One node listens, others
// dial it, some of them hostile.
package stream
