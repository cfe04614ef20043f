package core

// ActionKind says what the driver has to do. The zero kind is invalid.
type ActionKind uint8

// The actions, and the fields of Action that each one uses besides Kind.
const (
	// Send a message without blocking: Peer, Link, and what OnWire and AppendPayload
	// need. If it can't be sent, feed EvSendRefused before any other event.
	ActSend ActionKind = iota + 1
	// Open a link: Peer, Link, Address. Answer with EvLinkUp or EvLinkLost, if
	// the driver reports links.
	ActDial
	// Close a link that was dialled, or an accepted one that a newer one has replaced:
	// Peer, Link. What was sent on it goes out first. No EvLinkLost is needed; one is
	// harmless.
	ActHangUp
	// Run a handler: Ticket, Peer, Link, Command (CALL or CAST), ID, Method, Head, Left,
	// Body (the arguments). Answer with one EvReply, for a CAST too.
	ActServe
	// The reply to a CALL is no longer wanted, which is said once at most: Ticket, Cause. The
	// cause is zero where the caller has taken the call back, and else why the caller is
	// gone. EvReply is still due.
	ActCancel
	// One outcome of a call: Call, Peer, Outcome, Cause, Err, Head, Body (the reply value).
	ActResult
	// A call is over and its CallID free: Call.
	ActDone
	// A peer became active: Peer.
	ActPeerUp
	// A peer is no longer active: Peer, Cause.
	ActPeerDown
	// A remote peer did something that was ignored: Peer, Link, Command, Drop. With
	// DropTwin it is the link that counts no more: by PART one of this node, whose name
	// another node uses; by MEET one of the peer, whose name is used by two.
	ActDrop
	// The event asked for something impossible and changed nothing: Peer, Call, Ticket, Refusal.
	ActRefuse
	// The machine has stopped and waits for nothing more.
	ActStopped
	actionKindCount
)

var actionKindNames = [actionKindCount]string{
	ActSend: "send", ActDial: "dial", ActHangUp: "hang-up", ActServe: "serve", ActCancel: "cancel",
	ActResult: "result", ActDone: "done", ActPeerUp: "peer-up", ActPeerDown: "peer-down",
	ActDrop: "drop", ActRefuse: "refuse", ActStopped: "stopped",
}

func (k ActionKind) String() string { return enumName(actionKindNames[:], int(k), "action") }

// Action is one output of a Machine, to be performed in order.
//
// Its byte slices alias the event's, the machine's or a pending call's memory:
// they are valid until the next Step and must not be changed. A driver copies
// those that have to live longer.
type Action struct {
	Kind    ActionKind // what is to be done, and which fields say so
	Command Command    // of the message that is sent, handed over or dropped
	Outcome Outcome    // of a call at Peer
	Cause   Cause      // why a peer is down, a call was refused or a caller is gone
	Drop    Drop       // why something was ignored
	Refusal Refusal    // why an event was refused
	ID      uint32     // call id on the wire
	Peer    string     // name of the other end
	Link    Link       // the message's, or the one to open or close
	Address string     // what the user gave to connect
	Call    CallID     // the driver's name for a call
	Ticket  Ticket     // the machine's name for a request
	Method  []byte     // of a request or reply
	Err     []byte     // error text of a reply; empty: none
	Body    []byte     // payload, arguments or reply value
	Head    []byte     // of a request or reply: what goes with it
	Left    Left       // of a CALL: the time that its caller still waits
}
