package service

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
)

// bounded is a slog.Handler that bounds the lines that peers cause.
type bounded interface {
	// LeavesOut says that it will not write such a line, and has counted it.
	LeavesOut(peer, text string, level slog.Level) bool
}

// logPanic writes what was recovered, and the stack. A peer can cause panics as fast as it
// can ask, and to look at a stack takes longer than most handlers do, so that it is left
// to the lines that are written.
func logPanic(log *slog.Logger, text, sender, method string, recovered any) {
	if h, ok := log.Handler().(bounded); ok && h.LeavesOut(sender, text, slog.LevelError) {
		return
	}
	log.Error(text, "peer", sender, "method", method, "panic", fmt.Sprint(recovered), "stack", callers())
}

// stack is where a panic came from. It becomes text only if its line is written.
type stack []uintptr

// callers returns the stack of the function that calls it.
func callers() stack {
	const framesMax, skipped = 64, 2 // Callers and callers
	s := make(stack, framesMax)
	return s[:runtime.Callers(skipped, s)]
}

// LogValue implements slog.LogValuer.
func (s stack) LogValue() slog.Value {
	var b strings.Builder
	for frames := runtime.CallersFrames(s); ; {
		f, more := frames.Next()
		fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		if !more {
			return slog.StringValue(b.String())
		}
	}
}
