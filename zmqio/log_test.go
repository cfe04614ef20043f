package zmqio_test

import (
	"io"
	"log/slog"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// A peer that floods a node with bad frames is not to keep its garbage collector busy
// with lines that are never written.
func TestDroppedFramesTakeNoMemory(t *testing.T) {
	logger := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelInfo}))
	_, f, _ := node(t, zmqio.Config{Handler: echo, Node: zmqio.TransportConfig{Logger: logger}})
	link := f.accept(t, "peer")
	command, payload := []byte("TOCK"), []byte{1}
	batch := func() {
		f.sink.Lock()
		for range 32 {
			f.sink.Frame(link, "peer", command, payload, false)
		}
		f.sink.UnlockAndDispatch()
	}
	if n := testing.AllocsPerRun(1000, batch); n > 2 { // with the race detector, sync.Pool forgets some
		t.Errorf("32 frames that are dropped took %v allocations", n)
	}
}
