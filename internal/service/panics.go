package service

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// panicLogEvery is the least time between two log lines about panics of one method: a
// peer can cause as many as it likes, and each has a stack.
const panicLogEvery = 10 * time.Second

// panicLog reports the panics of one method.
type panicLog struct {
	mu      sync.Mutex
	last    time.Time // of the last line
	leftOut int       // panics since, which have none
}

// report logs a panic that has just been recovered, with its stack, or counts it for
// the next line.
func (l *panicLog) report(log *slog.Logger, now time.Time, wireName string, p any) {
	leftOut, ok := l.admit(now)
	if !ok {
		return
	}
	attrs := []any{"method", wireName, "panic", fmt.Sprint(p), "stack", string(debug.Stack())}
	if leftOut > 0 {
		attrs = append(attrs, "left_out", leftOut)
	}
	log.Error("handler panicked", attrs...)
}

// admit says whether there may be a line now, and how many panics had none before it.
func (l *panicLog) admit(now time.Time) (leftOut int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// A clock that was set back must not silence the log for long.
	if passed := now.Sub(l.last); !l.last.IsZero() && passed >= 0 && passed < panicLogEvery {
		l.leftOut++
		return 0, false
	}
	leftOut, l.leftOut, l.last = l.leftOut, 0, now
	return leftOut, true
}
