// Package transporttest tests whether a zmqio.Transport does what the contract of
// zmqio.Transport, zmqio.Carrier and zmqio.Sink says. It is for tests only: it
// imports testing.
//
// A transport of your own is tested by one function in its package:
//
//	func TestConformance(t *testing.T) {
//		transporttest.Run(t, mine.Transport, transporttest.Options{
//			Addresses: func(testing.TB) []string { return []string{"mine://*"} },
//		})
//	}
//
// Nothing else is needed for that. The methods of Node are for the tests of this
// module's own transports, which drive one node against a raw connection or look into
// their carriers; a transport may be tested so, too, but need not be.
//
// The suite needs no network but what the transport uses itself. Where addresses
// begin with tcp:// it puts a relay into the connection, which it cuts and stalls,
// opens connections that say nothing, and listens on wildcard ports of every
// interface for a moment. Where they begin with ipc:// it looks after the files of
// the sockets.
//
// A Node takes the place of the driver: it is the Sink of a carrier, and checks by
// itself, whatever the case is about, what must hold of every report and every
// question that it is asked:
//
//   - the sink is not called before Open returns;
//   - reports are made with the node locked, and not from inside a call of the
//     carrier; Admit and the logger are called without the lock: those of a Node take
//     it, and say so if they can't get it;
//   - a link is up once, under a number that Dial gave or NextLink did, and no
//     number is up twice;
//   - frames come between the rise and the end of a link, under its name; after
//     LinkLost, HangUp or Close nothing is reported of it;
//   - a head, and a body shorter than KeepBytes, are copied by Send before it
//     returns: the node overwrites its own;
//   - a payload that is kept is never written to again, and a payload that is not
//     is the node's while it is reported: the node overwrites it.
//
// In the end, no goroutine and no socket (seen on Linux) may be left.
//
// No case depends on the speed of the machine: each waits for events, for at most
// Patience, and the timeouts of a node that must not run out are half of that.
package transporttest
