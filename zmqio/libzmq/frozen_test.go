//go:build cgo && libzmq

package libzmq

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// records is a log that a test waits for.
type records chan string

func (records) Enabled(context.Context, slog.Level) bool { return true }
func (l records) WithAttrs([]slog.Attr) slog.Handler     { return l }
func (l records) WithGroup(string) slog.Handler          { return l }
func (l records) Handle(_ context.Context, r slog.Record) error {
	l <- r.Message
	return nil
}

// want waits for a record whose message starts with text.
func (l records) want(t *testing.T, text string) {
	t.Helper()
	for timeout := time.After(patience); ; {
		select {
		case message := <-l:
			if strings.HasPrefix(message, text) {
				return
			}
		case <-timeout:
			t.Fatalf("%q was not logged for %v", text, patience)
		}
	}
}

// freezer passes bytes on between its clients and one server, until frozen: then
// it neither passes them on nor closes anything.
type freezer struct {
	address string
	gate    sync.RWMutex // write-locked: frozen
}

func newFreezer(t *testing.T, server string) *freezer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &freezer{address: "tcp://" + l.Addr().String()}
	var accepting, wg sync.WaitGroup
	var conns []net.Conn // of the accepting goroutine while there is one
	accepting.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			behind, err := net.Dial("tcp", strings.TrimPrefix(server, "tcp://"))
			if err != nil {
				client.Close()
				return
			}
			conns = append(conns, client, behind)
			wg.Go(func() { f.pass(behind, client) })
			wg.Go(func() { f.pass(client, behind) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		accepting.Wait()
		for _, c := range conns {
			c.Close()
		}
		wg.Wait()
	})
	return f
}

func (f *freezer) pass(dst io.Writer, src io.Reader) {
	buffer := make([]byte, 4096)
	for {
		n, err := src.Read(buffer)
		if err != nil {
			return
		}
		f.gate.RLock()
		_, err = dst.Write(buffer[:n])
		f.gate.RUnlock()
		if err != nil {
			return
		}
	}
}

func TestHeartbeatsFindAFrozenConnection(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		nodes := make([]*node, 2)
		for i, name := range []string{"a", "b"} {
			var k keys
			if curve {
				k = newKeys(t)
			}
			cfg := testConfig(name, k)
			cfg.HeartbeatInterval, cfg.HeartbeatTimeout = 100*time.Millisecond, 300*time.Millisecond
			nodes[i] = startNode(t, cfg)
		}
		a, b := nodes[0], nodes[1]
		f := newFreezer(t, a.listen())
		atB := b.dial(a.name, f.address)
		b.want("up", a.name)
		b.send(atB, core.JOIN, "net")
		atA := a.want("up", b.name).link
		a.wantFrame(b.name, core.JOIN, "net")

		f.gate.Lock()
		defer f.gate.Unlock()
		b.wantLost(atB, core.CauseLost)
		a.wantLost(atA, core.CauseLost)
	})
}
