package otelbilateral_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/otelbilateral"
)

// series returns the attributes of the series of a histogram, each as one text.
func (s *stage) series(name string) []string {
	s.t.Helper()
	var all metricdata.ResourceMetrics
	if err := s.metrics.Collect(context.Background(), &all); err != nil {
		s.t.Fatal(err)
	}
	var found []string
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name == name {
				for _, p := range m.Data.(metricdata.Histogram[float64]).DataPoints {
					found = append(found, p.Attributes.Encoded(attribute.DefaultEncoder()))
				}
			}
		}
	}
	return found
}

// A peer that makes up methods and codes of errors makes no series for each; and what it writes
// can be exported.
func TestNobodyMakesUpAttributes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		server := s.node("server", otelbilateral.Config{}, "inproc://attributes")
		client := s.node("client\xff", otelbilateral.Config{}, "")
		code := ""
		serve(t, server, func(context.Context) (int, error) {
			return 0, bilateralrpc.NewError(code, strings.Repeat("x", 255)+"\xff and more")
		})
		s.join(client, server)
		for i := range 300 {
			code = fmt.Sprintf("\xff%d", i)
			if _, err := temperature.One(t.Context(), client, "server", city{}); err == nil {
				t.Fatal("no error")
			}
			m := bilateralrpc.NewMethod[city, int](fmt.Sprintf("Station.\xff%d", i))
			if _, err := m.One(t.Context(), client, "server", city{}); !errors.Is(err, bilateralrpc.ErrNoMethod) {
				t.Fatal(err)
			}
		}
		// 50 codes of one method and one for the rest, and methods that there are not.
		if got := s.series("rpc.server.call.duration"); len(got) != 52 {
			t.Errorf("%d series at the server, want 52: %q", len(got), got)
		}
		// 51 of the method that there is, 199 methods more, and one for the rest.
		if got := s.series("rpc.client.call.duration"); len(got) != 251 {
			t.Errorf("%d series at the client, want 251: %q", len(got), got)
		}
		for _, span := range s.spans.Ended() {
			texts := []string{span.Name(), span.Status().Description}
			for _, a := range span.Attributes() {
				texts = append(texts, a.Value.String())
			}
			for _, text := range texts {
				if !utf8.ValidString(text) || len(text) > 256+len("\uFFFD") {
					t.Fatalf("the span %q has the text %q", span.Name(), text)
				}
			}
			if span.SpanKind().String() == "server" && span.Name() != "Station.Temperature" &&
				(span.Name() != "bilateralrpc" || attributeOf(span, "rpc.method") != "_OTHER" || !strings.HasPrefix(attributeOf(span, "rpc.method_original"), "Station.\uFFFD")) {
				t.Fatalf("a method that there is not has the span %q, %v", span.Name(), span.Attributes())
			}
		}
	})
}

// An interceptor behind this one that panics ends the span all the same.
func TestAnInterceptorThatPanics(t *testing.T) {
	s := newStage(t)
	server := s.bare(bilateralrpc.Config{Name: "server", ServeInterceptors: []bilateralrpc.ServeInterceptor{
		s.telemetry("server", otelbilateral.Config{}).Serve,
		func(context.Context, *bilateralrpc.ServeInfo, func(context.Context) error) error {
			panic("at the disco")
		},
	}}, "inproc://panics")
	client := s.bare(bilateralrpc.Config{Name: "client"}, "")
	serve(t, server, func(context.Context) (int, error) { return 20, nil })
	s.join(client, server)
	if _, err := temperature.One(t.Context(), client, "server", city{}); !errors.Is(err, bilateralrpc.ErrPanicked) {
		t.Fatal(err)
	}
	s.wantSpans("server: server Station.Temperature bilateralrpc.peer=client error.type=panicked ERROR " + bilateralrpc.ErrPanicked.Error() + "\n")
}

// Calls of many goroutines do not disturb each other.
func TestCallsOfManyGoroutines(t *testing.T) {
	s := newStage(t)
	server := s.node("server", otelbilateral.Config{}, "inproc://goroutines")
	client := s.node("client", otelbilateral.Config{}, "")
	serve(t, server, func(context.Context) (int, error) { return 20, nil })
	s.join(client, server)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 25 {
				if _, err := temperature.All(t.Context(), client, nil, city{}, bilateralrpc.WithTimeout(time.Minute)); err != nil {
					t.Error(err)
				}
				s.series("rpc.client.call.duration")
			}
		})
	}
	callers.Wait()
	if n := len(s.spans.Ended()); n != 600 {
		t.Errorf("%d spans of 200 calls, want 600: of the call, its peer and its handler each", n)
	}
}
