package zmtpnet

import (
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// hotAfter is for how long every read must have filled the largest buffer before
	// its link is hot.
	hotAfter = time.Millisecond
	// paceMax bounds how long a hot link rests at a time.
	paceMax = 20 * time.Millisecond
)

// hotLinks is how many links of the process are hot.
var hotLinks atomic.Int64

// pace slows down links whose peers send more than can be read, when there are
// several of them. Their goroutines would never wait, and while there are as many of
// those as processors, Go's scheduler looks for what else has arrived every 10 ms only.
// So hot links together get about half of the processors. One alone is not slowed down.
type pace struct {
	hot         bool
	since, last time.Time // of the first and the newest of the reads that filled the buffer; zero if the newest read did not
}

// after is told of each read whether it filled the largest buffer, and rests if need be.
func (p *pace) after(full bool) {
	if !full {
		if !p.since.IsZero() {
			p.stop()
		}
		return
	}
	now := time.Now()
	if p.since.IsZero() {
		p.since, p.last = now, now
		return
	}
	if !p.hot && now.Sub(p.since) >= hotAfter {
		p.hot = true
		hotLinks.Add(1)
	}
	if rest := restOf(now.Sub(p.last), hotLinks.Load(), runtime.GOMAXPROCS(0)); p.hot && rest > 0 {
		time.Sleep(rest)
		now = time.Now()
	}
	p.last = now
}

// restOf returns for how long one of so many hot links rests when it has worked.
func restOf(worked time.Duration, hot int64, processors int) time.Duration {
	if hot < 2 {
		return 0
	}
	return min(max(worked*time.Duration(2*hot-int64(processors))/time.Duration(processors), 0), paceMax)
}

// stop ends a stretch of full reads.
func (p *pace) stop() {
	if p.hot {
		hotLinks.Add(-1)
	}
	*p = pace{}
}
