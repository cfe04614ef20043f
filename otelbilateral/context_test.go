package otelbilateral_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/otelbilateral"
)

// received is what a server that has no telemetry was sent with the latest call.
func received(t *testing.T, s *stage, at string) (*bilateralrpc.Bilateral, *map[string]string) {
	metadata := new(map[string]string)
	server := s.bare(bilateralrpc.Config{Name: "server"}, "inproc://"+at)
	serve(t, server, func(ctx context.Context) (int, error) {
		*metadata = bilateralrpc.MetadataOf(ctx)
		return 20, nil
	})
	return server, metadata
}

func keysOf(m map[string]string) string {
	var keys []string
	for _, key := range []string{"baggage", "tenant", "traceparent", "tracestate", "x-shout-trace"} {
		if _, ok := m[key]; ok {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, " ")
}

// remote is a context in a trace of somebody else's.
func remote(t *testing.T) context.Context {
	state, err := trace.ParseTraceState("vendor=1")
	if err != nil {
		t.Fatal(err)
	}
	return trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, TraceState: state,
	}))
}

// What goes with a call is traceparent and tracestate, beside the metadata that there is.
func TestTheContextIsMetadata(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		server, metadata := received(t, s, "is-metadata")
		client := s.node("client", otelbilateral.Config{}, "")
		s.join(client, server)
		ctx := bilateralrpc.WithMetadata(remote(t), "tenant", "blue", "traceparent", "of another time")
		if _, err := temperature.One(ctx, client, "server", city{}); err != nil {
			t.Fatal(err)
		}
		span := s.spans.Ended()[0].SpanContext()
		want := map[string]string{
			"traceparent": "00-01000000000000000000000000000000-" + span.SpanID().String() + "-01",
			"tracestate":  "vendor=1", "tenant": "blue",
		}
		if !maps.Equal(*metadata, want) {
			t.Errorf("the metadata is %v, want %v", *metadata, want)
		}
	})
}

// Where nothing is recorded the trace of the caller goes on, and without one nothing is sent.
func TestWithoutProviders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		server, metadata := received(t, s, "no-providers")
		telemetry := otelbilateral.New(otelbilateral.Config{}) // the global ones, which do nothing
		client := s.bare(bilateralrpc.Config{Name: "client", CallInterceptors: []bilateralrpc.CallInterceptor{telemetry.Call}}, "")
		s.join(client, server)
		if _, err := temperature.One(remote(t), client, "server", city{}); err != nil {
			t.Fatal(err)
		}
		if got, want := (*metadata)["traceparent"], "00-01000000000000000000000000000000-0200000000000000-01"; got != want {
			t.Errorf("traceparent is %q, want %q", got, want)
		}
		if _, err := temperature.One(t.Context(), client, "server", city{}); err != nil || *metadata != nil {
			t.Errorf("without a trace: %v, the metadata is %v", err, *metadata)
		}
	})
}

// shout is a propagator that writes its key in capitals, and one that metadata can't have.
type shout struct{}

func (shout) Inject(_ context.Context, c propagation.TextMapCarrier) {
	c.Set("X-Shout-Trace", "HERE")
	c.Set("no such key", "")
	c.Set("grüße", "")
}

func (shout) Extract(ctx context.Context, c propagation.TextMapCarrier) context.Context {
	return context.WithValue(ctx, shout{}, c.Get("X-Shout-Trace"))
}

func (shout) Fields() []string { return nil }

// A call is made although not all of its context has room in its metadata.
func TestAContextThatHasNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		server, metadata := received(t, s, "no-room")
		client := s.node("client", otelbilateral.Config{
			Propagator: propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}, shout{}),
		}, "")
		s.join(client, server)
		for _, c := range []struct {
			baggage, tenant int // bytes
			want            string
		}{
			{100, 10, "baggage tenant traceparent tracestate x-shout-trace"},
			{1100, 10, "tenant traceparent tracestate x-shout-trace"},
			{0, 1000, "baggage tenant traceparent tracestate x-shout-trace"},
		} {
			member, err := baggage.NewMember("k", strings.Repeat("v", c.baggage))
			if err != nil {
				t.Fatal(err)
			}
			bag, err := baggage.New(member)
			if err != nil {
				t.Fatal(err)
			}
			ctx := bilateralrpc.WithMetadata(baggage.ContextWithBaggage(remote(t), bag), "tenant", strings.Repeat("t", c.tenant))
			if _, err := temperature.One(ctx, client, "server", city{}); err != nil || keysOf(*metadata) != c.want {
				t.Errorf("%+v: %v, the metadata has %s", c, err, keysOf(*metadata))
			}
		}
		// The user's own metadata has nearly all of the room.
		ctx := bilateralrpc.WithMetadata(remote(t), "a", strings.Repeat("x", 1024), "b", strings.Repeat("x", 1024), "c", strings.Repeat("x", 1021-80))
		if _, err := temperature.One(ctx, client, "server", city{}); err != nil || keysOf(*metadata) != "traceparent" {
			t.Errorf("%v, the metadata has %q", err, keysOf(*metadata))
		}
	})
}

// A propagator reads what another node has written, whatever the case of its keys.
func TestAPropagatorOfAnotherKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		server := s.node("server", otelbilateral.Config{Propagator: shout{}}, "inproc://another-kind")
		client := s.node("client", otelbilateral.Config{Propagator: shout{}}, "")
		got := make(chan any, 1)
		serve(t, server, func(ctx context.Context) (int, error) { got <- ctx.Value(shout{}); return 0, nil })
		s.join(client, server)
		if _, err := temperature.One(t.Context(), client, "server", city{}); err != nil {
			t.Fatal(err)
		}
		if heard := <-got; heard != "HERE" {
			t.Errorf("the handler's context has %v", heard)
		}
	})
}
