package original

import (
	"encoding/binary"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// AppendFingerprint appends everything that decides what the peer will do, with instants
// relative to now: what core.Machine.AppendFingerprint is for a machine of ours.
func (p *Peer) AppendFingerprint(dst []byte) []byte {
	number := func(n uint64) { dst = binary.AppendUvarint(dst, n) }
	text := func(s string) {
		number(uint64(len(s)))
		dst = append(dst, s...)
	}
	left := func(at core.Instant) { number(uint64(max(at-p.now, 0))) }
	draws := p.random
	number(draws.Next())
	number(p.links)
	number(uint64(p.nextID))
	// Timers are looked at on a grid of the clock.
	number(uint64(p.now) % uint64(p.tick))
	number(uint64(len(p.order)))
	for _, e := range p.order {
		text(e.name)
		text(e.address)
		number(uint64(e.state))
		if e.state != Stopped {
			left(e.at)
		}
		number(uint64(e.joins))
		number(uint64(e.backoff))
		number(e.tick)
		number(e.link.N)
	}
	number(uint64(len(p.calls)))
	for _, c := range p.calls {
		number(uint64(c.call))
		left(c.at)
		number(uint64(c.id))
		number(uint64(c.sent))
		number(uint64(c.budget))
		number(uint64(len(c.replies)))
	}
	number(p.tickets)
	for t := core.Ticket(1); t <= core.Ticket(p.tickets); t++ {
		if r, running := p.serving[t]; running {
			number(uint64(t))
			text(r.peer)
			number(uint64(r.half))
			number(uint64(r.id))
		}
	}
	return dst
}
