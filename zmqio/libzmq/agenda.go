//go:build cgo && libzmq

package libzmq

import "time"

const (
	// pollActive is the time between two looks while something moves; it doubles up to
	// pollIdle while nothing does.
	pollActive = 100 * time.Millisecond
	pollIdle   = 800 * time.Millisecond
	// pollRush is the time while peers send fast, as what they send is not counted before
	// the next look: rushBytes since the last.
	pollRush  = 10 * time.Millisecond
	rushBytes = 4 << 20
	// lookShare is how many times as long as a look takes the pause behind it is, even then, up to pollActive.
	lookShare = 4
	// pollEnding is the time while some connection lingers.
	pollEnding = 5 * time.Millisecond
)

// agenda says when to look at connections. To look is to ask the system about each, so however many
// come and go, all of them are looked at only each pollActive, or each pollRush, and in between those
// that linger.
type agenda struct {
	shortest  func(time.Duration) time.Duration // of a pause and what heartbeats ask for
	pause     time.Duration                     // before the next look at all, if nothing else comes up
	atAll     time.Time                         // when that is; zero: not before wake
	atLingers time.Time                         // when the look at those that linger is; zero: none does
}

// seen is what a look has found: whether there are connections, bytes have moved on some,
// or some linger; how many bytes have come; and how many of large messages have moved, at least.
type seen struct {
	any, moved, ending bool
	came, large        int64
}

// wake is called when there is a connection more, or one more that lingers.
func (a *agenda) wake(now time.Time) {
	a.pause = a.shortest(pollActive)
	a.atAll = sooner(a.atAll, now.Add(a.pause))
	a.atLingers = sooner(a.atLingers, now.Add(pollEnding))
}

// all says whether it is time to look at all connections.
func (a *agenda) all(now time.Time) bool { return !a.atAll.IsZero() && !now.Before(a.atAll) }

// ending says whether it is time to look at those that linger.
func (a *agenda) ending(now time.Time) bool { return !a.atLingers.IsZero() && !now.Before(a.atLingers) }

// looked takes in what a look at all connections, from began to now, has found.
func (a *agenda) looked(began, now time.Time, seen seen) {
	switch {
	case seen.came >= rushBytes:
		a.pause = a.shortest(min(max(pollRush, lookShare*now.Sub(began)), pollActive))
	case seen.moved:
		a.pause = a.shortest(pollActive)
	default:
		a.pause = a.shortest(min(2*a.pause, pollIdle))
	}
	a.atAll = time.Time{}
	if seen.any {
		a.atAll = now.Add(a.pause)
	}
	a.lookedAtEnding(now, seen)
}

// lookedAtEnding takes in what a look at the connections that linger has found.
func (a *agenda) lookedAtEnding(now time.Time, seen seen) {
	a.atLingers = time.Time{}
	if seen.ending {
		a.atLingers = now.Add(pollEnding)
	}
}

// next returns when to ask again, the zero Time if not before wake.
func (a *agenda) next() time.Time { return sooner(a.atAll, a.atLingers) }

// sooner returns the earlier of two times, of which the zero one is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
