package service

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

// A stack becomes text when its line is written, and begins where it was taken.
func TestStackIsTextWhenItIsWritten(t *testing.T) {
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("panicked", "stack", callers())
	first, _, _ := strings.Cut(out.String()[strings.Index(out.String(), "stack="):], `\n`)
	if !strings.HasSuffix(first, "service.TestStackIsTextWhenItIsWritten") {
		t.Errorf("the stack begins with %s", first)
	}
	if n := testing.AllocsPerRun(100, func() { callers() }); n > 1 {
		t.Errorf("%v allocations for a stack that nobody writes", n)
	}
}

// leaver is a handler that writes no more lines of what peers cause.
type leaver struct {
	slog.Handler
	left []string
}

func (l *leaver) LeavesOut(peer, text string, _ slog.Level) bool {
	l.left = append(l.left, peer+": "+text)
	return true
}

func (l *leaver) Handle(context.Context, slog.Record) error {
	panic("it was said that this would be left out")
}

// Nothing is made of a panic whose line will not be written: peers can cause many.
func TestAPanicThatIsNotLoggedCostsLittle(t *testing.T) {
	h := &leaver{Handler: slog.DiscardHandler}
	logPanic(slog.New(h), "handler panicked", "peer", "A.B", "secret")
	if len(h.left) != 1 || h.left[0] != "peer: handler panicked" {
		t.Errorf("left out are %q", h.left)
	}
}
