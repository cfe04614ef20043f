package zmqio_test

import (
	"context"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// A logger may wait for work that waits for the gate, also where a transport that is
// inside has brought what is logged. Without that this hangs.
func TestALoggerMayWaitForTheGate(t *testing.T) {
	logger := &gateLogger{}
	d, f, _ := node(t, zmqio.Config{Handler: echo, Node: zmqio.TransportConfig{Logger: slog.New(logger)}})
	link := f.accept(t, "peer")
	budget := d.Budget()
	places := max(1, runtime.GOMAXPROCS(0)/2)
	for range places {
		budget.Enter("peer")
	}
	logger.budget.Store(budget)
	f.sink.Lock()
	budget.Inside("peer")
	f.sink.Frame(link, "peer", []byte("PART"), []byte{1, 3}, false)
	f.sink.UnlockAndDispatch()
	logger.budget.Store(nil)
	if n := logger.lines.Load(); n == 0 {
		t.Error("nothing was logged")
	}
	for range places { // all of them are ours again
		budget.Leave()
	}
}

// gateLogger goes through the gate of budget for each line.
type gateLogger struct {
	budget atomic.Pointer[zmqio.Budget]
	lines  atomic.Int64
}

func (l *gateLogger) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}
func (l *gateLogger) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *gateLogger) WithGroup(string) slog.Handler      { return l }

func (l *gateLogger) Handle(context.Context, slog.Record) error {
	if b := l.budget.Load(); b != nil {
		b.Enter("another")
		l.lines.Add(1)
		b.Leave()
	}
	return nil
}
