//go:build cgo && libzmq

package libzmq

import (
	"encoding/binary"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// A beat is a message that says only that its sender lives, and for how long it may be
// silent at most. Each end sends them while it has nothing else to say, in place of libzmq's
// heartbeats, which can end the process: when a connection breaks while libzmq has stopped
// to read from it, as it does where messages have no room, or once another connection has
// taken over the name, the next PING fails an assertion (!_io_error, out_event in
// its stream_engine_base.cpp; up to 4.3.5 at least). Besides, they count whole messages, so
// that a large one on a slow line is silence.
//
// An original ignores beats, and sends none: a machine of one that is dead is found by TCP's
// keep-alive, a process that is stopped by the core, unless it was dialled and has not answered yet (silent). A peer that uses the transport in Go
// sends PINGs with a time to live, which libzmq counts by itself, without that fault.
//
// A PING of the other end fails the same assertion, where it waits with messages that have no room and
// the connection breaks: libzmq answers it when there is room. Issue 4841 of zeromq/libzmq is about the assertion; the
// change proposed in its pull request 4852 was not taken. No option avoids that but a receive queue without a bound. Then
// libzmq would read whatever comes, and take 64 bytes for a frame of two.

// beatFrame is the command of a beat.
var beatFrame = []byte(zmqio.Beat)

const (
	// beatBytes is the length of a beat's payload: big-endian, in units of beatUnit.
	beatBytes = 2
	beatUnit  = 100 * time.Millisecond
	beatMax   = 1<<16 - 1
)

// beatPayload says that silence will last d at most.
func beatPayload(d time.Duration) []byte {
	return binary.BigEndian.AppendUint16(nil, uint16(min((d+beatUnit-1)/beatUnit, beatMax)))
}

// isBeat says whether b is one, and what it promises.
func (b *body) isBeat() (promise time.Duration, ok bool) {
	if !b.wellFormed || string(b.command) != zmqio.Beat || len(b.payload) != beatBytes {
		return 0, false
	}
	return time.Duration(binary.BigEndian.Uint16(b.payload)) * beatUnit, true
}

// beat sends a beat on a connection that is in use, behind the first message of this end,
// so that a line that breaks early is found too, and whenever nothing was sent for long. It
// does not matter if there is no room for it: then something else is on its way.
func (c *conn) beat(carrier *carrier, now time.Time) {
	interval := carrier.cfg.HeartbeatInterval
	if interval <= 0 || c.ending || c.dial == nil && c.from == nil {
		return
	}
	switch {
	case c.meter.sent > 0 && !c.promised:
	case c.meter.sent != c.said:
		c.said, c.quiet = c.meter.sent, now
		return
	case now.Sub(c.quiet) < interval:
		return
	}
	if c.spoke.IsZero() {
		c.spoke = now
	}
	payload := beatPayload(carrier.silenceMax())
	c.promised = true // or what is sent would be followed by another one
	var err error
	if c.dial != nil {
		err = c.dial.send(beatFrame, nil, payload)
	} else {
		err = carrier.listener.send(c.from.link, beatFrame, nil, payload)
	}
	c.promised = err == nil
}

// sent has the first message on c followed by a beat at once: the line may break before the
// next look.
func (c *conn) sent(carrier *carrier) {
	if c != nil && !c.promised {
		c.beat(carrier, time.Now())
	}
}

// silent says whether the other end has been silent for longer than it has promised, and
// this end wants. One that was dialled answers what it is sent first, an original too: without
// any answer the line has broken before a promise could come.
func (c *conn) silent(carrier *carrier, now time.Time) bool {
	limit, since := carrier.silenceMax(), c.meter.moved
	switch {
	case limit == 0:
		return false
	case c.promise > 0:
		limit = max(limit, c.promise)
	case c.dial == nil || c.spoke.IsZero() || c.meter.taken > 0:
		return false
	case c.spoke.After(since):
		since = c.spoke
	}
	return now.Sub(since) >= limit
}

// silenceMax is how long a peer may be silent; zero is for ever.
func (c *carrier) silenceMax() time.Duration {
	if c.cfg.HeartbeatInterval <= 0 || c.cfg.HeartbeatTimeout <= 0 {
		return 0
	}
	return c.cfg.HeartbeatInterval + c.cfg.HeartbeatTimeout
}
