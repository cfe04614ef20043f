package debugbilateral_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc"
)

// No goroutine may be left by any test.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newNode makes a node that listens at each of the addresses.
func newNode(t *testing.T, config bilateralrpc.Config, addresses ...string) *bilateralrpc.Bilateral {
	t.Helper()
	if config.Network == "" {
		config.Network = "network"
	}
	node, err := bilateralrpc.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(node.Close)
	for _, address := range addresses {
		if err := node.ListenOn(address); err != nil {
			t.Fatal(err)
		}
	}
	return node
}

// join has node dial server, and waits until each knows the other.
func join(t *testing.T, node, server *bilateralrpc.Bilateral) {
	t.Helper()
	name := server.Status().Name
	if err := node.ConnectTo(name, server.ListenAddresses()[0]); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := errors.Join(node.WaitFor(ctx, name), server.WaitFor(ctx, node.Status().Name)); err != nil {
		t.Fatal(err)
	}
}

// ask has h answer one request.
func ask(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}
