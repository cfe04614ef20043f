package prombilateral_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/prombilateral"
)

// A call to three peers counts once for each, with how long that one took.
func TestTheLatencyOfEachPeerOfAMulticast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		latency := prombilateral.NewLatency(prombilateral.Config{Buckets: []float64{0.05, 0.5}})
		hub := newNode(t, bilateralrpc.Config{Name: "hub", CallInterceptors: []bilateralrpc.CallInterceptor{latency.Call}}, "each")
		for i, took := range []time.Duration{20 * time.Millisecond, 200 * time.Millisecond, 2 * time.Second} {
			station := newNode(t, bilateralrpc.Config{Name: fmt.Sprint("station", i)}, "")
			serve(t, station, func(ctx context.Context) (int, error) {
				time.Sleep(took) // of the bubble
				if i == 2 {
					return 0, errors.New("the sensor is broken")
				}
				return 20, nil
			})
			join(t, station, hub, "each")
		}
		_, err := temperature.All(t.Context(), hub, bilateralrpc.SendToAll, city{}, bilateralrpc.WithTimeout(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if err := temperature.Cast(t.Context(), hub, bilateralrpc.SendToAll, city{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // of the bubble: its handlers end
		const want = `bilateral_call_duration_seconds_bucket{method="Station.Temperature",result="ok",le="0.05"} 1
bilateral_call_duration_seconds_bucket{method="Station.Temperature",result="ok",le="0.5"} 2
bilateral_call_duration_seconds_bucket{method="Station.Temperature",result="ok",le="+Inf"} 2
bilateral_call_duration_seconds_sum{method="Station.Temperature",result="ok"} 0.22
bilateral_call_duration_seconds_count{method="Station.Temperature",result="ok"} 2
bilateral_call_duration_seconds_bucket{method="Station.Temperature",result="other",le="0.05"} 0
bilateral_call_duration_seconds_bucket{method="Station.Temperature",result="other",le="0.5"} 0
bilateral_call_duration_seconds_bucket{method="Station.Temperature",result="other",le="+Inf"} 1
bilateral_call_duration_seconds_sum{method="Station.Temperature",result="other"} 2
bilateral_call_duration_seconds_count{method="Station.Temperature",result="other"} 1
`
		if got := scrape(t, latency, "bilateral_"); got != want {
			t.Errorf("scraped:\n%s\nwant:\n%s", got, want)
		}
	})
}

// Errors of calls that were not made, of late peers, and of attempts that an interceptor repeats.
func TestTheResultsOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		latency := prombilateral.NewLatency(prombilateral.Config{})
		twice := func(ctx context.Context, call *bilateralrpc.CallInfo, next func(context.Context) error) error {
			_ = next(ctx)
			return next(ctx)
		}
		server := newNode(t, bilateralrpc.Config{Name: "server"}, "results")
		client := newNode(t, bilateralrpc.Config{Name: "client", CallInterceptors: []bilateralrpc.CallInterceptor{latency.Call}}, "")
		again := newNode(t, bilateralrpc.Config{Name: "again", CallInterceptors: []bilateralrpc.CallInterceptor{twice, latency.Call}}, "")
		serve(t, server, func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() })
		join(t, client, server, "results")
		join(t, again, server, "results")

		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		_, _ = temperature.One(t.Context(), client, "server", city{}, bilateralrpc.WithTimeout(time.Second))
		_, _ = temperature.One(bilateralrpc.WithMetadata(t.Context(), "NO"), client, "server", city{})
		_, _ = temperature.One(t.Context(), client, "nobody", city{})
		_, _ = temperature.One(canceled, client, "server", city{}) // the interceptors do not see it
		_, _ = temperature.One(t.Context(), again, "server", city{}, bilateralrpc.WithTimeout(time.Second))
		const want = `bilateral_call_duration_seconds_count{method="Station.Temperature",result="bad-metadata"} 1
bilateral_call_duration_seconds_count{method="Station.Temperature",result="no-reply"} 3
bilateral_call_duration_seconds_count{method="Station.Temperature",result="not-connected"} 1
`
		if got := scrape(t, latency, "bilateral_call_duration_seconds_count"); got != want {
			t.Errorf("scraped:\n%s\nwant:\n%s", got, want)
		}
	})
}

// A peer that calls methods that there are not, and a program that calls very many, make no
// series for each.
func TestNobodyMakesUpLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		latency := prombilateral.NewLatency(prombilateral.Config{MethodsMax: 5})
		turnAway := func(context.Context, *bilateralrpc.ServeInfo, func(context.Context) error) error {
			return errors.New("no") // which hides that there is no such method
		}
		server := newNode(t, bilateralrpc.Config{Name: "server", ServeInterceptors: []bilateralrpc.ServeInterceptor{latency.Serve, turnAway}}, "made-up")
		client := newNode(t, bilateralrpc.Config{Name: "client", CallInterceptors: []bilateralrpc.CallInterceptor{latency.Call}}, "")
		serve(t, server, func(context.Context) (int, error) { return 20, nil })
		join(t, client, server, "made-up")
		call := func(name string) {
			m := bilateralrpc.NewMethod[city, int](name)
			if _, err := m.One(t.Context(), client, "server", city{}); err == nil {
				t.Errorf("%q was not turned away", name)
			}
		}
		call("Station.Temperature")
		for i := range 1000 {
			call(fmt.Sprintf("Station.\xff%d", i))
		}
		const want = `bilateral_serve_duration_seconds_count{method="Station.Temperature",result="other"} 1
bilateral_serve_duration_seconds_count{method="_OTHER",result="other"} 1000
`
		if got := scrape(t, latency, "bilateral_serve_duration_seconds_count"); got != want {
			t.Errorf("scraped:\n%s\nwant:\n%s", got, want)
		}
		called := scrape(t, latency, "bilateral_call_duration_seconds_count")
		if n := strings.Count(called, "\n"); n != 6 || !strings.Contains(called, `{method="_OTHER",result="other"} 996`) {
			t.Errorf("%d series, want 6, of which one has 996 calls:\n%s", n, called)
		}
	})
}

// A handler that panics counts, and so does an interceptor behind this one that does.
func TestPanicsCount(t *testing.T) {
	for _, where := range []string{"handler", "interceptor"} {
		latency := prombilateral.NewLatency(prombilateral.Config{})
		bang := func(_ context.Context, _ *bilateralrpc.ServeInfo, next func(context.Context) error) error {
			if where == "interceptor" {
				panic("at the disco")
			}
			return next(context.Background())
		}
		server := newNode(t, bilateralrpc.Config{Name: "server", ServeInterceptors: []bilateralrpc.ServeInterceptor{latency.Serve, bang}}, "panic-"+where)
		client := newNode(t, bilateralrpc.Config{Name: "client"}, "")
		serve(t, server, func(context.Context) (int, error) { panic("at the disco") })
		join(t, client, server, "panic-"+where)
		if _, err := temperature.One(t.Context(), client, "server", city{}); !errors.Is(err, bilateralrpc.ErrPanicked) {
			t.Fatal(err)
		}
		if got, want := scrape(t, latency, "bilateral_serve_duration_seconds_count"),
			`bilateral_serve_duration_seconds_count{method="Station.Temperature",result="panicked"} 1`+"\n"; got != want {
			t.Errorf("with a panic in the %s was scraped:\n%s", where, got)
		}
	}
}

// A program that knows its peers may have a label for them.
func TestALabelForPeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		latency := prombilateral.NewLatency(prombilateral.Config{Peer: func(name string) string { return name[:1] + "\xff" }})
		server := newNode(t, bilateralrpc.Config{Name: "server", ServeInterceptors: []bilateralrpc.ServeInterceptor{latency.Serve}}, "peers")
		client := newNode(t, bilateralrpc.Config{Name: "client", CallInterceptors: []bilateralrpc.CallInterceptor{latency.Call}}, "")
		serve(t, server, func(context.Context) (int, error) { return 20, nil })
		join(t, client, server, "peers")
		_, _ = temperature.One(t.Context(), client, "server", city{})
		_, _ = temperature.One(bilateralrpc.WithMetadata(t.Context(), "NO"), client, "server", city{})
		const want = `bilateral_call_duration_seconds_count{method="Station.Temperature",peer="",result="bad-metadata"} 1
bilateral_call_duration_seconds_count{method="Station.Temperature",peer="s` + "\uFFFD" + `",result="ok"} 1
bilateral_serve_duration_seconds_count{method="Station.Temperature",peer="c` + "\uFFFD" + `",result="ok"} 1
`
		if got := scrape(t, latency, "bilateral_call_duration_seconds_count", "bilateral_serve_duration_seconds_count"); got != want {
			t.Errorf("scraped:\n%s\nwant:\n%s", got, want)
		}
	})
}

// Scrapes and calls of many goroutines do not disturb each other.
func TestScrapingWhileCalling(t *testing.T) {
	latency := prombilateral.NewLatency(prombilateral.Config{})
	server := newNode(t, bilateralrpc.Config{Name: "server", ServeInterceptors: []bilateralrpc.ServeInterceptor{latency.Serve}}, "busy")
	client := newNode(t, bilateralrpc.Config{Name: "client", CallInterceptors: []bilateralrpc.CallInterceptor{latency.Call}}, "")
	serve(t, server, func(context.Context) (int, error) { return 20, nil })
	join(t, client, server, "busy")
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 50 {
				if _, err := temperature.One(t.Context(), client, "server", city{}, bilateralrpc.WithTimeout(time.Minute)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	callers.Go(func() {
		for range 20 {
			testutil.CollectAndCount(latency)
			testutil.CollectAndCount(prombilateral.NewCollector(client))
		}
	})
	callers.Wait()
	if got := scrape(t, latency, "bilateral_call_duration_seconds_count"); !strings.HasSuffix(got, " 400\n") {
		t.Errorf("scraped %s, want 400 calls", got)
	}
}
