package core

// Round trips are measured where an end answers at once, before it runs anything: TICK
// and TOCK on our dial, STAY and MEET on the peer's. The latest one counts, not a mean:
// TICKs are LIVE_TIME apart, so that a mean of the last eight, as TCP takes it (RFC 6298,
// 2.3), would tell of a change minutes later. No decision hangs on them.

// ticked notes that TOCK has answered the TICK with that counter. Only the latest one is
// measured, since nobody knows when the others went out.
func (p *peer) ticked(counter uint64, now Instant) {
	if counter == p.dialling.tick {
		p.roundTrip = now.Sub(p.dialling.tickAt)
	}
}

// stayedOn notes that STAY has gone out on the current listening link, for the first time
// there or again.
func (l *listeningLinks) stayedOn(first bool, now Instant) {
	if l.stayed = now; !first {
		l.stayed = 0 // MEET may answer either (Karn and Partridge, SIGCOMM 1987)
	}
}

// firstHeard notes the first frame on a listening link since its STAY. MEET answers
// that at once; it comes later where the first one was lost, but then it is not the first.
func (p *peer) firstHeard(c Command, now Instant) {
	if c == MEET && p.listening.stayed != 0 {
		p.roundTrip = now.Sub(p.listening.stayed)
	}
}
