//go:build unix

package zmtpnet

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Without free descriptors the listener waits and goes on when there are some.
func TestAcceptSurvivesExhaustion(t *testing.T) { // not parallel: the limit is the process's
	warned := make(warnings, 100)
	b := start(t, "b", false, func(c *zmqio.TransportConfig) { c.Logger = slog.New(warned) }).listen()
	a := start(t, "a", false)
	client, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(client)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	low := limit
	low.Cur = 3
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	at := b.carrier().listeners[0].socket.Addr().(*net.TCPAddr)
	err = syscall.Connect(client, &syscall.SockaddrInet4{Port: at.Port, Addr: [4]byte(at.IP.To4())})
	var warning string
	select {
	case warning = <-warned:
	case <-time.After(patience):
	}
	if restored := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || restored != nil {
		t.Fatalf("connect: %v, restoring the limit: %v", err, restored)
	}
	if !strings.Contains(warning, "too many open files") {
		t.Errorf("the log says %q", warning)
	}
	a.join(b)
}

// warnings is a log of warnings and worse.
type warnings chan string

func (w warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (w warnings) WithAttrs([]slog.Attr) slog.Handler               { return w }
func (w warnings) WithGroup(string) slog.Handler                    { return w }

func (w warnings) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	w <- text
	return nil
}
