package core

import "time"

// EventKind says what happened. The zero kind is invalid.
type EventKind uint8

// The events, and the fields of Event that each one uses besides Kind and At.
const (
	// A message arrived on a link: Peer, Link, Command, Body (the payload); and Head and
	// Left, if the driver has opened a WITH.
	EvFrame EventKind = iota + 1
	// Deadline was reached. Early and spurious ones do nothing.
	EvTimeout
	// The user wants a peer dialled: Peer, Address.
	EvConnect
	// The user wants a peer forgotten: Peer.
	EvDisconnect
	// The user calls: Call, To, Method, Body (arguments), Timeout, Idempotent, Head,
	// TellDeadline.
	EvCall
	// The user casts: To, Method, Body (arguments), Head.
	EvCast
	// The user gave a call up: Call.
	EvCancel
	// A handler finished: Ticket, Method (echoed), Err, Body (the reply value), Head.
	EvReply
	// A link is ready for messages: Peer, Link.
	EvLinkUp
	// A link is gone, or a dial failed: Peer, Link, Cause.
	EvLinkLost
	// A Send was not carried out: Peer, Link, Command, ID, Cause.
	EvSendRefused
	// The node is closing.
	EvStop
	// The user knows that the way to a peer is free again: Peer.
	EvRedial
	eventKindCount
)

var eventKindNames = [eventKindCount]string{
	EvFrame: "frame", EvTimeout: "timeout", EvConnect: "connect", EvDisconnect: "disconnect",
	EvCall: "call", EvCast: "cast", EvCancel: "cancel", EvReply: "reply", EvLinkUp: "link-up",
	EvLinkLost: "link-lost", EvSendRefused: "send-refused", EvStop: "stop", EvRedial: "redial",
}

func (k EventKind) String() string { return enumName(eventKindNames[:], int(k), "event") }

// Event is one input of a Machine. It is a flat value, so that a list of
// events is a recording: it can be written down, replayed, shrunk, compared.
//
// The machine reads an Event during Step only, with one exception: the Method,
// Body and Head of an EvCall are kept, unmodified, until the ActDone of that call,
// and must not be changed before it.
type Event struct {
	Kind    EventKind // what happened, and which fields say so
	Command Command   // of the message that came in, or was refused
	Cause   Cause     // why a link was lost, or a send refused
	// Idempotent says that a call may run more than once at a peer: it is then
	// sent again over a new link even where the first one may have been run.
	Idempotent bool
	// TellDeadline has the peers told how long the call still waits, those of ours.
	TellDeadline bool
	// ID is the call id of the CALL that was refused, zero for other commands.
	ID uint32
	// At is when it happened.
	At Instant
	// Peer is the authenticated name of the other end, or the claimed one where
	// nothing is authenticated.
	Peer    string
	Link    Link   // the message's, or the one that came up, was lost or refused a send
	Address string // where to dial Peer; empty is refused
	// To lists the addressed peers; empty means every active one. Duplicates and
	// the node's own name are passed over.
	To      []string
	Call    CallID        // the driver's name for a call
	Ticket  Ticket        // the request that a handler has finished
	Timeout time.Duration // of a call, more than zero
	Method  []byte        // of a call, cast or reply
	Body    []byte        // payload, arguments or reply value
	// Err is the error text of a handler; empty means success.
	Err []byte
	// Head goes with a request or a reply to peers of ours, at most Limits.HeadBytesMax
	// bytes. Peers that read none get the message without.
	Head []byte
	Left Left // of a CALL that came in: the time that its caller still waits
}

// CallID is the driver's name for one call of its user. It must not be in use
// when an EvCall brings it in; it is free again after ActDone.
type CallID uint64

// Ticket is the machine's name for one request that is being served. The
// driver gives it back with EvReply, once.
type Ticket uint64

// Slot returns the place of the request among those that are being served: less than
// Limits.ServingMax, and free for another request after EvReply.
func (k Ticket) Slot() int { return int(uint32(k)) }
