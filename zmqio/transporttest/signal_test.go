package transporttest

import (
	"os"
	"os/signal"
	"testing"
)

// The goroutine that os/signal has for good is not left behind by a transport.
func TestSignalsAreNobodysLeftover(t *testing.T) {
	before := resources()
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
	for what := range leftover(before, 0) {
		t.Errorf("left behind: %s", what)
	}
}
