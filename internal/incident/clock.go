package incident

import (
	"math"
	"time"
)

// setClocks gives every life its clock, and all entries the time of the first.
//
// A frame takes at least nothing, either way: by how much the clock of b is ahead of that of
// a lies between what the fastest frame from a to b and the fastest one back say, and is
// taken to lie in the middle (as NTP does, RFC 5905). Of lives that have no frames with the
// others, what their own clocks said of the date has to do.
func setClocks(lives []*life) {
	root := lives[0]
	root.set = true
	for {
		best, by, ahead := (*life)(nil), 0, time.Duration(0)
		for _, l := range lives {
			for _, known := range lives {
				if l.set || !known.set {
					continue
				}
				if n, d := difference(known, l); n > by {
					best, by, ahead = l, n, known.clock-d
				}
			}
		}
		if best == nil {
			break
		}
		best.clock, best.set = ahead, true
	}
	start := time.Duration(math.MaxInt64)
	for _, l := range lives {
		if !l.set {
			l.clock = root.clock + l.recording.Epoch.Sub(root.recording.Epoch)
		}
		start = min(start, l.from+l.clock)
	}
	for _, l := range lives {
		l.clock -= start
		l.from, l.to = l.from+l.clock, l.to+l.clock
		for _, e := range l.log {
			e.at, e.since = e.at+l.clock, e.since+l.clock
		}
	}
}

// difference returns by how much the clock of b is ahead of that of a, and from how many
// frames that is known.
func difference(a, b *life) (frames int, ahead time.Duration) {
	there, back := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for _, e := range b.log {
		if e.other == nil || e.other.of != a {
			continue
		}
		frames++
		if e.kind == received {
			there = min(there, e.at-e.other.at)
		} else {
			back = min(back, e.other.at-e.at)
		}
	}
	switch {
	case frames == 0:
		return 0, 0
	case back == math.MaxInt64:
		return frames, there
	case there == math.MaxInt64:
		return frames, -back
	}
	return frames, (there - back) / 2
}
