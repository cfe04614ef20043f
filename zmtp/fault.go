package zmtp

import "strconv"

// Fault says why a connection can't go on. Every fault is the other end's or
// the network's; the owner closes the connection.
type Fault uint8

// The faults.
const (
	FaultGreeting   Fault = iota + 1 // the first bytes are not ZMTP's
	FaultVersion                     // ZMTP before 3.0
	FaultMechanism                   // the other end uses another security mechanism
	FaultFrame                       // a frame with illegal flags, or not legal here
	FaultCommand                     // a malformed command, or one not legal here
	FaultMetadata                    // malformed, contradictory or incomplete metadata
	FaultSocketType                  // the other end is neither a ROUTER nor a DEALER
	FaultBox                         // a box does not open: wrong key or altered bytes
	FaultNonce                       // a nonce that does not follow the one before it
	FaultTooLarge                    // a message or handshake command beyond its limit
	FaultRefused                     // the other end refused us with ERROR
	FaultAdmission                   // we refused the other end with ERROR
	FaultHandshake                   // the handshake was not done in time
	FaultSilent                      // nothing was heard in time after a heartbeat
	faultCount
)

var faultNames = [faultCount]string{
	FaultGreeting:   "the other end does not speak ZMTP",
	FaultVersion:    "the other end speaks a ZMTP older than 3.0; it needs libzmq 4.0 or later",
	FaultMechanism:  "the other end uses another security mechanism: give both ends keys, or neither",
	FaultFrame:      "malformed frame",
	FaultCommand:    "malformed or unexpected command",
	FaultMetadata:   "malformed metadata",
	FaultSocketType: "the other end is neither a ROUTER nor a DEALER",
	FaultBox:        "undecipherable box: wrong key, or altered on the way",
	FaultNonce:      "repeated, reordered or missing nonce",
	FaultTooLarge:   "larger than the limit",
	FaultRefused:    "the other end refused the connection",
	FaultAdmission:  "the other end was not admitted",
	FaultHandshake:  "handshake not done in time",
	FaultSilent:     "nothing heard after a heartbeat",
}

// Error implements error.
func (f Fault) Error() string {
	if f > 0 && f < faultCount {
		return "zmtp: " + faultNames[f]
	}
	return "zmtp: fault " + strconv.Itoa(int(f))
}
