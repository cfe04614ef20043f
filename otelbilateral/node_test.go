package otelbilateral_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/otelbilateral"
)

// No goroutine may be left by any test.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type city struct{ City string }

var temperature = bilateralrpc.NewMethod[city, int]("Station.Temperature")

// stage has nodes whose spans and metrics it collects.
type stage struct {
	t       *testing.T
	spans   *tracetest.SpanRecorder
	metrics *metric.ManualReader // of all nodes
	meters  *metric.MeterProvider
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, spans: tracetest.NewSpanRecorder(), metrics: metric.NewManualReader()}
	s.meters = metric.NewMeterProvider(metric.WithReader(s.metrics))
	return s
}

// node makes a node with telemetry as config says, which has a tracer provider of its own,
// as a process of its own would. It listens at an address, if there is one.
func (s *stage) node(name string, config otelbilateral.Config, address string) *bilateralrpc.Bilateral {
	s.t.Helper()
	telemetry := s.telemetry(name, config)
	return s.bare(bilateralrpc.Config{
		Name: name, CallInterceptors: []bilateralrpc.CallInterceptor{telemetry.Call},
		ServeInterceptors: []bilateralrpc.ServeInterceptor{telemetry.Serve},
	}, address)
}

// telemetry is that of a node with that name.
func (s *stage) telemetry(name string, config otelbilateral.Config) *otelbilateral.Telemetry {
	config.TracerProvider = trace.NewTracerProvider(trace.WithSpanProcessor(s.spans),
		trace.WithResource(resource.NewSchemaless(attribute.String("service.name", name))))
	config.MeterProvider = s.meters
	return otelbilateral.New(config)
}

// bare makes a node with no other interceptors than those of config.
func (s *stage) bare(config bilateralrpc.Config, address string) *bilateralrpc.Bilateral {
	s.t.Helper()
	config.Network = "network"
	node, err := bilateralrpc.New(config)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(node.Close)
	if address != "" {
		if err := node.ListenOn(address); err != nil {
			s.t.Fatal(err)
		}
	}
	return node
}

// join has node dial servers, and waits until it knows them.
func (s *stage) join(node *bilateralrpc.Bilateral, servers ...*bilateralrpc.Bilateral) {
	s.t.Helper()
	for _, server := range servers {
		name := server.Status().Name
		err := node.ConnectTo(name, server.ListenAddresses()[0])
		if err := errors.Join(err, node.WaitFor(s.t.Context(), name)); err != nil {
			s.t.Fatal(err)
		}
	}
}

func serve(t *testing.T, node *bilateralrpc.Bilateral, f func(ctx context.Context) (int, error)) {
	t.Helper()
	if err := temperature.Handle(node, func(ctx context.Context, _ city) (int, error) { return f(ctx) }); err != nil {
		t.Fatal(err)
	}
}

// wantSpans compares the spans that have ended with a drawing of them: a line each, indented
// below that of its parent, with the node that has recorded it.
func (s *stage) wantSpans(want string) {
	s.t.Helper()
	children := map[string][]trace.ReadOnlySpan{}
	known := map[string]bool{}
	for _, span := range s.spans.Ended() {
		known[span.SpanContext().SpanID().String()] = true
	}
	for _, span := range s.spans.Ended() {
		parent := span.Parent().SpanID().String()
		if !known[parent] {
			parent = ""
		} else if span.Parent().TraceID() != span.SpanContext().TraceID() {
			s.t.Errorf("the span %s is of another trace than its parent", span.Name())
		}
		children[parent] = append(children[parent], span)
	}
	var drawn strings.Builder
	var draw func(parent, indent string)
	draw = func(parent, indent string) {
		var lines []string
		below := map[string]string{}
		for _, span := range children[parent] {
			line := describe(s.t, span)
			for slices.Contains(lines, line) {
				line += "'"
			}
			lines = append(lines, line)
			below[line] = span.SpanContext().SpanID().String()
		}
		slices.Sort(lines)
		for _, line := range lines {
			drawn.WriteString(indent + line + "\n")
			draw(below[line], indent+"  ")
		}
	}
	draw("", "")
	if got := drawn.String(); got != want {
		s.t.Errorf("the spans are:\n%s\nwant:\n%s", got, want)
	}
}

// describe writes a span in one line.
func describe(t *testing.T, span trace.ReadOnlySpan) string {
	var attributes []string
	for _, a := range span.Attributes() {
		text := string(a.Key) + "=" + a.Value.String()
		switch {
		case text == "rpc.system.name=bilateralrpc":
			continue
		case text == "rpc.method="+span.Name():
			continue
		}
		attributes = append(attributes, text)
	}
	slices.Sort(attributes)
	at, _ := span.Resource().Set().Value("service.name")
	status := ""
	if span.Status().Code == codes.Error {
		status = " ERROR " + span.Status().Description
	}
	if span.InstrumentationScope().Name != otelbilateral.ScopeName || span.InstrumentationScope().SchemaURL != otelbilateral.SchemaURL {
		t.Errorf("the scope is %+v", span.InstrumentationScope())
	}
	return strings.TrimRight(fmt.Sprintf("%s: %s %s %s", at.AsString(), span.SpanKind(), span.Name(), strings.Join(attributes, " ")), " ") + status
}

// wantMetrics compares the histograms with lines of their counts, sums and attributes.
func (s *stage) wantMetrics(want string) {
	s.t.Helper()
	var all metricdata.ResourceMetrics
	if err := s.metrics.Collect(context.Background(), &all); err != nil {
		s.t.Fatal(err)
	}
	var lines []string
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Unit != "s" {
				s.t.Errorf("the unit of %s is %q", m.Name, m.Unit)
			}
			for _, p := range m.Data.(metricdata.Histogram[float64]).DataPoints {
				var attributes []string
				for _, a := range p.Attributes.ToSlice() {
					if a.Key != "rpc.system.name" {
						attributes = append(attributes, string(a.Key)+"="+a.Value.String())
					}
				}
				lines = append(lines, fmt.Sprintf("%s %d in %.3g s: %s", m.Name, p.Count, p.Sum, strings.Join(attributes, " ")))
			}
		}
	}
	slices.Sort(lines)
	if got := strings.Join(lines, "\n") + "\n"; got != want {
		s.t.Errorf("the metrics are:\n%s\nwant:\n%s", got, want)
	}
}
