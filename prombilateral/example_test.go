package prombilateral_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/prombilateral"
)

// A node whose counters and latencies are served at /metrics. Programs without a registry of
// their own use prometheus.MustRegister and promhttp.Handler.
func Example() {
	latency := prombilateral.NewLatency(prombilateral.Config{})
	center, err := bilateralrpc.New(bilateralrpc.Config{
		Network: "example", Name: "center",
		CallInterceptors:  []bilateralrpc.CallInterceptor{latency.Call},
		ServeInterceptors: []bilateralrpc.ServeInterceptor{latency.Serve},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer center.Close()
	registry := prometheus.NewRegistry()
	registry.MustRegister(latency, prombilateral.NewCollector(center))
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})

	station := connect(center)
	defer station.Close()
	for range 3 {
		fmt.Println(temperature.One(context.Background(), center, "station", city{"Taipei"}))
	}

	show(metrics, "bilateral_active_peers", "bilateral_outcomes_total{outcome=\"replied", "bilateral_call_duration_seconds_count")
	// Output:
	// 20 <nil>
	// 20 <nil>
	// 20 <nil>
	// bilateral_active_peers 1
	// bilateral_call_duration_seconds_count{method="Station.Temperature",result="ok"} 3
	// bilateral_outcomes_total{outcome="replied"} 3
}

// Without interceptors there are counters all the same.
func ExampleNewCollector() {
	node, err := bilateralrpc.New(bilateralrpc.Config{Network: "example", Name: "center"})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close()
	registry := prometheus.NewRegistry()
	registry.MustRegister(prombilateral.NewCollector(node))

	show(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), "bilateral_calls_total", "bilateral_peers")
	// Output:
	// bilateral_calls_total 0
	// bilateral_peers 0
}

// A label for what peers have in common: here the site, which is in their names.
func ExampleConfig() {
	latency := prombilateral.NewLatency(prombilateral.Config{
		Buckets: []float64{0.01, 0.1, 1, 10}, // seconds
		Peer:    func(name string) string { site, _, _ := strings.Cut(name, "-"); return site },
	})
	center, err := bilateralrpc.New(bilateralrpc.Config{
		Network: "example", Name: "center", CallInterceptors: []bilateralrpc.CallInterceptor{latency.Call},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer center.Close()
	registry := prometheus.NewRegistry()
	registry.MustRegister(latency)

	_, err = temperature.One(context.Background(), center, "taipei-7", city{"Taipei"})
	fmt.Println(errors.Is(err, bilateralrpc.ErrNotConnected))
	show(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), "bilateral_call_duration_seconds_count")
	// Output:
	// true
	// bilateral_call_duration_seconds_count{method="Station.Temperature",peer="taipei",result="not-connected"} 1
}

// connect makes a node that serves the temperature, and has center connect to it.
func connect(center *bilateralrpc.Bilateral) *bilateralrpc.Bilateral {
	station, err := bilateralrpc.New(bilateralrpc.Config{Network: "example", Name: "station"})
	if err != nil {
		log.Fatal(err)
	}
	err = errors.Join(
		temperature.Handle(station, func(context.Context, city) (int, error) { return 20, nil }),
		station.ListenOn("tcp://127.0.0.1:*"),
	)
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err = center.ConnectTo("station", station.ListenAddresses()[0])
	if err := errors.Join(err, center.WaitFor(ctx, "station")); err != nil {
		log.Fatal(err)
	}
	return station
}

// show prints the lines of /metrics that begin with one of the prefixes.
func show(metrics http.Handler, prefixes ...string) {
	w := httptest.NewRecorder()
	metrics.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		for _, prefix := range prefixes {
			if strings.HasPrefix(line, prefix) {
				fmt.Print(line)
			}
		}
	}
}
