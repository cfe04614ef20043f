package main

import (
	"fmt"
	"strings"
	"time"
)

// progress is how far a hunt has come.
type progress struct {
	done, all  uint64        // seeds
	next       uint64        // the index to go on with
	violations int           // so far
	elapsed    time.Duration // so far
	limit      time.Duration // after which it stops; 0 if only the seeds end it
}

// share returns how much of the hunt is done, in thousandths: by whichever of seeds and
// time ends it first.
func (p *progress) share() uint64 {
	n := p.done * 1000 / max(p.all, 1)
	if p.limit > 0 {
		n = max(n, uint64(p.elapsed*1000/p.limit))
	}
	return min(n, 1000)
}

// left returns how long it still takes at this pace, ok once that can be said.
func (p *progress) left() (left time.Duration, ok bool) {
	n := p.share()
	if n == 0 {
		return 0, false
	}
	return (p.elapsed * time.Duration(1000-n) / time.Duration(n)).Round(time.Second), true
}

const barWidth = 24

// bar is one line of a terminal.
func (p *progress) bar() string {
	full := int(p.share() * barWidth / 1000)
	return fmt.Sprintf("[%s%s] %3d%%  %s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), p.share()/10, p)
}

// String is a line by itself, for the log of a job.
func (p *progress) String() string {
	eta := "?"
	if left, ok := p.left(); ok {
		eta = left.String()
	}
	return fmt.Sprintf("%d of %d seeds, %.0f/s, %s left, %d violations, next %d", p.done, p.all, perSecond(p.done, p.elapsed), eta, p.violations, p.next)
}
