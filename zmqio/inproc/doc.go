// Package inproc is a transport in memory: nodes of one process find each other
// by addresses of the form inproc://name. It needs no libzmq and no descriptor,
// and works inside a testing/synctest bubble.
//
// It behaves as the transports on sockets do where a node can tell, and passes the
// same suite (package transporttest). Messages of a link arrive once and in order.
// The end of a link is reported to the other end, behind all that was sent before.
// A full queue answers ErrWouldBlock; so does a node whose account of the sender (see
// zmqio.Budget) has no room for what waits to be reported to it. With CURVE the keys are compared, though
// nothing is encrypted: the dialler must expect the listener's key, the listener may
// refuse the dialler's, and a link between a node with CURVE and one without fails.
//
// Each carrier has one goroutine, which reports to its node what other nodes have
// put into its inbox, and ends when nothing has come for a second or two; the next one
// who puts something there starts another. To put something there takes the inbox's own lock, never a
// node's, so nodes can't block each other. Admit is asked by that goroutine, between
// the reports and with the node unlocked.
package inproc
