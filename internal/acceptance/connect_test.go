package acceptance

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

func TestAServerThatRestartsIsBack(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		config := bilateralrpc.Config{Network: "network", Name: "server", Transport: tr.transport}
		server := mustNew(t, config)
		if err := server.ListenOn(tr.wildcard); err != nil {
			t.Fatal(err)
		}
		address := server.ListenAddresses()[0]
		client := mustNew(t, bilateralrpc.Config{Network: "network", Name: "client", Transport: tr.transport})
		if err := client.ConnectTo("server", address); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			waitPeers(t, client, 1)
			server.Close()
			eventually(t, "the client to notice", func() bool { return client.ConnectionCount() == 0 })
			server = mustNew(t, config)
			if err := server.Register(&Desk{}); err != nil {
				t.Fatal(err)
			}
			if err := server.ListenOn(address); err != nil {
				t.Fatal(err)
			}
		}
		waitPeers(t, client, 1)
		var rows []deskRow
		if err := client.Call(nil, "Desk.Upper", DeskArgs{Text: "back"}, &rows, patience); err != nil || len(rows) != 1 || rows[0].Reply.Text != "BACK" {
			t.Errorf("after three restarts: %+v, %v", rows, err)
		}
	})
}

func TestConnectedFromBothEnds(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, _ := mesh(t, tr, 2)
		if err := nodes[0].ConnectTo("n1", nodes[1].ListenAddresses()[0]); err != nil {
			t.Errorf("connecting to a peer that is connected to us: %v", err)
		}
		if err := nodes[0].ConnectTo("n1", nodes[1].ListenAddresses()[0]); !errors.Is(err, bilateralrpc.ErrDuplicate) {
			t.Errorf("connecting twice: %v, want ErrDuplicate", err)
		}
		for _, b := range nodes {
			var rows []deskRow
			if err := b.Call(nil, "Desk.Upper", DeskArgs{Text: "x"}, &rows, patience); err != nil || len(rows) != 1 {
				t.Errorf("%+v, %v, want one row: one peer is one peer, however many connections", rows, err)
			}
		}
	})
}

func TestDisconnectAndConnectAgain(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 2)
		address := nodes[0].ListenAddresses()[0]
		pending := make(chan []bilateralrpc.Outcome)
		go func() {
			var rows []deskRow
			outcomes, err := nodes[1].CallContext(t.Context(), nil, "Desk.Wait", DeskArgs{}, &rows, bilateralrpc.WithTimeout(time.Hour))
			if err != nil {
				t.Error(err)
			}
			pending <- outcomes
		}()
		<-desks[0].enter
		defer close(desks[0].leave)
		if err := nodes[1].DisconnectFrom("n0"); err != nil {
			t.Fatal(err)
		}
		if outcomes := <-pending; len(outcomes) != 1 || !errors.Is(outcomes[0].Err, bilateralrpc.ErrDisconnected) {
			t.Errorf("the pending call ended with %+v, want ErrDisconnected", outcomes)
		}
		eventually(t, "both to part", func() bool {
			return nodes[0].ConnectionCount()+nodes[1].ConnectionCount() == 0
		})
		if err := nodes[1].DisconnectFrom("n0"); !errors.Is(err, bilateralrpc.ErrNoPeer) {
			t.Errorf("disconnecting twice: %v, want ErrNoPeer", err)
		}
		if err := nodes[1].ConnectTo("n0", address); err != nil {
			t.Fatal(err)
		}
		waitPeers(t, nodes[0], 1)
		waitPeers(t, nodes[1], 1)
	})
}

func TestBadNamesAndAddresses(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		b := mustNew(t, bilateralrpc.Config{Network: "network", Name: "me", Transport: tr.transport})
		if err := b.ListenOn(tr.wildcard); err != nil {
			t.Fatal(err)
		}
		here := b.ListenAddresses()[0]
		for what, c := range map[string]struct{ got, want error }{
			"own name":       {b.ConnectTo("me", here), bilateralrpc.ErrOwnName},
			"empty name":     {b.ConnectTo("", here), bilateralrpc.ErrBadName},
			"long name":      {b.ConnectTo(strings.Repeat("x", 256), here), bilateralrpc.ErrBadName},
			"anonymous name": {b.ConnectTo("\x00abc", here), bilateralrpc.ErrBadName},
			"no scheme":      {b.ConnectTo("you", "127.0.0.1:5555"), bilateralrpc.ErrBadAddress},
			"other scheme":   {b.ConnectTo("you", "http://127.0.0.1"), bilateralrpc.ErrBadAddress},
			"no peer":        {b.DisconnectFrom("you"), bilateralrpc.ErrNoPeer},
		} {
			if !errors.Is(c.got, c.want) {
				t.Errorf("%s: error %v, want %v", what, c.got, c.want)
			}
		}
		if err := b.ListenOn(here); err == nil {
			t.Errorf("ListenOn(%q) twice gave no error", here)
		}
		if err := b.ListenOn("nonsense"); err == nil {
			t.Error("ListenOn(nonsense) gave no error")
		}
	})
}

// encrypted makes a node with fresh keys that listens, and returns its name.
func encrypted(t *testing.T, tr transportCase, config bilateralrpc.Config) (b *bilateralrpc.Bilateral, name string) {
	t.Helper()
	if config.PublicKey == "" {
		config.PublicKey, config.PrivateKey = keypair(t)
	}
	config.Network, config.Transport, config.Timing = "network", tr.transport, soon
	b = mustNew(t, config)
	openDesk(t, b, tr.wildcard)
	return b, config.PublicKey
}

func TestEncryptedNodesKnowEachOtherByKey(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		server, serverName := encrypted(t, tr, bilateralrpc.Config{})
		client, clientName := encrypted(t, tr, bilateralrpc.Config{})
		if err := client.ConnectTo(serverName, server.ListenAddresses()[0]); err != nil {
			t.Fatal(err)
		}
		waitPeers(t, client, 1)
		waitPeers(t, server, 1)
		for b, peer := range map[*bilateralrpc.Bilateral]string{server: clientName, client: serverName} {
			if got := b.ActiveConnections(); !slices.Equal(got, []string{peer}) {
				t.Errorf("active: %q, want %q", got, peer)
			}
			var rows []deskRow
			own := map[string]string{clientName: serverName, serverName: clientName}[peer]
			if err := b.Call(nil, "Desk.Sender", DeskArgs{}, &rows, patience); err != nil || len(rows) != 1 || rows[0].From != peer || rows[0].Reply.Text != own {
				t.Errorf("%+v, %v, want the caller's own key from %s", rows, err, peer)
			}
		}
	})
}

func TestWhoIsNotWelcomeStaysOut(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		server, serverName := encrypted(t, tr, bilateralrpc.Config{AllowedKeys: []string{}})
		address := server.ListenAddresses()[0]
		stranger, strangerName := encrypted(t, tr, bilateralrpc.Config{})
		mistaken, _ := encrypted(t, tr, bilateralrpc.Config{})
		plain := mustNew(t, bilateralrpc.Config{Network: "network", Name: serverName[:10], Transport: tr.transport})
		otherName, _ := keypair(t)
		for _, err := range []error{
			stranger.ConnectTo(serverName, address),
			mistaken.ConnectTo(otherName, address),
			plain.ConnectTo(serverName, address),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := mistaken.ConnectTo("not-a-key", address); !errors.Is(err, bilateralrpc.ErrBadKey) {
			t.Errorf("ConnectTo a name that is no key: %v, want ErrBadKey", err)
		}
		outside := map[string]*bilateralrpc.Bilateral{"the stranger": stranger, "the mistaken one": mistaken, "the plaintext one": plain}
		for who, b := range outside {
			eventually(t, who+" to have tried twice", func() bool { return b.Stats().Dials >= 2 })
		}
		eventually(t, "the refusal of a key that is not allowed to be counted", func() bool { return server.Stats().TurnedAway > 0 })
		if n := server.ConnectionCount(); n != 0 {
			t.Fatalf("somebody came in: %+v", server.Peers())
		}
		for who, b := range outside {
			if n := b.ConnectionCount(); n != 0 {
				t.Errorf("%s believes it has %d connections", who, n)
			}
		}

		if err := server.SetAllowedKeys([]string{strangerName}); err != nil {
			t.Fatal(err)
		}
		waitPeers(t, server, 1)
		waitPeers(t, stranger, 1)
		if got := server.ActiveConnections(); !slices.Equal(got, []string{strangerName}) {
			t.Errorf("active: %q, want just the allowed key", got)
		}

		if err := server.SetAllowedKeys([]string{}); err != nil {
			t.Fatal(err)
		}
		if n := server.ConnectionCount(); n != 0 {
			t.Errorf("a revoked key has %d connections", n)
		}
	})
}

func TestAnotherNetworkIsRefused(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		server := mustNew(t, bilateralrpc.Config{Network: "one", Name: "server", Transport: tr.transport})
		if err := server.ListenOn(tr.wildcard); err != nil {
			t.Fatal(err)
		}
		client := mustNew(t, bilateralrpc.Config{Network: "two", Name: "client", Transport: tr.transport})
		if err := client.ConnectTo("server", server.ListenAddresses()[0]); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the JOIN to be refused", func() bool { return server.Stats().Drops.WrongNetwork > 0 })
		if n := server.ConnectionCount() + client.ConnectionCount(); n != 0 {
			t.Errorf("%d connections across networks", n)
		}
	})
}

// A plaintext node that other machines can reach is worth one warning; one that
// only this machine can reach, or that has keys, is not.
func TestPlaintextBeyondThisMachineIsAWarning(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		if !tr.ofSockets() {
			t.Skip("nothing leaves the process")
		}
		for _, c := range []struct {
			address  string
			curve    bool
			warnings int
		}{
			{"tcp://0.0.0.0:*", false, 1}, {"tcp://0.0.0.0:*", true, 0}, {"tcp://127.0.0.1:*", false, 0},
			{"tcp://localhost:*", false, 0}, // a name for the same
		} {
			var log lockedBuffer
			config := bilateralrpc.Config{Network: "network", Name: "x", Transport: tr.transport, Logger: slog.New(slog.NewTextHandler(&log, nil))}
			if c.curve {
				config.Name = ""
				config.PublicKey, config.PrivateKey = keypair(t)
			}
			b := mustNew(t, config)
			if err := b.ListenOn(c.address); err != nil {
				t.Fatal(err)
			}
			b.Close()
			if n := strings.Count(log.String(), "level=WARN"); n != c.warnings {
				t.Errorf("%s, curve %t: %d warnings, want %d:\n%s", c.address, c.curve, n, c.warnings, log.String())
			}
		}
	})
}
