package zmtpnet

import (
	"runtime"
	"sync/atomic"

	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// busyPoll decides before each wait whether the link polls: whether its goroutine looks
// at the socket again and again, for a while, before it waits there. What it saves is that
// a processor is put to sleep and woken, at both ends, which takes longer than many calls.
//
// A link polls where its last wait was short, so that one with little to do never does,
// and ever more rarely where that finds nothing, as on a machine whose other processors are
// busy. Karlin, Li, Manasse and Owicki, "Empirical Studies of Competitive Spinning for a
// Shared-Memory Multiprocessor", SOSP 1991, is about the first; the second is like the
// adaptive halt polling of Linux's KVM. See docs/adr/0021-busy-polling.md.
type busyPoll struct {
	short  bool // the last wait was
	misses int  // polls that have found nothing, more of late than others
	rest   int  // so many more waits are not polled
}

// pollRestMax is how many waits are not polled behind each poll where none finds anything.
const pollRestMax = 256

// pollTriesMax bounds the tries of a poll where the clock stands still. Each is a system
// call, of 0.3 us or more.
const pollTriesMax = 1000

// due says whether to poll before the next wait.
func (p *busyPoll) due() bool {
	if !p.short {
		return false
	}
	if p.rest > 0 {
		p.rest--
		return false
	}
	return true
}

// polled notes whether a poll found anything in time.
func (p *busyPoll) polled(found bool) {
	if found {
		p.misses = max(p.misses-1, 0)
		return
	}
	p.rest = min(2<<p.misses, pollRestMax)
	if p.rest < pollRestMax {
		p.misses++
	}
}

// pollers are the goroutines that poll. They are counted for the process, since its
// processors are what they take.
var pollers atomic.Int32

// poll reads what arrives within cfg.BusyPoll of began, which is now. It returns 0 if nothing
// does, or the link is not to poll. Half as many goroutines poll as there were processors when
// the node opened, so that with one of them nobody does.
func (l *link) poll(began zmtp.Instant) (n int, err error) {
	busy, c := &l.in.busy, l.carrier
	if !canGlance || l.raw == nil || c.cfg.BusyPoll == 0 || !busy.due() {
		return 0, nil
	}
	if pollers.Add(1) > c.pollersMax {
		pollers.Add(-1)
		return 0, nil
	}
	defer pollers.Add(-1)
	for range pollTriesMax {
		n, err = l.receive(false)
		late := c.now()-began >= zmtp.Instant(c.cfg.BusyPoll)
		if n > 0 || err != nil || late {
			// What comes too late has come when this processor did something else.
			busy.polled(n > 0 && !late)
			return n, err
		}
		if bulk.Wanted() {
			return 0, nil
		}
		runtime.Gosched()
	}
	busy.polled(false)
	return 0, nil
}
