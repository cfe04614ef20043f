package bilateralrpc_test

import (
	"context"
	"errors"
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
		if err := client.Call(nil, "Desk.Upper", DeskArgs{Text: "back"}, &rows); err != nil || len(rows) != 1 || rows[0].Reply.Text != "BACK" {
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
			if err := b.Call(nil, "Desk.Upper", DeskArgs{Text: "x"}, &rows); err != nil || len(rows) != 1 {
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
	if err := b.Register(&Desk{}); err != nil {
		t.Fatal(err)
	}
	if err := b.ListenOn(tr.wildcard); err != nil {
		t.Fatal(err)
	}
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
			if err := b.Call(nil, "Desk.Sender", DeskArgs{}, &rows); err != nil || len(rows) != 1 || rows[0].From != peer || rows[0].Reply.Text != own {
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
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := server.WaitPeers(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("somebody came in: %v, %+v", err, server.Peers())
		}
		if n := stranger.ConnectionCount() + mistaken.ConnectionCount() + plain.ConnectionCount(); n != 0 {
			t.Errorf("%d of those believe they are connected", n)
		}
		if server.Stats().TurnedAway == 0 {
			t.Error("the refusal of a key that is not allowed was not counted")
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
		eventually(t, "the JOIN to be refused", func() bool { return drops(server, "wrong-network") > 0 })
		if n := server.ConnectionCount() + client.ConnectionCount(); n != 0 {
			t.Errorf("%d connections across networks", n)
		}
	})
}

func TestConstructorsCheckTheirKeys(t *testing.T) {
	public, private := keypair(t)
	other, _ := keypair(t)
	if len(public) != 40 || len(private) != 40 || public == private {
		t.Errorf("NewKeypair = %q and %d characters", public, len(private))
	}
	for what, config := range map[string]bilateralrpc.Config{
		"short public key":     {PublicKey: "abc", PrivateKey: private},
		"short private key":    {PublicKey: public, PrivateKey: public[:35]},
		"no private key":       {PublicKey: public},
		"no public key":        {PrivateKey: private},
		"not Z85":              {PublicKey: strings.Repeat("\"", 40), PrivateKey: private},
		"not a pair":           {PublicKey: other, PrivateKey: private},
		"swapped":              {PublicKey: private, PrivateKey: public},
		"bad allowed key":      {PublicKey: public, PrivateKey: private, AllowedKeys: []string{"x"}},
		"allowed in plaintext": {Name: "x", AllowedKeys: []string{public}},
	} {
		b, err := bilateralrpc.New(config)
		if !errors.Is(err, bilateralrpc.ErrBadKey) {
			t.Errorf("%s: error %v, want ErrBadKey", what, err)
		}
		if b != nil {
			b.Close()
		}
		if err != nil && strings.Contains(err.Error(), private) {
			t.Errorf("%s: the error shows the private key", what)
		}
	}
	for what, config := range map[string]bilateralrpc.Config{
		"no name":           {},
		"long name":         {Name: strings.Repeat("x", 256)},
		"long network":      {Name: "x", Network: strings.Repeat("x", 256)},
		"name and key":      {Name: "x", PublicKey: public, PrivateKey: private},
		"unknown transport": {Name: "x", Transport: "pigeon"},
	} {
		if _, err := bilateralrpc.New(config); err == nil || !strings.HasPrefix(err.Error(), "bilateralrpc: ") {
			t.Errorf("%s: error %v, want one of ours", what, err)
		}
	}
}

func TestANodeThatCouldNotBeMadeSaysWhyEverywhere(t *testing.T) {
	for what, b := range map[string]*bilateralrpc.Bilateral{
		"bad keys": bilateralrpc.NewEncrypted("network", "bad", "keys"),
		"no keys":  bilateralrpc.NewEncrypted("network", "", ""),
		"no name":  bilateralrpc.NewPlaintext("network", ""),
	} {
		var rows []deskRow
		_, contextErr := b.CallContext(t.Context(), nil, "A.B", DeskArgs{}, &rows)
		for i, err := range []error{
			b.ListenOn("tcp://127.0.0.1:*"), b.ConnectTo("x", "tcp://127.0.0.1:1"), b.DisconnectFrom("x"),
			b.Register(&Desk{}), b.Call(nil, "A.B", DeskArgs{}, &rows), b.Cast(nil, "A.B", DeskArgs{}),
			b.WaitPeers(t.Context(), 1), b.SetAllowedKeys(nil), b.Shutdown(t.Context()), contextErr,
		} {
			if err == nil || (what != "no name" && !errors.Is(err, bilateralrpc.ErrBadKey)) {
				t.Errorf("%s: method %d returned %v, want why the node is broken", what, i, err)
			}
		}
		if b.ConnectionCount() != 0 || b.ActiveConnections() != nil || b.Peers() != nil || b.ListenAddresses() != nil || b.Stats() != (bilateralrpc.Stats{}) {
			t.Errorf("%s: a broken node has something to tell", what)
		}
		b.Close()
		b.Close()
	}
}

// drops returns how often a node ignored something for the reason.
func drops(b *bilateralrpc.Bilateral, reason string) (n uint64) {
	for i, count := range b.Stats().Drops {
		if dropName(i) == reason {
			n += count
		}
	}
	return n
}
