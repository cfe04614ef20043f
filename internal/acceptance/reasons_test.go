package acceptance

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// nowhere is an address of this machine where nobody listens.
func nowhere(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "tcp://" + l.Addr().String()
}

// Why a connection does not come about can be read in the state of the peer, in the
// error of WaitPeers and in the log, each time with the peer and the address.
func TestWhyNobodyAnswers(t *testing.T) {
	eachSocket(t, func(t *testing.T, tr transportCase, curve bool) {
		for _, c := range []struct{ what, address, zmtp string }{
			{"refused", nowhere(t), "refused"},
			{"unreachable", "tcp://255.255.255.255:5", ""},
			{"name unknown", "tcp://host.invalid:5555", "host.invalid"},
			{"no such socket", "ipc:///nowhere/at/all", "no such file"},
		} {
			t.Run(c.what, func(t *testing.T) {
				t.Parallel()
				name := "server"
				var log lockedBuffer
				config := bilateralrpc.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}
				if curve {
					name, _ = keypair(t)
				}
				client := dialOnly(t, tr, curve, config)
				if err := client.ConnectTo(name, c.address); err != nil {
					t.Fatal(err)
				}
				why := wantReason(t, client, name, c.address, &log)
				wantOnly(t, "dialler", linesAbout(log.String(), name), "connection failed")
				if tr.name == "zmtp" && !strings.Contains(why, c.zmtp) {
					t.Errorf("the reason is %q, want %q in it", why, c.zmtp)
				}
			})
		}
	})
}

// dialOnly makes a node that does not listen.
func dialOnly(t *testing.T, tr transportCase, curve bool, config bilateralrpc.Config) *bilateralrpc.Bilateral {
	t.Helper()
	config.Network, config.Transport, config.Timing, config.Name = "network", tr.transport, soon, "client"
	if curve {
		config.Name = ""
		config.PublicKey, config.PrivateKey = keypair(t)
	}
	return mustNew(t, config)
}

// wantReason waits until client knows why its only peer is not active, and returns that.
func wantReason(t *testing.T, client *bilateralrpc.Bilateral, name, address string, log *lockedBuffer) (why string) {
	t.Helper()
	eventually(t, "a reason in Peers", func() bool {
		p := client.Peers()
		if len(p) != 1 || p[0].Err == nil {
			return false
		}
		if p[0].Name != name || p[0].Address != address {
			t.Fatalf("the state is %+v, want %s at %s", p[0], name, address)
		}
		why = p[0].Err.Error()
		return true
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := client.WaitPeers(ctx, 1)
	if text := "0 of 1 peers: context canceled; " + name + " at " + address + ": "; !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), text) {
		t.Errorf("WaitPeers: %v, want %q in it", err, text)
	}
	eventually(t, "a line in the log", func() bool {
		return slices.ContainsFunc(strings.Split(log.String(), "\n"), func(line string) bool {
			return strings.Contains(line, "level=WARN") && strings.Contains(line, "address="+address) && strings.Contains(line, name)
		})
	})
	return why
}

// A wrong key and one that is not allowed are reasons too, at both ends.
func TestWhyAKeyIsRefused(t *testing.T) {
	eachSocket(t, func(t *testing.T, tr transportCase, curve bool) {
		if !curve {
			t.Skip("there are no keys")
		}
		var serverLog, log, otherLog lockedBuffer
		server, name := encrypted(t, tr, bilateralrpc.Config{AllowedKeys: []string{}, Logger: slog.New(slog.NewTextHandler(&serverLog, nil))})
		address := server.ListenAddresses()[0]

		stranger, key := encrypted(t, tr, bilateralrpc.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err := stranger.ConnectTo(name, address); err != nil {
			t.Fatal(err)
		}
		wantReason(t, stranger, name, address, &log)
		eventually(t, "the server to log who was turned away", func() bool {
			return slices.ContainsFunc(strings.Split(serverLog.String(), "\n"), func(line string) bool {
				return strings.Contains(line, "level=WARN") && strings.Contains(line, "turned away") &&
					strings.Contains(line, key) && strings.Contains(line, "address=127.0.0.1") && strings.Contains(line, "not admitted")
			})
		})

		mistaken, _ := encrypted(t, tr, bilateralrpc.Config{Logger: slog.New(slog.NewTextHandler(&otherLog, nil))})
		wrong, _ := keypair(t)
		if err := mistaken.ConnectTo(wrong, address); err != nil {
			t.Fatal(err)
		}
		wantReason(t, mistaken, wrong, address, &otherLog)
	})
}
