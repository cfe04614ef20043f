// Package zmtp is ZMTP 3.1, the protocol of ZeroMQ's connections, as a pure
// state machine: bytes in, messages and bytes out. It knows no socket, clock,
// goroutine, lock or source of randomness; instants and random bytes are
// arguments. docs/ZMTP.md says what of the protocol it speaks.
//
// A [Conn] is one end of one connection. Its owner moves bytes:
//
//   - [Conn.Start] gives the first bytes to write;
//   - every read goes to [Conn.Receive], again and again until it answers [None];
//   - what Receive, [Conn.Timeout] and [Conn.Admit] append is written, in order:
//     as it stands until the connection is up, through the [Sealer] from then on;
//   - when [Conn.Deadline] has come, Timeout is called;
//   - messages to send are framed by [AppendMessage] and go through the Sealer.
//
// The states of a connection:
//
//	       greeting
//	      /        \
//	 NULL            CURVE
//	  |          /          \
//	ready     dialling    listening
//	  |       welcome       hello
//	  |          |            |
//	  |      curveReady    initiate
//	  |          |            |
//	  |          |          admit (also NULL listening)
//	   \         |          /
//	    `------- up -------'          any state -> failed
//
// Invariants:
//
//  1. No bytes from outside lead to a panic.
//  2. Memory grows with bytes received, never with lengths promised, and a
//     message is bounded over all its frames together.
//  3. A connection that is up moves messages without allocating, save for the
//     buffers of large payloads, which change hands, and for less than 1 KiB of
//     key streams that a CURVE connection holds while it is busy.
//  4. The mechanism and the role are configured, never negotiated.
//  5. The same configuration, entropy, bytes and instants give the same output.
package zmtp
