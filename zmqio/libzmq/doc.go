// Package libzmq carries a node's messages over libzmq, through
// github.com/pebbe/zmq4. It is what the field trusts; the transport in Go is
// measured against it.
//
// It is in programs that are built with the tag libzmq, and with cgo, gcc,
// pkg-config and libzmq 4.3 or later. Built without, the package still compiles:
// Available is false, and the error of opening Transport says how to get it.
//
// # Sockets
//
// A carrier has a context of its own. One ROUTER listens, on any number of
// addresses; every link that the node dials is a DEALER of its own, so that
// what its peer claims to be is irrelevant, its send queue is its own, and it
// ends when the link ends. libzmq never reconnects by itself.
//
// All sockets are guarded by the lock of the node (zmqio.Sink.Lock). One goroutine
// a socket waits for ZMQ_FD in Go's netpoller, without the lock and without a
// period; it then takes the lock, receives a bounded batch, and unlocks. A
// send may swallow the signal that a message has arrived, hence every send
// looks for input afterwards and wakes that goroutine (see socket).
//
// # Listening
//
// libzmq gets sockets that listen already, so that addresses mean what they do to
// the transport in Go. tcp://* listens on every interface, by IPv4 and, where the
// machine has IPv6, by IPv6; tcp://0.0.0.0 by IPv4 only; tcp://[::] by IPv6, which IPv4
// reaches too, as IPv4-mapped addresses. ipc:// refuses a path at which somebody
// listens, or there is anything but a socket, and replaces a socket that nobody
// answers on. Close removes the file of a socket if it is still the one that was bound.
//
// # Names
//
// With CURVE, the ZAP responder of the node names every connection that it
// admits by a token: the client's key and a link number, authenticated with a
// secret of the node. A message whose routing id is no such token is dropped.
// Without CURVE a peer is who it claims to be, and there is one listening link
// a name until it is known to be lost. Anybody can claim any name then.
//
// TransportConfig.Admit is asked during the handshake of CURVE, and at the first
// message of every link; never with the node locked. A key that is
// struck off the list is cut off when the driver asks again and hangs up: the
// connection goes on, but its next message is a first one.
//
// # What libzmq cannot do
//
// Nobody but the dialler can close a connection of a ROUTER: HangUp of a
// listening link only forgets it. A ROUTER does not say which connection ended:
// a lost listening link is found by probing those that are silent with an empty
// TOCK, within two seconds. What a peer sends while a link that was hung up lingers
// may end it early. Close may have to wait for a handshake that is under way.
// MAXMSGSIZE bounds a frame, and nothing bounds a message of endless frames, which
// libzmq assembles before anybody sees it; against that, limit the memory of the
// process, or admit only known keys.
//
// libzmq keeps real time, so TransportConfig.Clock is not used here.
package libzmq
