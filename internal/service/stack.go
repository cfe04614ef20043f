package service

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
)

// stack is where a panic came from. It becomes text only if its line is written: most
// are not, where a peer can cause panics as fast as it can ask.
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
