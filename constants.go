package bilateralrpc

import "time"

// The protocol's own durations. A Config may set others (Config.Timing); these
// are what every node uses that sets none.
const (
	FIRST_START_TIME = 200 * time.Millisecond // from ConnectTo to the first dial
	FIRST_JOIN_TIME  = 200 * time.Millisecond // from the dial to the JOIN, where no link is reported
	JOIN_TIME        = 5 * time.Second        // between JOINs
	LIVE_TIME        = 30 * time.Second       // between TICKs, and to wait for a TOCK
	RETRY_TIME       = 60 * time.Second       // after a failed attempt to join, doubled by each
	SERVE_TIME       = LIVE_TIME + RETRY_TIME // silence after which a peer that dialled us is given up

	BASE_PART_TIME = 5 * time.Second       // after a PART
	RAND_PART_TIME = 20 * time.Millisecond // times a random byte, added to it

	LINGER_TIME  = 50 * time.Millisecond // how long Close lets queued messages leave
	SEND_TIMEOUT = 0                     // sending never blocks; untyped, as in the original

	MINIMUM_CALL_TIMEOUT = 200 * time.Millisecond  // shortest timeout of a Call
	DEFAULT_CALL_TIMEOUT = 2000 * time.Millisecond // timeout of a Call that names none
)

// The protocol's own counts.
const (
	MAXIMUM_BACKOFF = 7  // RETRY_TIME is doubled at most so often
	MAXIMUM_JOINS   = 10 // JOINs in one attempt to join
	// DEFAULT_RETRIES is how often the original sent a call again. It is kept for
	// programs that mention it: a call is sent once here, unless it is Idempotent.
	DEFAULT_RETRIES = 3
)

// SendToAll addresses every active peer, in Call and Cast. Do not change it.
var SendToAll = []string{}
