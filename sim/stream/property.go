package stream

import "github.com/bitmark-inc/bilateralrpc/sim/report"

// The properties of a connection, byte by byte.
var (
	propPrefix    = report.Property{ID: "B1", Claim: "Within a connection no message is lost, doubled, reordered or altered: what arrives is the beginning of what was sent."}
	propComplete  = report.Property{ID: "B2", Claim: "A connection that is let alone comes up, stays up, and everything sent arrives."}
	propAltered   = report.Property{ID: "B3", Claim: "With CURVE, an altered or replayed byte ends the connection and never yields a message."}
	propClear     = report.Property{ID: "B4", Claim: "With CURVE, nothing of a payload, command or identity is on the wire in clear."}
	propHandshake = report.Property{ID: "B5", Claim: "Every handshake ends, up or failed, within its time and HandshakeBytesMax bytes."}
	propHeld      = report.Property{ID: "B6", Claim: "Memory grows with bytes received, never with lengths promised, and stays within the configuration."}
	propSilence   = report.Property{ID: "B7", Claim: "With heartbeats, a connection on which nothing is heard ends in time, and no other one for silence."}
	propNoPanic   = report.Property{ID: "B8", Claim: "No bytes from outside make an engine panic."}
)

// properties lists them in the order of their numbers. That the same seed gives
// the same digest holds beside them, and is checked by running seeds twice.
func properties() []report.Property {
	return []report.Property{propPrefix, propComplete, propAltered, propClear, propHandshake, propHeld, propSilence, propNoPanic}
}
