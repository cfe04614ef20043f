package acceptance

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// watched passes on what a node's watcher is told, until the test is over.
func watched(t *testing.T, b *bilateralrpc.Bilateral) <-chan bilateralrpc.PeerEvent {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	events, done := make(chan bilateralrpc.PeerEvent, 1000), make(chan struct{})
	go func() {
		defer close(done)
		defer close(events)
		for e := range b.Watch(ctx) {
			events <- e
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return events
}

// until returns the first event of that kind and cause about name.
func until(t *testing.T, events <-chan bilateralrpc.PeerEvent, kind bilateralrpc.PeerEventKind, name string, cause bilateralrpc.Cause) bilateralrpc.PeerEvent {
	t.Helper()
	var told []string
	for e := range events {
		if e.Kind == kind && e.Name == name && e.Cause == cause {
			return e
		}
		if told = append(told, e.String()); len(told) > 20 {
			told = told[1:]
		}
	}
	t.Fatalf("nothing says that %s is %s (%s), but:\n%s", name, kind, cause, strings.Join(told, "\n"))
	return bilateralrpc.PeerEvent{}
}

func TestPeersAreWatchedAndMeasured(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		server, serverName := encrypted(t, tr, bilateralrpc.Config{})
		client, clientName := encrypted(t, tr, bilateralrpc.Config{})
		atServer, atClient := watched(t, server), watched(t, client)
		connect(t, client, serverName, server)
		came := until(t, atServer, bilateralrpc.PeerUp, clientName, "")
		went := until(t, atClient, bilateralrpc.PeerUp, serverName, "")
		at := server.ListenAddresses()[0]
		if went.Address != at || tr.ofSockets() && came.Address != "127.0.0.1" {
			t.Errorf("the addresses are %q and %q, want %q and that of this machine", went.Address, came.Address, at)
		}
		of := func(b *bilateralrpc.Bilateral) bilateralrpc.PeerStatus { return b.Peers()[0] }
		// At the other end it is not known if the JOIN has come twice, as it may on a busy machine.
		eventually(t, "a round trip to be measured", func() bool { return of(client).RoundTrip > 0 })
		if p := of(client); p.Address != at || p.From != "" || !p.Ours || !p.Since.Equal(went.Time) {
			t.Errorf("the one that dials knows %+v", p)
		}
		if p := of(server); p.Address != "" || p.From != came.Address || !p.Ours || !p.Since.Equal(came.Time) {
			t.Errorf("the one that is dialled knows %+v", p)
		}
		client.Close()
		gone := until(t, atServer, bilateralrpc.PeerDown, clientName, bilateralrpc.CauseParted)
		if gone.Err == nil || gone.Time.Before(came.Time) {
			t.Errorf("the end is told as %+v", gone)
		}
		until(t, atClient, bilateralrpc.PeerDown, serverName, bilateralrpc.CauseClosed)
	})
}

// Who is not allowed is told of at both ends, and so is the change of a file of keys.
func TestAFileOfKeysIsReadAgain(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "allowed")
		write := func(content string) {
			t.Helper()
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("nobody\n")
		var log lockedBuffer
		server, serverName := encrypted(t, tr, bilateralrpc.Config{AllowedKeysFile: path, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		client, clientName := encrypted(t, tr, bilateralrpc.Config{})
		atServer, atClient := watched(t, server), watched(t, client)
		connect(t, client, serverName, server)
		if e := until(t, atServer, bilateralrpc.PeerRefused, clientName, bilateralrpc.CauseNotAllowed); !strings.Contains(e.Err.Error(), "AllowedKeysFile") {
			t.Errorf("the reason is %v", e.Err)
		}
		until(t, atClient, bilateralrpc.PeerRefused, serverName, bilateralrpc.CauseHandshake)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := server.WaitFor(ctx, clientName); err == nil || !strings.Contains(err.Error(), "it was turned away") {
			t.Errorf("WaitFor one that is not allowed: %v", err)
		}

		write("# the office\n" + clientName + " printer\n")
		if err := server.ReloadAllowedKeys(); err != nil {
			t.Fatal(err)
		}
		until(t, atServer, bilateralrpc.PeerUp, clientName, "")
		write("")
		if err := server.ReloadAllowedKeys(); err == nil || server.ConnectionCount() != 1 {
			t.Errorf("an empty file: %v, and %d connections are left", err, server.ConnectionCount())
		}
		write("nobody\n")
		if err := server.ReloadAllowedKeys(); err != nil {
			t.Fatal(err)
		}
		until(t, atServer, bilateralrpc.PeerRefused, clientName, bilateralrpc.CauseNotAllowed)
		until(t, atServer, bilateralrpc.PeerDown, clientName, bilateralrpc.CauseDisconnected)
		until(t, atClient, bilateralrpc.PeerDown, serverName, bilateralrpc.CauseParted)
		server.Close()
		if text := log.String(); !strings.Contains(text, "printer ("+clientName[:8]+"...)") {
			t.Errorf("the alias is not in the log:\n%s", text)
		}
	})
}
