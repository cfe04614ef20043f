package otelbilateral_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/otelbilateral"
)

// A trace goes over two connections: from a client to a shop, whose handler asks a station.
func TestATraceAcrossLiveNodes(t *testing.T) {
	s := newStage(t)
	order := bilateralrpc.NewMethod[city, int]("Shop.Order")
	station := s.node("station", otelbilateral.Config{}, "tcp://127.0.0.1:*")
	shop := s.node("shop", otelbilateral.Config{}, "tcp://127.0.0.1:*")
	client := s.node("client", otelbilateral.Config{}, "")
	serve(t, station, func(context.Context) (int, error) { return 20, nil })
	err := order.Handle(shop, func(ctx context.Context, args city) (int, error) { return temperature.One(ctx, shop, "station", args) })
	if err != nil {
		t.Fatal(err)
	}
	s.join(shop, station)
	s.join(client, shop)
	if got, err := order.One(t.Context(), client, "shop", city{}); got != 20 || err != nil {
		t.Fatal(got, err)
	}
	s.wantSpans(`client: client Shop.Order bilateralrpc.failures=0 bilateralrpc.replies=1 server.address=shop
  shop: server Shop.Order bilateralrpc.peer=client
    shop: client Station.Temperature bilateralrpc.failures=0 bilateralrpc.replies=1 server.address=station
      station: server Station.Temperature bilateralrpc.peer=shop
`)
	for _, span := range s.spans.Ended() {
		if remote := span.SpanKind().String() == "server"; span.Parent().IsValid() && span.Parent().IsRemote() != remote {
			t.Errorf("the parent of %s is remote: %v", span.Name(), !remote)
		}
	}
}

// stations are three that a hub has dialled: they take 10 ms, 100 ms and a second, and the last
// one fails.
func stations(t *testing.T, s *stage, config otelbilateral.Config) (hub *bilateralrpc.Bilateral) {
	hub = s.node("hub", config, "")
	for _, station := range []struct {
		name string
		took time.Duration
		err  error
	}{
		{"north", 10 * time.Millisecond, nil},
		{"south", 100 * time.Millisecond, nil},
		{"west", time.Second, bilateralrpc.NewError("broken", "the sensor is broken")},
	} {
		node := s.node(station.name, otelbilateral.Config{}, "inproc://"+station.name+t.Name())
		serve(t, node, func(ctx context.Context) (int, error) {
			select {
			case <-time.After(station.took): // of the bubble
				return 20, station.err
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		})
		s.join(hub, node)
	}
	return hub
}

// A multicast has a span for each of its peers, which says how it went there and how long that
// took, and so do the metrics.
func TestAMulticastOfWhichOnePeerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		hub := stations(t, s, otelbilateral.Config{})
		if all, err := temperature.All(t.Context(), hub, bilateralrpc.SendToAll, city{}, bilateralrpc.WithTimeout(time.Minute)); len(all) != 3 || err != nil {
			t.Fatal(all, err)
		}
		s.wantSpans(`hub: client Station.Temperature bilateralrpc.failures=1 bilateralrpc.replies=2
  hub: internal Station.Temperature error.type=broken server.address=west ERROR the sensor is broken
  hub: internal Station.Temperature server.address=north
  hub: internal Station.Temperature server.address=south
  north: server Station.Temperature bilateralrpc.peer=hub
  south: server Station.Temperature bilateralrpc.peer=hub
  west: server Station.Temperature bilateralrpc.peer=hub error.type=broken ERROR the sensor is broken
`)
		s.wantMetrics(`rpc.client.call.duration 1 in 1 s: error.type=broken rpc.method=Station.Temperature
rpc.client.call.duration 2 in 0.11 s: rpc.method=Station.Temperature
rpc.server.call.duration 1 in 1 s: error.type=broken rpc.method=Station.Temperature
rpc.server.call.duration 2 in 0.11 s: rpc.method=Station.Temperature
`)
		for _, span := range s.spans.Ended() {
			took := span.EndTime().Sub(span.StartTime())
			want := map[string]time.Duration{"north": 10 * time.Millisecond, "south": 100 * time.Millisecond}[attributeOf(span, "server.address")]
			if span.SpanKind().String() == "internal" && want != 0 && took != want {
				t.Errorf("%s took %v, want %v", attributeOf(span, "server.address"), took, want)
			}
		}
	})
}

func attributeOf(span trace.ReadOnlySpan, key string) string {
	for _, a := range span.Attributes() {
		if string(a.Key) == key {
			return a.Value.String()
		}
	}
	return ""
}

// The peers of a list that nobody waits for any more are told apart from those that failed; a
// call that no peer has replied to is an error.
func TestPeersThatAreNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		hub := stations(t, s, otelbilateral.Config{PeersInMetrics: true})
		to := []string{"north", "south", "west", "nobody", "south"}
		if first, err := temperature.First(t.Context(), hub, to, city{}); first.From != "north" || err != nil {
			t.Fatal(first, err)
		}
		synctest.Wait()
		s.wantSpans(`hub: client Station.Temperature bilateralrpc.failures=1 bilateralrpc.replies=1
  hub: internal Station.Temperature bilateralrpc.given_up=true server.address=south
  hub: internal Station.Temperature bilateralrpc.given_up=true server.address=west
  hub: internal Station.Temperature error.type=not-connected server.address=nobody ERROR bilateralrpc: the peer is not connected; nothing was sent: wait for it, or look at Peers
  hub: internal Station.Temperature server.address=north
  north: server Station.Temperature bilateralrpc.peer=hub
  south: server Station.Temperature bilateralrpc.peer=hub error.type=canceled ERROR context canceled
  west: server Station.Temperature bilateralrpc.peer=hub error.type=canceled ERROR context canceled
`)
		s.wantMetrics(`rpc.client.call.duration 1 in 0 s: error.type=not-connected rpc.method=Station.Temperature server.address=nobody
rpc.client.call.duration 1 in 0.01 s: rpc.method=Station.Temperature server.address=north
rpc.server.call.duration 1 in 0.01 s: rpc.method=Station.Temperature
rpc.server.call.duration 2 in 0.02 s: error.type=canceled rpc.method=Station.Temperature
`)

		s.spans.Reset()
		if _, err := temperature.First(t.Context(), hub, []string{"west", "nobody"}, city{}); !errors.Is(err, bilateralrpc.ErrQuorum) {
			t.Fatal(err)
		}
		s.wantSpans(`hub: client Station.Temperature bilateralrpc.failures=2 bilateralrpc.replies=0 error.type=not-connected ERROR bilateralrpc: the peer is not connected; nothing was sent: wait for it, or look at Peers
  hub: internal Station.Temperature error.type=broken server.address=west ERROR the sensor is broken
  hub: internal Station.Temperature error.type=not-connected server.address=nobody ERROR bilateralrpc: the peer is not connected; nothing was sent: wait for it, or look at Peers
  west: server Station.Temperature bilateralrpc.peer=hub error.type=broken ERROR the sensor is broken
`)
	})
}

// Calls that fail, calls that are not made, casts, and calls that an interceptor repeats.
func TestOtherEndsOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		server := s.node("server", otelbilateral.Config{}, "inproc://other-ends")
		telemetry := s.telemetry("client", otelbilateral.Config{})
		twice := func(ctx context.Context, call *bilateralrpc.CallInfo, next func(context.Context) error) error {
			if err := next(ctx); call.Cast || err != nil {
				return err
			}
			return next(ctx)
		}
		client := s.bare(bilateralrpc.Config{Name: "client", CallInterceptors: []bilateralrpc.CallInterceptor{twice, telemetry.Call}}, "")
		serve(t, server, func(ctx context.Context) (int, error) {
			switch bilateralrpc.MetadataOf(ctx)["do"] {
			case "panic":
				panic("at the disco")
			case "wait":
				<-ctx.Done()
			}
			return 20, ctx.Err()
		})
		s.join(client, server)
		call := func(pairs ...string) error {
			_, err := temperature.All(bilateralrpc.WithMetadata(t.Context(), pairs...), client, []string{"server"}, city{}, bilateralrpc.WithTimeout(time.Second))
			return err
		}
		if err := errors.Join(call("do", "panic"), call("do", "wait"), temperature.Cast(t.Context(), client, nil, city{})); err != nil {
			t.Fatal(err)
		}
		if err := call("BAD", ""); !errors.Is(err, bilateralrpc.ErrBadMetadata) {
			t.Fatal(err)
		}
		synctest.Wait()
		const failed, silent = `client: client Station.Temperature bilateralrpc.failures=1 bilateralrpc.replies=0 error.type=panicked server.address=server ERROR handler panicked: Station.Temperature`,
			`client: client Station.Temperature bilateralrpc.failures=1 bilateralrpc.replies=0 error.type=no-reply server.address=server ERROR bilateralrpc: no reply in time; the method may have run: allow more time, or look at Peers`
		const panicked, late = `
  server: server Station.Temperature bilateralrpc.peer=client error.type=panicked ERROR handler panicked: Station.Temperature
`, `
  server: server Station.Temperature bilateralrpc.peer=client error.type=deadline-exceeded ERROR context deadline exceeded
`
		s.wantSpans(`client: client Station.Temperature bilateralrpc.cast=true
  server: server Station.Temperature bilateralrpc.cast=true bilateralrpc.peer=client
client: client Station.Temperature bilateralrpc.failures=0 bilateralrpc.replies=0 error.type=bad-metadata server.address=server ERROR ` +
			`bilateralrpc: bad metadata: metadata key "BAD": want 1 to 64 bytes of a-z, 0-9, '-', '_' and '.'
` + silent + late + silent + "'" + late + failed + panicked + failed + "'" + panicked)
		s.wantMetrics(`rpc.client.call.duration 1 in 0 s: error.type=bad-metadata rpc.method=Station.Temperature
rpc.client.call.duration 2 in 0 s: error.type=panicked rpc.method=Station.Temperature
rpc.client.call.duration 2 in 2 s: error.type=no-reply rpc.method=Station.Temperature
rpc.server.call.duration 1 in 0 s: rpc.method=Station.Temperature
rpc.server.call.duration 2 in 0 s: error.type=panicked rpc.method=Station.Temperature
rpc.server.call.duration 2 in 2 s: error.type=deadline-exceeded rpc.method=Station.Temperature
`)
	})
}
