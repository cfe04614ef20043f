package acceptance

import (
	"fmt"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/bitmark-inc/bilateralrpc"
)

// soon is the protocol's own timing but for FIRST_START_TIME, which most tests
// have no reason to wait for.
var soon = bilateralrpc.Timing{FirstStart: time.Millisecond}

// mustNew makes a node, which ends with the test.
func mustNew(t testing.TB, config bilateralrpc.Config) *bilateralrpc.Bilateral {
	t.Helper()
	b, err := bilateralrpc.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func keypair(t testing.TB) (public, private string) {
	t.Helper()
	public, private, err := bilateralrpc.NewKeypair()
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

// openDesk registers a new Desk with b and, if address is not empty, has b listen there.
func openDesk(t testing.TB, b *bilateralrpc.Bilateral, address string) *Desk {
	t.Helper()
	desk := &Desk{node: b, enter: make(chan string, 100), leave: make(chan struct{})}
	if err := b.Register(desk); err != nil {
		t.Fatal(err)
	}
	if address == "" {
		return desk
	}
	if err := b.ListenOn(address); err != nil {
		t.Fatal(err)
	}
	return desk
}

// connect has b connect to a listening node of that name.
func connect(t testing.TB, b *bilateralrpc.Bilateral, name string, to *bilateralrpc.Bilateral) {
	t.Helper()
	if err := b.ConnectTo(name, to.ListenAddresses()[0]); err != nil {
		t.Fatal(err)
	}
}

// mesh makes n plaintext nodes n0, n1, ... with a Desk each, where every node
// has connected to all of a lower number, and waits until all are active.
func mesh(t *testing.T, tr transportCase, n int) (nodes []*bilateralrpc.Bilateral, desks []*Desk) {
	t.Helper()
	return meshOn(t, tr, nil, n)
}

// meshOn is mesh with a clock for n0, which dials nobody; nil is the system's.
func meshOn(t *testing.T, tr transportCase, c clock.Clock, n int) (nodes []*bilateralrpc.Bilateral, desks []*Desk) {
	t.Helper()
	for i := range n {
		b := mustNew(t, bilateralrpc.Config{Network: "network", Name: fmt.Sprint("n", i), Transport: tr.transport, Timing: soon, Clock: c})
		c = nil
		desks = append(desks, openDesk(t, b, tr.wildcard))
		for j, other := range nodes {
			connect(t, b, fmt.Sprint("n", j), other)
		}
		nodes = append(nodes, b)
	}
	for _, b := range nodes {
		waitPeers(t, b, n-1)
	}
	return nodes, desks
}

// pair is a server with Arith, and a client that is connected to it.
func pair(t testing.TB, tr transportCase, config bilateralrpc.Config) (server, client *bilateralrpc.Bilateral) {
	t.Helper()
	config.Transport, config.Network = tr.transport, "network"
	config.Name = "server"
	server = mustNew(t, config)
	if err := server.Register(&Arith{}); err != nil {
		t.Fatal(err)
	}
	if err := server.ListenOn(tr.wildcard); err != nil {
		t.Fatal(err)
	}
	config.Name = "client"
	client = mustNew(t, config)
	connect(t, client, "server", server)
	waitPeers(t, client, 1)
	waitPeers(t, server, 1)
	return server, client
}
