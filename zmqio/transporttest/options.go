package transporttest

import (
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Options says where transports may differ. The zero value of every field but
// Addresses asks the most of one. Functions are called concurrently.
type Options struct {
	// Addresses returns addresses to listen on, one of each kind. Most cases use the
	// first, which must have a wildcard in it, so that many nodes can have it.
	Addresses func(testing.TB) []string

	// BadAddresses lists addresses of the transport's schemes, or of none, that it
	// can neither dial nor listen on.
	BadAddresses []string

	// NoCurve says that the transport knows plaintext nodes only: Open fails when
	// TransportConfig.Curve is set.
	NoCurve bool

	// CannotHangUp says that HangUp of an accepted link only forgets it: its dialler
	// does not hear of it, and what that one sends may bring up a new link.
	CannotHangUp bool

	// ClaimsAreLinks says that without CURVE the transport tells accepted connections
	// apart by the names they claim. Connections of one name are one link until it is
	// known to be lost, and a name that is not admitted is not told so: its messages
	// are dropped, and counted by TurnedAway.
	ClaimsAreLinks bool

	// QuietHandshakes says that the transport may not learn of an accepted connection
	// whose handshake fails, so that TurnedAway is not reported for it.
	QuietHandshakes bool

	// ResetsWhenUnread says that what a peer sends while a link that was hung up lingers
	// may end that link early, with a loss of what was sent.
	ResetsWhenUnread bool

	// Probes says that the transport may send an empty TOCK of its own on any link.
	// Peers ignore it; so does a Node then.
	Probes bool
}

// probe says whether r may be a probe of the transport's own.
func (o *Options) probe(r *Report) bool {
	return o.Probes && r.Kind == Frame && r.Command == core.TOCK.String() && r.Payload == ""
}
