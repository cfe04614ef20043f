package core

import "strconv"

// Failures come in three types: a Drop is a fault of a remote peer, a Refusal a
// fault of the local caller, a Cause something that the network did. A broken
// invariant of the machine itself panics; no bytes from outside reach one.

// Drop says why something that a remote peer sent was ignored.
type Drop uint8

// The reasons for a drop. Each has a counter in Stats.
const (
	DropBadName     Drop = iota + 1 // the name is empty, over 255 bytes, or starts with 0x00
	DropOwnName                     // the peer claims this node's name
	DropUnknown                     // not a command of this protocol
	DropDirection                   // a command that this half never receives
	DropStale                       // of a link older than the current one, or of no link
	DropNotJoined                   // on a link that has not joined
	DropState                       // nothing waits for it in the present state
	DropMismatch                    // a TOCK that does not echo the TICK, or a BACK of another method
	DropUndecodable                 // no call id can be read, or the head is malformed
	DropOversize                    // larger than Limits allow: payload, method or TICK
	DropNetwork                     // a JOIN for another network, the peer's or ours
	DropLate                        // a BACK of no pending call, or the second one of a peer
	DropForeign                     // a BACK of a peer that was not asked
	DropDuplicate                   // a request that has been run before, or is running
	DropOverload                    // a request beyond the limit of those being served
	DropPeersMax                    // a new peer beyond Limits.PeersMax
	DropStopped                     // the node is closing
	DropTwin                        // a link that a newer one of its dialler's name has replaced while it was up
	dropCount
)

var dropNames = [dropCount]string{
	DropBadName: "bad-name", DropOwnName: "own-name", DropUnknown: "unknown-command",
	DropDirection: "wrong-direction", DropStale: "stale-link", DropNotJoined: "not-joined",
	DropState: "unexpected", DropMismatch: "mismatch", DropUndecodable: "undecodable",
	DropOversize: "oversize", DropNetwork: "wrong-network", DropLate: "late-back",
	DropForeign: "foreign-back", DropDuplicate: "duplicate-request", DropOverload: "overload",
	DropPeersMax: "peers-max", DropStopped: "stopped", DropTwin: "twin",
}

func (d Drop) String() string { return enumName(dropNames[:], int(d), "drop") }

// Refusal says why an event of the local user was refused. A refused event
// changed nothing.
type Refusal uint8

// The refusals.
const (
	RefuseName      Refusal = iota + 1 // the peer's name is not legal
	RefuseOwnName                      // a node can't connect to itself
	RefuseConnected                    // a second connect for the same name
	RefuseUnknown                      // disconnect or redial of a peer that is not known
	RefuseCallInUse                    // the CallID is that of a pending call
	RefuseNoCall                       // cancel of a call that is not pending
	RefuseNoTicket                     // a reply to a request that is not being served
	RefuseTimeout                      // the timeout of a call is not positive
	RefuseBusy                         // beyond Limits.CallsMax or Limits.PeersMax
	RefuseTooLarge                     // beyond Limits.BodyBytesMax or Limits.MethodBytesMax
	RefuseHead                         // beyond Limits.HeadBytesMax
	RefuseStopped                      // the node is closing
	RefuseInvalid                      // an event of no kind, or without what its kind needs
	refusalCount
)

var refusalNames = [refusalCount]string{
	RefuseName: "bad-name", RefuseOwnName: "own-name", RefuseConnected: "duplicate-connection",
	RefuseUnknown: "no-connection", RefuseCallInUse: "call-in-use", RefuseNoCall: "no-such-call",
	RefuseNoTicket: "no-such-request", RefuseTimeout: "bad-timeout", RefuseBusy: "busy",
	RefuseTooLarge: "too-large", RefuseHead: "head-too-large", RefuseStopped: "stopped", RefuseInvalid: "invalid-event",
}

func (r Refusal) String() string { return enumName(refusalNames[:], int(r), "refusal") }

// Cause says why a link ended, a peer went down or a send was refused.
type Cause uint8

// The causes. Those up to CauseTooLarge come from the driver, the others are
// the machine's own.
const (
	CauseUnreachable  Cause = iota + 1 // a dial was refused or led nowhere
	CauseHandshake                     // the transport's handshake failed: keys, mechanism, admission
	CauseLost                          // the connection broke or the other end closed it
	CauseHeartbeat                     // the transport's heartbeat expired
	CauseWouldBlock                    // the send queue is full
	CauseUnroutable                    // no connection to send on
	CauseTooLarge                      // the message is over the transport's limit
	CauseSilent                        // nothing was heard in time
	CauseParted                        // the peer sent PART
	CauseWrongNetwork                  // the peer belongs to another network
	CauseReplaced                      // the peer's other link took over
	CauseTwin                          // another node has this node's name, and has taken its place at the peer
	CauseDisconnected                  // the user disconnected
	CauseStopped                       // the node is closing
	CauseRestarted                     // the peer has been restarted
	causeCount
)

var causeNames = [causeCount]string{
	CauseUnreachable: "unreachable", CauseHandshake: "handshake-failed", CauseLost: "lost",
	CauseHeartbeat: "heartbeat", CauseWouldBlock: "would-block", CauseUnroutable: "unroutable",
	CauseTooLarge: "too-large", CauseSilent: "silent", CauseParted: "parted",
	CauseWrongNetwork: "wrong-network", CauseReplaced: "replaced", CauseTwin: "twin",
	CauseDisconnected: "disconnected", CauseStopped: "stopped", CauseRestarted: "restarted",
}

func (c Cause) String() string { return enumName(causeNames[:], int(c), "cause") }

// Outcome says how a call ended at one addressed peer. Every addressed peer of
// a call has exactly one.
type Outcome uint8

// The outcomes.
const (
	Replied      Outcome = iota + 1 // Body is the reply value
	Failed                          // the handler or the callee's node said Err
	Unserved                        // a BACK without an error text: the peer could not run it
	Refused                         // the message could not be sent: Cause
	NotConnected                    // named, but not active: nothing was sent
	Restarted                       // the peer restarted meanwhile: the call may or may not have run
	Disconnected                    // the user disconnected the peer: the call may or may not have run
	Silent                          // no reply within the timeout
	Canceled                        // the user gave the call up
	Closed                          // the node closed
	outcomeCount
)

var outcomeNames = [outcomeCount]string{
	Replied: "replied", Failed: "failed", Unserved: "unserved", Refused: "refused",
	NotConnected: "not-connected", Restarted: "restarted", Disconnected: "disconnected",
	Silent: "silent", Canceled: "canceled", Closed: "closed",
}

func (o Outcome) String() string { return enumName(outcomeNames[:], int(o), "outcome") }

// enumName returns names[i], or "kind(i)" where there is no such name.
func enumName(names []string, i int, kind string) string {
	if i > 0 && i < len(names) {
		return names[i]
	}
	return kind + "(" + strconv.Itoa(i) + ")"
}
