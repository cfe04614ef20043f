// Package zmtpnet carries a node's messages over ZMTP in pure Go: the protocol
// of package zmtp on tcp:// and ipc:// sockets. It needs no C, is in every build,
// and is the default. Its nodes and those on libzmq connect to each other.
//
// # Links
//
// Every connection is a link of its own, whatever its other end is called: two
// connections of one key are two links, and the end of each is reported at once
// when the system tells, else when a heartbeat expires.
//
// With CURVE a peer's name is the key it has proven to hold, whatever it claims.
// Without, a peer that dials us is who it claims to be, and one that we dial is
// who we meant to dial.
//
// A connection that was accepted costs a socket, a goroutine and a small buffer
// until its handshake is done and Admit has been asked, without the lock of
// the node. There are at most halfOpenMax of those a listener, an eighth of the
// descriptors that the process may have. When there are as many, the next one waits
// with the kernel until one is done, or until the peer of one has kept us waiting, and
// it goes: a second at first, less with each that goes, more again with each that is
// done. So nodes that come at once are served one after the other, and a flood of silent
// connections does not keep honest ones out. One whose peer has answered does not go,
// however long it takes us to look at it: with CURVE, that is where the time is spent.
//
// # Listening
//
// tcp://* listens on every interface, by IPv4 and, where the machine has IPv6, by
// IPv6; tcp://0.0.0.0 by IPv4 only; tcp://[::] by IPv6, which IPv4 reaches too, as
// IPv4-mapped addresses. ipc:// refuses a path at which somebody listens, or there is
// anything but a socket, and replaces a socket that nobody answers on. Close removes
// the file of a socket if it is still the one that was bound. The transport on libzmq
// does the same, with the same code.
//
// # Goroutines
//
// One a link reads; one a listener accepts. Nothing else runs while there is nothing
// to do. The messages found in one read are opened first and then
// reported together, so that the node is locked only while the machine steps. Then the
// goroutine runs the quick handlers that they ask for (zmqio.Inline); where one takes long,
// another goroutine reads the link from there on, and this one ends behind the handler.
//
// A link whose last wait was short looks at its socket again and again for a moment before it
// waits: see busyPoll, and docs/adr/0021-busy-polling.md.
//
// Send puts a message into the link's batch. Flush writes the batches of all
// links that have one, and never blocks: what a socket does not take at once is
// left to a goroutine that lives until the link's queue is empty. Nobody
// else writes to that link meanwhile.
//
// # Floods
//
// A peer that sends faster than its node reads keeps its reader busy for ever, and
// with as many of those as processors Go's scheduler looks for other input every 10 ms
// only. So a link that has not waited for half a millisecond has it look (bulk.Yield; see
// docs/adr/0017-looking-at-the-network.md), and one whose reads are full goes on by turns with others: it goes through the
// gate of the node's Budget for each 256 KiB that it reads and handles, and reads there
// only what has arrived already, so that a link that stops in the middle of a message
// holds up nobody. Opening and sealing large messages with CURVE, and decoding large
// arguments, go through the same gate. With 6 links that send TICK for ever, 99 of 100
// calls of another peer took up to 3 ms, and 64 to 75 ms without turns
// (BenchmarkCallBesideFlood, 2 processors). One flood is not slowed down.
//
// # Bounds
//
// A link queues SendQueueMax messages. What it holds is counted in its peer's account
// of TransportConfig.Budget from when the link comes up, before it is held:
//
//   - LinkBytes for the link. A peer that has no room for it gets none, and may try again.
//   - Queued frames, in buffers of up to batchMax: those larger than batchFree count
//     with their size, and with CURVE also the room to seal them. Bodies that are not
//     copied count until they are written, or with CURVE sealed; so does the room to
//     seal the largest of them. Without room, Send answers ErrWouldBlock, and a PING no
//     PONG, of which no more than controlBytesMax are queued anyway.
//   - The read buffer, the engine's buffer of a large frame that is arriving, and large
//     messages until they are reported, when they are more than LinkFreeBytes together.
//     Without room a read buffer does not grow, and a link whose message needs it ends.
//
// So a link that carries small messages and is read touches its account only when it
// comes up and ends. Pools of buffers that nobody uses are not counted; each garbage
// collection empties them.
//
// A socket that takes nothing for writeTimeout ends its link. A read buffer grows with
// what arrives, and shrinks again.
//
// # Reasons
//
// LinkLost says what happened in words, with the address that was dialled or the IP
// address of an accepted link. An accepted connection whose handshake fails never was
// a link; TurnedAway says why, and from where, unless the other end has closed it
// without a word, as probes of a port do.
//
// # Heartbeats
//
// Any byte is a sign of life, so a large message that arrives on a slow line is no silence.
// While one leaves, a peer that sends nothing by itself, as an original, can't answer the
// PING behind it. On Linux, the silence after a PING counts only from when the peer has
// taken no more for an interval, or has taken all. On other systems a message to such
// a peer must have arrived within HeartbeatInterval and HeartbeatTimeout.
//
// Heartbeats and the handshake's deadline are counted on TransportConfig.Clock
// and waited for in real time.
package zmtpnet
