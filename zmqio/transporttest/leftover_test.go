package transporttest

import (
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestAGoroutineThatIsLeftIsFound(t *testing.T) {
	before, end := resources(), make(chan struct{})
	go func() { <-end }()
	wantLeftover(t, before, "transporttest.TestAGoroutineThatIsLeftIsFound")
	close(end)
	if left := leftover(before, Patience); len(left) > 0 {
		t.Errorf("left: %v, want nothing", left)
	}
}

func TestASocketThatIsLeftIsFound(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("sockets are looked for on Linux only")
	}
	before := resources()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	wantLeftover(t, before, "socket:")
	_ = listener.Close()
	if left := leftover(before, Patience); len(left) > 0 {
		t.Errorf("left: %v, want nothing", left)
	}
}

// wantLeftover checks that just one resource is left, with text in it.
func wantLeftover(t *testing.T, before map[string]bool, text string) {
	t.Helper()
	left := leftover(before, 20*time.Millisecond)
	for what := range left {
		if !strings.Contains(what, text) || len(left) != 1 {
			t.Errorf("left: %q, want one with %q", what, text)
		}
	}
	if len(left) == 0 {
		t.Errorf("nothing is left, want %q", text)
	}
}
