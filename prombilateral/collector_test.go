package prombilateral_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/prombilateral"
)

// What is scraped is what the node has counted.
func TestTheCountersOfALiveNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newNode(t, bilateralrpc.Config{Name: "server"}, "counters")
		client := newNode(t, bilateralrpc.Config{Name: "client"}, "")
		serve(t, server, func(context.Context) (int, error) { return 0, errors.New("the sensor is broken") })
		join(t, client, server, "counters")
		for range 3 {
			_, _ = temperature.One(t.Context(), client, "server", city{})
		}
		_, _ = temperature.One(t.Context(), client, "nobody", city{})
		synctest.Wait()

		c := prombilateral.NewCollector(client)
		const want = `# HELP bilateral_outcomes_total How calls ended, once for each addressed peer.
# TYPE bilateral_outcomes_total counter
`
		if got := scrape(t, c, "# HELP bilateral_outcomes", "# TYPE bilateral_outcomes"); got != want {
			t.Errorf("the help is\n%s", got)
		}
		if got, want := scrape(t, c, "bilateral_calls_total", "bilateral_outcomes_total{outcome=\"failed", "bilateral_outcomes_total{outcome=\"not",
			"bilateral_frames_total{command=\"call\"", "bilateral_frames_total{command=\"back\"", "bilateral_frames_with_head", "bilateral_active_peers"),
			`bilateral_active_peers 1
bilateral_calls_total 4
bilateral_frames_total{command="back",direction="in"} 3
bilateral_frames_total{command="back",direction="out"} 0
bilateral_frames_total{command="call",direction="in"} 0
bilateral_frames_total{command="call",direction="out"} 3
bilateral_frames_with_head_total{direction="in"} 0
bilateral_frames_with_head_total{direction="out"} 3
bilateral_outcomes_total{outcome="failed"} 3
bilateral_outcomes_total{outcome="not_connected"} 1
`; got != want {
			t.Errorf("scraped:\n%s\nwant:\n%s", got, want)
		}
		client.Close()
		if got := scrape(t, c, "bilateral_calls_total", "bilateral_active_peers"); got != "bilateral_active_peers 0\nbilateral_calls_total 4\n" {
			t.Errorf("of a closed node is scraped:\n%s", got)
		}
	})
}

// The names keep to the rules of Prometheus, and two nodes have room in one registry.
func TestNamesAndSeveralNodes(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	for _, name := range []string{"a", "b"} {
		node := newNode(t, bilateralrpc.Config{Name: name}, "")
		latency := prombilateral.NewLatency(prombilateral.Config{})
		prometheus.WrapRegistererWith(prometheus.Labels{"node": name}, registry).MustRegister(prombilateral.NewCollector(node), latency)
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v, %v", problems, err)
	}
	if n, err := testutil.GatherAndCount(registry, "bilateral_peers"); n != 2 || err != nil {
		t.Errorf("%d series of bilateral_peers, %v, want one of each node", n, err)
	}
}
