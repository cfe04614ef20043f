package core

import "time"

// diallingHalf is the dialling half of a peer: our dial to it. One link follows the
// other in it; begin sets what is about one link only.
type diallingHalf struct {
	state State     // written by state.go only
	stage linkStage // how far the current link has come
	n     uint64    // number of the current link, zero if there was none yet
	told  Meet      // what the peer told of itself on the current link, from stageTold on
	doubt uint64    // the other incarnation that its last MEET there has told; zero: none

	// answered says that a TOCK came in on the current link since it was dialled
	// and since the listening half began to serve. It is no part of the stage: the
	// second of the two begins it anew, whatever the stage is, and in each stage a
	// TOCK may have come in or not.
	answered bool
	// resumable says that an old peer has accepted this incarnation of us by STAY
	// or TOCK, so that its next link may be served without a JOIN. It is about the
	// peer's memory of us and outlives links, while a stage is about one link.
	resumable bool
	// overdue says that the last drain has lasted for JOIN_TIME, so that its next
	// timer cuts it. It is about a drain, in which the stage still decides what may
	// be said on the link.
	overdue bool

	failures uint8   // failed dial phases in a row, the exponent of Timing.Retry
	joins    int     // JOINs sent in this dial phase
	nextJoin Instant // no JOIN of this dial phase before
	tick     uint64  // counter of the last TICK, of all links
	tickBase uint64  // a TOCK must answer a later TICK than this one
	tickAt   Instant // when the last TICK went out
	heard    Instant // when the last frame that counts came in, of all links; zero: none has
	since    Instant // when the last link was established
	pause    int64   // nanoseconds before the next dial of a dial phase; zero: at once
	uses     int32   // pending calls, ours and the peer's, that need the current link
}

// linkStage says how far a dialling link has come with JOIN and MEET.
type linkStage uint8

const (
	// stageNew: no JOIN has gone out on this link, or PART has answered it with the
	// reason not joined. A link that an old peer resumes stays in this stage.
	stageNew linkStage = iota
	// stageJoining: JOIN has gone out. After the STAY of an old peer this is all.
	stageJoining
	// stageTold: the STAY of a peer of ours has told its incarnation; it has not since
	// acknowledged our MEET.
	stageTold
	// stageMet: the peer's MEET came in, so that extensions may be used.
	stageMet
	// stageMetResumed: the same, on a link on which no JOIN has gone out.
	stageMetResumed
)

// joinSent says whether JOIN has gone out on the link.
func (x linkStage) joinSent() bool { return x != stageNew && x != stageMetResumed }

// told says whether the peer has told its incarnation on the link.
func (x linkStage) told() bool { return x >= stageTold }

// met says whether extensions may be used on the link.
func (x linkStage) met() bool { return x >= stageMet }

// afterMeet returns the stage that follows the peer's MEET.
func (x linkStage) afterMeet() linkStage {
	if x.joinSent() {
		return stageMet
	}
	return stageMetResumed
}

// begin makes link n the current one.
func (d *diallingHalf) begin(n uint64) {
	d.n, d.uses, d.tickBase = n, 0, d.tick
	d.rewind()
}

// rewind takes the current link back to where no JOIN has gone out on it.
func (d *diallingHalf) rewind() { d.stage, d.answered, d.doubt = stageNew, false, 0 }

// contradicts says whether a MEET of that incarnation tells otherwise than the peer
// has told on the current link before, and whether it counts all the same.
//
// PROTOCOL 8.2: "If a MEET of the listener tells another incarnation than it has told
// before on the link, the dialler says MEET again; it counts if the next one tells it too."
func (d *diallingHalf) contradicts(incarnation uint64) (contradicts, counts bool) {
	if !d.stage.told() || d.told.Incarnation == incarnation {
		return false, true
	}
	counts = d.doubt == incarnation
	d.doubt = incarnation
	return true, counts
}

// healthy says whether the half alone makes its peer active.
func (d *diallingHalf) healthy() bool { return d.state == Connected || d.state == Check }

// established says whether the peer serves the current link, as far as it has said.
func (d *diallingHalf) established() bool {
	switch d.state {
	case Limbo, Connected, Check, Draining:
		return true
	}
	return false
}

// served says whether the half needs no STAY: the peer serves the current link.
func (d *diallingHalf) served() bool { return d.established() && d.state != Limbo }

// beforeJoin says whether the half is dialling and JOIN has not gone out on its link.
func (d *diallingHalf) beforeJoin() bool {
	switch d.state {
	case Waiting, Reaching, Probe:
		return true
	}
	return d.state == Handshake && !d.stage.joinSent()
}

// echoes says whether a TOCK with this counter answers a TICK of the current
// link: in Check the last one. Where several are unanswered, in Probe and Limbo,
// any of them will do, since any answer on this link shows that the peer serves it.
func (d *diallingHalf) echoes(counter uint64) bool {
	oldest := d.tickBase
	if d.state == Check {
		oldest = d.tick - 1
	}
	return oldest < counter && counter <= d.tick
}

// nextPause returns how long to wait before the next dial of a dial phase, and
// doubles the pause after it.
func (d *diallingHalf) nextPause(t *Timing) int64 {
	pause := d.pause
	d.pause = int64(min(max(t.RedialMin, 2*time.Duration(pause)), t.RedialMax))
	return pause
}

// backOff returns how long to wait for the next dial phase, longer with each that
// has failed, and counts the one that just did.
func (d *diallingHalf) backOff(t *Timing) time.Duration {
	wait := t.Retry << d.failures
	d.failures = min(d.failures+1, uint8(t.BackoffMax))
	return wait
}

// establish notes that the peer serves the current link. Only an old peer resumes
// a link.
func (d *diallingHalf) establish(now Instant, old bool) {
	d.failures = 0
	d.resumable = old
	d.since = now
}

// listeningHalf is the listening half of a peer: its dial to us.
type listeningHalf struct {
	state          State // written by state.go only
	listeningLinks       // all the rest
}

// listeningLinks is what a listening half knows of its links, apart from its state.
type listeningLinks struct {
	n      uint64       // number of the current link, zero if there was none yet
	gone   goneLinks    // those that were reported lost
	proven bool         // a frame came in later than our STAY: the peer knows that it is served
	met    bool         // the peer's MEET came in on the current link: extensions may be used
	told   Meet         // what that MEET told
	former replacedLink // by the current link, until that has told its incarnation
	heard  Instant      // when the last frame that counts came in
	sent   Instant      // when the last frame went out
	stayed Instant      // when the only STAY on the current link went out; zero if there were several
	nudge  uint32       // id of the last CALL that was to make an old dialler speak
}

// begin makes link n the current one. One that joins again is the dialler's still,
// which has said who it is, and may not say so again. The number 0 may stand for any.
func (l *listeningLinks) begin(n uint64) {
	l.met = l.met && n == l.n && n > 0
	l.n, l.proven = n, false
}

// stale says whether a frame of link n comes too late: it is older than the
// current link, or its link has been reported lost.
func (l *listeningHalf) stale(n uint64) bool {
	return n < l.n || l.gone.has(n) && (l.state != Serving || n != l.n)
}
