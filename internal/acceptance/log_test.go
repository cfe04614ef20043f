package acceptance

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// A connection that is refused is one line at each end, the node's, with the reason and the
// address, whatever transport refuses it; and many of them are few lines, at every level.
func TestRefusedConnectionsAreFewLines(t *testing.T) {
	eachSocket(t, func(t *testing.T, tr transportCase, curve bool) {
		var log, clientLog lockedBuffer
		debug := func(to *lockedBuffer) *slog.Logger {
			return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug}))
		}
		const refused, clients = 20, 10
		begun := time.Now()
		serverName, clientName := "server", "server" // nobody is admitted who claims the name of the server
		config := bilateralrpc.Config{Network: "network", Transport: tr.transport, Name: serverName, Logger: debug(&log)}
		to := bilateralrpc.Config{Network: "network", Transport: tr.transport, Name: clientName, Timing: soon, Logger: debug(&clientLog)}
		dial := "another"
		if curve {
			config.Name, to.Name, config.AllowedKeys = "", "", []string{}
			config.PublicKey, config.PrivateKey = keypair(t)
			to.PublicKey, to.PrivateKey = keypair(t)
			dial, clientName = config.PublicKey, to.PublicKey
		}
		server := mustNew(t, config)
		if err := server.ListenOn(tr.wildcard); err != nil {
			t.Fatal(err)
		}
		for range clients {
			client := mustNew(t, to)
			if err := client.ConnectTo(dial, server.ListenAddresses()[0]); err != nil {
				t.Fatal(err)
			}
			defer client.Close()
		}
		eventually(t, "many refusals", func() bool { return server.Stats().TurnedAway >= refused })
		lines := linesAbout(log.String(), clientName)
		most := 5 + 1 + int(time.Since(begun)/(10*time.Second)) // a burst, and one more each ten seconds
		if n := lines["connection turned away"]; n < 1 || n > most {
			t.Errorf("%d refusals wrote %d lines, want 1 to %d", server.Stats().TurnedAway, n, most)
		}
		wantOnly(t, "listener", lines, "connection turned away")
		wantOnly(t, "dialler", linesAbout(clientLog.String(), dial), "connection failed", "connection lost")
	})
}

// linesAbout counts the lines that are about peer or an address of this machine, by their text.
// Those that the transport in Go writes of an end, for debugging, are left out: they say why
// this end hung up, which no report does.
func linesAbout(log, peer string) map[string]int {
	found := make(map[string]int)
	for line := range strings.Lines(log) {
		if !strings.Contains(line, "peer="+peer) && !strings.Contains(line, "address=") || strings.Contains(line, `msg="connection ended"`) {
			continue
		}
		_, text, _ := strings.Cut(line, `msg="`)
		text, _, _ = strings.Cut(text, `"`)
		found[text]++
	}
	return found
}

// wantOnly checks that there are no lines of other texts.
func wantOnly(t *testing.T, whose string, lines map[string]int, texts ...string) {
	t.Helper()
	for text, n := range lines {
		if !slices.Contains(texts, text) {
			t.Errorf("the %s wrote %d lines %q, want only %q", whose, n, text, texts)
		}
	}
}
