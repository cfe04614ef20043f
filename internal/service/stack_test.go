package service

import (
	"bytes"
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
