package transporttest

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// wantNothingLeft has tb check, when it and its subtests have ended, that no
// goroutine and no socket that was made meanwhile is still there.
func wantNothingLeft(tb testing.TB, patience time.Duration) {
	tb.Helper()
	before := resources()
	tb.Cleanup(func() {
		for what := range leftover(before, patience) {
			tb.Errorf("left behind when every node is closed: %s", what)
		}
	})
}

// leftover returns the resources that there are and were not before. It waits for
// them to go for at most patience: the last steps of a goroutine are not to be seen.
func leftover(before map[string]bool, patience time.Duration) map[string]bool {
	left := resources()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		current := resources()
		for what := range left {
			if before[what] || !current[what] {
				delete(left, what)
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
	}
}

// resources returns the goroutines, each by its number and where it was started, and on
// Linux the sockets. Those of tests are left out, and the one of os/signal, which a test that
// runs at the same time may start, and nobody can end.
func resources() map[string]bool {
	all := make(map[string]bool)
	for _, stack := range strings.Split(stacks(), "\n\n") {
		if strings.Contains(stack, "testing.tRunner(") || strings.Contains(stack, "testing.(*M).Run(") ||
			strings.Contains(stack, "os/signal.loop(") {
			continue
		}
		head, _, _ := strings.Cut(stack, " [") // and its state, which changes
		_, from, _ := strings.Cut(stack, "created by ")
		all[head+", created by "+from] = true
	}
	const descriptors = "/proc/self/fd/"
	entries, _ := os.ReadDir(descriptors) // none elsewhere
	for _, e := range entries {
		if to, err := os.Readlink(descriptors + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			all[to] = true
		}
	}
	return all
}

// stacks returns the stacks of all goroutines.
func stacks() string {
	for b := make([]byte, 1<<16); ; b = make([]byte, 2*len(b)) {
		if n := runtime.Stack(b, true); n < len(b) {
			return string(b[:n])
		}
	}
}
