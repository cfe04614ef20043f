// Package inproc is a transport in memory: nodes of one process find each other
// by addresses of the form inproc://name. It needs no libzmq and no descriptor,
// and works inside a testing/synctest bubble.
//
// It behaves as the transports on sockets do where a node can tell. Messages of
// a link arrive once and in order. Every link's end is reported to the other
// end, behind all that was sent before. A full queue answers ErrWouldBlock.
// With CURVE the keys are compared, though nothing is encrypted: the dialler
// must expect the listener's key, the listener may refuse the dialler's, and a
// link between a node with CURVE and one without fails.
//
// Each node has one goroutine, which reports to the node what other nodes have
// put into its inbox. Whoever puts something there only takes the inbox's own
// lock, never a node's, so nodes can't block each other.
package inproc
