package bilateralrpc

import (
	"errors"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Cause says why a peer is no longer active, or why a connection was turned away.
type Cause string

// The causes.
const (
	CauseLost         Cause = "lost"          // the connection broke, or the other end closed it
	CauseSilent       Cause = "silent"        // nothing was heard in time, neither by the transport nor by the protocol
	CauseParted       Cause = "parted"        // the peer took leave: it was closed, or its user has disconnected
	CauseReplaced     Cause = "replaced"      // a newer connection of the peer took the place
	CauseRefused      Cause = "send-refused"  // the answer to its JOIN could not be sent
	CauseHandshake    Cause = "handshake"     // the handshake failed: a wrong key, plaintext with CURVE, or the peer does not admit this node
	CauseWrongNetwork Cause = "wrong-network" // it belongs to another network
	CauseTwin         Cause = "twin"          // another node uses this node's name
	CauseNotAllowed   Cause = "not-allowed"   // its key is not among the allowed ones
	CauseBadName      Cause = "bad-name"      // it has no legal name, or claims this node's own
	CauseLimit        Cause = "limit"         // it has, or all have, as much as Limits allow
	CauseDisconnected Cause = "disconnected"  // this node's user has disconnected, or struck the key off
	CauseClosed       Cause = "closed"        // this node was closed
)

// advice is what to do about a cause, where there is something that people can do.
var advice = map[Cause]string{
	CauseSilent:       "look whether the machine and the network are up; Redial dials at once",
	CauseRefused:      "it reads too slowly: raise SendQueueMax, or send less",
	CauseHandshake:    "compare the keys at both ends, and the allowed keys at the peer, whose log says more",
	CauseWrongNetwork: "compare Config.Network at both ends",
	CauseTwin:         "give each node keys, or a name, of its own: a copied machine has copied them too",
	CauseNotAllowed:   "allow the key with SetAllowedKeys, or in Config.AllowedKeysFile, if it is to be",
	CauseBadName:      "give the other node a name of its own, 1 to 255 bytes, the first not zero",
	CauseLimit:        "raise Limits if the peers are honest",
}

// explain adds to an error what to do about it.
func (c Cause) explain(err error) error {
	what, ok := advice[c]
	if err == nil {
		err = errors.New(string(c))
	}
	if !ok {
		return err
	}
	return fmt.Errorf("%w: %s", err, what)
}

// causes are those of the machine; the others are told by their errors.
var causes = map[core.Cause]Cause{
	core.CauseUnreachable: CauseLost, core.CauseHandshake: CauseHandshake, core.CauseLost: CauseLost,
	core.CauseHeartbeat: CauseSilent, core.CauseWouldBlock: CauseRefused, core.CauseUnroutable: CauseLost,
	core.CauseTooLarge: CauseRefused, core.CauseSilent: CauseSilent, core.CauseParted: CauseParted,
	core.CauseWrongNetwork: CauseWrongNetwork, core.CauseReplaced: CauseReplaced, core.CauseTwin: CauseTwin,
	core.CauseDisconnected: CauseDisconnected, core.CauseStopped: CauseClosed,
	core.CauseRestarted: CauseLost,
}

// refusals are the causes of what this node itself turns away, by its errors. Another
// node's may come with its answer, so they count where the driver knows no cause.
var refusals = []struct {
	err   error
	cause Cause
}{
	{zmqio.ErrRefusedAdmit, CauseNotAllowed}, {zmqio.ErrNotAllowed, CauseNotAllowed},
	{zmqio.ErrRefusedName, CauseBadName}, {zmqio.ErrRefusedOwnName, CauseBadName},
	{zmqio.ErrRefusedBudget, CauseLimit}, {zmqio.ErrRefusedLinks, CauseLimit},
}

// causeOf returns the cause of an event.
func causeOf(e *zmqio.PeerEvent) Cause {
	if cause, ok := causes[e.Cause]; ok && !errors.Is(e.Err, zmqio.ErrNotAllowed) {
		return cause
	}
	for _, known := range refusals {
		if errors.Is(e.Err, known.err) {
			return known.cause
		}
	}
	return CauseHandshake // what is turned away for another reason was so in its handshake
}
