package zmqio

import (
	"errors"
	"log/slog"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Transport is a kind of network, as a value: ZMTP in Go, libzmq and memory are
// three, and a program may bring another. No type of a network library shows in it.
// A value is used by many nodes at once, and its methods concurrently.
//
// A transport that some builds lack also implements Availability; one that wraps
// another should pass it on. Package transporttest tests whether a transport does
// what is said here, and the example of bilateralrpc.Transport is a whole one.
type Transport interface {
	// Schemes returns what stands before "://" in the addresses that it carries,
	// for example "tcp" and "ipc".
	Schemes() []string

	// Open makes one node's end of the network, when the node uses the first
	// address of one of the schemes. It should hold nothing but memory until it is
	// told to listen or to dial, and must not call the sink before it returns.
	Open(Sink, TransportConfig) (Carrier, error)
}

// Availability is implemented by a Transport that some builds of a program lack.
type Availability interface {
	// Available returns nil in a build that has the transport, and else an error that
	// says how to get one; New then fails with it.
	Available() error
}

// Carrier carries the messages between one node and its peers: what a Transport
// opens for the node.
//
// Calling contract: every method but Listen, Flush and Close is called with the node
// locked (see Sink.Lock), hence never concurrently, and none of these blocks. A carrier
// reports back through its Sink, never from inside one of these calls. Links are
// named by core.Link: the caller chooses those of Dial, the carrier takes those it
// accepts from Sink.NextLink when their handshake is done.
type Carrier interface {
	// Listen binds address and returns the address bound, which can be dialled: a
	// wildcard ("tcp://127.0.0.1:*" or ":0") is resolved. It may be called several
	// times. The error for an address that means nothing to the transport wraps
	// ErrBadAddress and says what to write instead. It is called with the node
	// unlocked, several times at once perhaps, and before Close returns or after Close
	// was called: it may block for as long as it takes to look up a name and to bind,
	// and fails once the carrier is closing.
	Listen(address string) (bound string, err error)

	// CheckAddress says whether Dial could make anything of address, with an
	// error that tells the user what to write instead. The driver adds ErrBadAddress
	// to it.
	CheckAddress(address string) error

	// Dial starts to open link towards address, where a node called name is
	// expected (with CURVE the name is that node's Z85 public key). Sink.LinkUp
	// or Sink.LinkLost follows. The carrier never redials by itself.
	Dial(link core.Link, name, address string)

	// HangUp closes a link of either half. Messages sent before are still delivered
	// within the linger time, if the connection allows. Nothing is reported of the link
	// from here on, LinkLost included. HangUp of an unknown link does nothing.
	HangUp(link core.Link)

	// Send queues one message: its payload is head followed by body. It copies
	// what it keeps, with one exception: a body of at least KeepBytes is never
	// written to again by anybody and may be kept. The error is ErrWouldBlock,
	// ErrUnroutable (which is also the answer before the link is up, and after it is
	// over) or ErrTooLarge; the message was then not sent at all.
	Send(link core.Link, command core.Command, head, body []byte) error

	// Flush writes out what Send queued. It is called with the node unlocked, after
	// every batch of sends, by several goroutines at once, and may still be called
	// while Close is and after it.
	Flush()

	// Close ends every link and listener, lets queued messages leave for at most
	// linger, flushed or not (those of links that were hung up before, for as long
	// as they would have had), frees everything and returns when no goroutine or
	// descriptor is left. It is called once, with the node unlocked; the sink may
	// still be called until it returns.
	Close(linger time.Duration) error
}

// KeepBytes is the size from which a body handed to Carrier.Send, or handed
// up by Sink.Frame with keep, changes hands instead of being copied.
const KeepBytes = 32 << 10

// Errors of Carrier.Send: the message was not sent.
var (
	ErrWouldBlock = errors.New("bilateralrpc: the send queue of the peer is full; send less, or raise SendQueueMax")
	ErrUnroutable = errors.New("bilateralrpc: no connection to the peer")
	ErrTooLarge   = errors.New("bilateralrpc: message larger than the limit; send it in parts, or raise Limits at both ends")
)

// The usual reasons for Sink.TurnedAway.
var (
	ErrRefusedName    = errors.New("it has no name that a node may have")
	ErrRefusedOwnName = errors.New("it claims this node's own name")
	ErrRefusedAdmit   = errors.New("it is not admitted")
	ErrRefusedBudget  = errors.New("its share of memory is used up")
)

// The reasons for which the driver itself turns a link away, for errors.Is.
var (
	ErrNotAllowed   = errors.New("it is no longer admitted") // by Readmit
	ErrRefusedLinks = errors.New("there are too many links") // Config.LinksMax, LinksPeerMax
)

// Sink is the node as its carrier sees it. The carrier's goroutines call Lock,
// then any number of the reporting methods, then UnlockAndDispatch, and must not
// block between the two. The calls that a report leads to (Send, Dial, HangUp) are
// made before the reporting method returns, so a carrier must expect them from
// inside its reports.
type Sink interface {
	// Lock takes the lock of the node, which is not reentrant.
	Lock()
	// UnlockAndDispatch unlocks the node and then does what had to wait for that (see also
	// Inliner): it wakes callers, starts handlers, calls Flush on every carrier that was sent on,
	// and writes log lines.
	UnlockAndDispatch()

	// NextLink numbers an accepted link (half Listening), once the peer has shown its
	// name and was admitted. Requires the lock.
	NextLink() core.Link
	// LinkUp: the handshake of link is done and name is at its other end;
	// authenticated with CURVE, claimed without. address is where that is, the IP
	// address of an accepted link for example; empty if it is not known. Requires the lock.
	LinkUp(link core.Link, name, address string)
	// LinkLost: link is gone, or a dial failed. Nothing is reported of it
	// afterwards. why says more than cause, for people, with the address that was
	// dialled or the link comes from; it may be nil. Requires the lock.
	LinkLost(link core.Link, name string, cause core.Cause, why error)
	// Frame: a message of exactly a command and a payload arrived. Both slices are
	// read during the call only, unless keep is set: then the payload, not the
	// command, belongs to the node from now on, and nobody else may look at it again. Requires
	// the lock.
	Frame(link core.Link, name string, command, payload []byte, keep bool)
	// Malformed: a message that is not a command and a payload was dropped.
	// Requires the lock.
	Malformed(link core.Link, name string)
	// TurnedAway: a node that has no legal or admitted name, claims this node's name,
	// has used up its share of memory, or failed in the handshake of a connection that
	// was accepted, was refused a link or had a message dropped. name and address are
	// what is known of it, and may be empty; why is for people: ErrRefused* are the usual
	// reasons. Must be called without the lock: it logs.
	TurnedAway(name, address string, why error)
	// Fail: the transport can't go on; the node fails with err. It may be called with
	// the lock or without.
	Fail(err error)
}

// Beat is the command of messages that a transport may send by itself, to say that its
// node lives. A node ignores them, as do those of the original package.
const Beat = "BEAT"

// TransportConfig is what a transport has to know of a node. In a Config, a zero
// takes the default, which is a constant in config.go where one is named here, and a
// negative duration means none. Open gets it with the defaults filled in: only Admit
// may be nil, and a duration that is none is zero.
type TransportConfig struct {
	// Name is the node's name on the wire: plaintext, 1 to 255 bytes, or the Z85
	// public key (40 characters) when Curve is set.
	Name string
	// Curve says that every link uses CURVE with these keys (raw, 32 bytes each);
	// otherwise every link uses NULL. The two never mix.
	Curve     bool
	PublicKey [32]byte
	SecretKey [32]byte
	// Admit says whether the node called name may have a link of the listening half:
	// with CURVE the name is its Z85 key, and without the one that it claims. The
	// carrier asks before the link costs memory, with the address it comes from if
	// that is known. Driver.Readmit asks again, with an empty address, also about the
	// peers that the node dials, and once it was called the driver also asks about each
	// link of the listening half that has come up. Nil admits every
	// node. It may be called concurrently, and is never called with the lock: it may use
	// the node, but not Close or Shutdown, which may wait for it. A name that no node may
	// have, and the node's own, are refused without asking.
	Admit func(name, address string) bool
	// PayloadBytesMax bounds the payload of one message in either direction.
	PayloadBytesMax int
	// Budget bounds the bytes that are held because of peers. New makes it; nil, in a
	// test of a transport, counts nothing. The carrier opens an account for each link
	// that is up, and takes what it queues or gathers for the link from it.
	Budget *Budget
	// SendQueueMax bounds the messages queued on one link (sendQueueDefault). Beyond it
	// Send answers ErrWouldBlock.
	SendQueueMax int
	// HandshakeTimeout ends a connection whose handshake takes longer
	// (handshakeTimeoutDefault).
	HandshakeTimeout time.Duration
	// HeartbeatInterval is the period of ZMTP's PING (heartbeatIntervalDefault). Zero,
	// for Open, turns heartbeats off. HeartbeatTimeout is the silence after a PING that
	// ends the link (heartbeatTimeoutDefault).
	HeartbeatInterval, HeartbeatTimeout time.Duration
	// Linger bounds how long a hung up link may go on to deliver what was sent
	// (lingerDefault).
	Linger time.Duration
	// BusyPoll is how long a carrier may look again and again for what comes next, before it
	// has a processor sleep until then, on connections whose last wait was no longer
	// (busyPollDefault). Zero, for Open, is never.
	BusyPoll time.Duration
	// Clock is the source of time: the system's.
	Clock Clock
	// Logger gets a line for each peer that comes or goes, each failed handshake
	// and, at debug level, each dropped message. Nil is silent: Open gets one that
	// discards, or one that writes the lines that peers can cause, which have an attribute
	// "peer" or "address", at a bounded rate. No line has a payload or a secret key in it. It may call the driver,
	// but not Close or Shutdown, which wait for the goroutine that logs.
	Logger *slog.Logger
}
