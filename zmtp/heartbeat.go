package zmtp

import (
	"encoding/binary"
	"time"
)

const (
	ttlBytes     = 2
	ttlUnit      = 100 * time.Millisecond
	ttlMax       = 1<<16 - 1
	contextBytes = 16 // the most of a PING that a PONG echoes
	graceShare   = 16 // the grace is this part of an interval
)

// heartbeat holds the deadlines of a connection that is up, Never where
// nothing is waited for.
type heartbeat struct {
	ping   Instant // when to send the next PING
	silent Instant // when the silence after our PING ends the connection
	ttl    Instant // when the silence after the other end's PING does
	grace  time.Duration
}

// start begins to wait. Who was dialled leaves it to the one who dialled to ping: a PING that
// it hears shows that the other end lives, and its PONG that it does itself. So it pings
// once an interval, and somewhat more, the grace, has brought none. Should the other end
// die, the time to live of its last PING tells as soon as a PING to it would have.
func (h *heartbeat) start(now Instant, cfg *Config, dials bool) {
	*h = heartbeat{ping: Never, silent: Never, ttl: Never}
	if cfg.HeartbeatInterval > 0 && cfg.HeartbeatTimeout > 0 {
		if !dials {
			h.grace = cfg.HeartbeatInterval / graceShare
		}
		h.ping = now.Add(cfg.HeartbeatInterval)
	}
}

// heard notes that bytes arrived, any at all: a peer that is busy sending one
// large frame is not silent.
func (h *heartbeat) heard() { h.silent, h.ttl = Never, Never }

// taken notes that what was sent is on its way, and that our PING may be behind it: who
// has not got that can't answer it yet.
func (h *heartbeat) taken(now Instant, cfg *Config) {
	if h.silent != Never {
		h.silent = now.Add(cfg.HeartbeatTimeout)
	}
}

func (h *heartbeat) deadline() Instant { return min(h.ping, h.silent, h.ttl) }

// timeout appends a PING when one is due, or says that the other end is gone.
func (h *heartbeat) timeout(now Instant, out []byte, cfg *Config) ([]byte, error) {
	if now >= h.silent || now >= h.ttl {
		return out, FaultSilent
	}
	if now < h.ping {
		return out, nil
	}
	h.ping = now.Add(cfg.HeartbeatInterval)
	h.silent = min(h.silent, now.Add(cfg.HeartbeatTimeout))
	return appendPing(out, cfg), nil
}

// appendPing appends a PING. Its time to live lets the other end notice our
// death too: the next PING would have come an interval later.
func appendPing(dst []byte, cfg *Config) []byte {
	ttl := (cfg.HeartbeatInterval + cfg.HeartbeatTimeout + ttlUnit - 1) / ttlUnit
	return appendCommand(dst, cmdPing, binary.BigEndian.AppendUint16(nil, uint16(min(ttl, ttlMax))))
}

// pinged answers a PING with its context and takes note of its time to live.
func (h *heartbeat) pinged(now Instant, out, data []byte, cfg *Config) ([]byte, error) {
	if len(data) < ttlBytes {
		return out, FaultCommand
	}
	if h.grace > 0 {
		h.ping = now.Add(cfg.HeartbeatInterval + h.grace)
	}
	if ttl := binary.BigEndian.Uint16(data); ttl > 0 {
		h.ttl = now.Add(time.Duration(ttl) * ttlUnit)
	}
	context := data[ttlBytes:]
	return appendCommand(out, cmdPong, context[:min(len(context), contextBytes)]), nil
}
