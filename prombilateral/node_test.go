package prombilateral_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc"
)

// No goroutine may be left by any test.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type city struct{ City string }

var temperature = bilateralrpc.NewMethod[city, int]("Station.Temperature")

// newNode makes a node that listens at inproc://at, if it has a name there.
func newNode(t *testing.T, config bilateralrpc.Config, at string) *bilateralrpc.Bilateral {
	t.Helper()
	config.Network, config.Transport = "network", bilateralrpc.Memory
	node, err := bilateralrpc.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(node.Close)
	if at != "" {
		if err := node.ListenOn("inproc://" + at); err != nil {
			t.Fatal(err)
		}
	}
	return node
}

// join has node dial server at inproc://at, and waits until each knows the other.
func join(t *testing.T, node, server *bilateralrpc.Bilateral, at string) {
	t.Helper()
	name := server.Status().Name
	err := node.ConnectTo(name, "inproc://"+at)
	if err := errors.Join(err, node.WaitFor(t.Context(), name), server.WaitFor(t.Context(), node.Status().Name)); err != nil {
		t.Fatal(err)
	}
}

// serve has node serve the temperature.
func serve(t *testing.T, node *bilateralrpc.Bilateral, f func(ctx context.Context) (int, error)) {
	t.Helper()
	if err := temperature.Handle(node, func(ctx context.Context, _ city) (int, error) { return f(ctx) }); err != nil {
		t.Fatal(err)
	}
}

// scrape returns what Prometheus would be told by c: the lines that begin with one of the
// prefixes.
func scrape(t *testing.T, c prometheus.Collector, prefixes ...string) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("scraping is %d: %s", w.Code, w.Body)
	}
	var b strings.Builder
	for line := range strings.Lines(w.Body.String()) {
		for _, prefix := range prefixes {
			if strings.HasPrefix(line, prefix) {
				b.WriteString(line)
				break
			}
		}
	}
	return b.String()
}
