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
// libzmq copies what it is given, with the node locked. The driver hands over large
// messages one by one, and others have the lock in between, so a peer that asks for many
// of them and reads none holds up others for no longer than a few of them take.
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
// struck off the list is cut off when the driver asks again and hangs up. Where the
// connection can't be found it goes on, but its next message is a first one.
//
// # Connections
//
// libzmq hides its connections. On Linux they are found by their descriptors, which
// its monitors report, and a message says which it came on. A number may be closed and
// used again at any moment, so it is never used by itself: it is duplicated onto a
// descriptor that the carrier owns, and then compared with what it was (see wires). No
// descriptor is held for a connection, and none has to be free.
//
// So HangUp ends an accepted link: its connection is shut down when all that was sent
// is acknowledged, or the linger has passed. What the peer sends meanwhile is dropped. A
// connection that was refused, or whose name another one has taken over, is ended too.
//
// TCP's own counts say what libzmq holds of a connection (see meter): what was queued and
// not acknowledged, and what came and was not handed up. It is taken from
// TransportConfig.Budget. When the budget is used up a send is refused, and a peer whose
// unfinished messages are too large loses its link, as does one that sends a message of
// endless parts. The same counts find a silent peer: each end promises
// to say something in time (see beat), and no byte has come for as long, nor for
// HeartbeatInterval and HeartbeatTimeout together. So a large message on a slow line is no
// silence, as it is to libzmq, whose heartbeats are not used: they can end the process. A peer that has
// promised nothing, as an original, may be silent, if it has answered at all where it was dialled; TCP's keep-alive
// finds its dead machine. Connections are looked
// at up to a hundred times a second while peers send fast, ten times while something moves, and less often the longer nothing does.
//
// Memory of libzmq's is not Go's, and neither heap gives back to the other. While libzmq holds more and more
// of a budget that both have nearly used up, Go's heap is collected and what it does not need is given back (see pressure).
//
// Connections that have said nothing yet are bounded in number, by 256 and an eighth of the
// descriptors that the process may have; the oldest ends. So peers can't use up the
// descriptors, but a program can: libzmq then tries to accept again and again.
//
// # What libzmq cannot do
//
// Between two looks a peer can send as much as its line carries, which is held until
// the next. What libzmq frees is malloc's to give back: with glibc it keeps some of it
// (see cHeap). For ipc there are no counts of bytes: the number of queued messages is
// bounded, their bytes are not, and a connection that was hung up ends when its socket's buffer is found empty twice.
// On systems other than Linux all connections are like that, with libzmq's heartbeats, and nobody but the dialler can
// close one of a ROUTER: HangUp of an accepted link only forgets it, and a lost one is found
// by probing those that are silent with an empty TOCK, within two seconds. What a
// peer sends while a link that was hung up lingers may end it early. Close may have to
// wait for a handshake that is under way. The monitor does not say why a connection could
// not be made, nor who failed in a handshake but for the address.
//
// A peer can end the process, by an assertion of libzmq's: it sends more messages than the
// queue holds, with a PING among them, and resets the connection. In plaintext, a node whose
// name another has taken over is not told so, and if it goes on to send, its connection keeps
// its descriptor.
//
// libzmq keeps real time, so TransportConfig.Clock is not used here.
package libzmq
