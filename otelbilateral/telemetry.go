package otelbilateral

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/rpcconv"
	"go.opentelemetry.io/otel/trace"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/labels"
)

// ScopeName is the instrumentation scope of all spans and metrics, and SchemaURL their schema.
const (
	ScopeName = "github.com/bitmark-inc/bilateralrpc/otelbilateral"
	SchemaURL = semconv.SchemaURL
)

const system = "bilateralrpc" // rpc.system.name

// What bounds the attributes of metrics.
const (
	methodsMax = 200 // methods of this node's own calls, and of its handlers
	codesMax   = 50  // codes of errors
)

// Config is what New makes a Telemetry from. Every field may be left zero.
type Config struct {
	TracerProvider trace.TracerProvider // nil is the global one, also if it is set later
	MeterProvider  metric.MeterProvider // nil is the global one, also if it is set later
	// Propagator writes and reads what goes with a call; nil is W3C Trace Context. With
	// propagation.Baggage besides, the baggage of a context goes to every peer that is called.
	Propagator propagation.TextMapPropagator
	// PeersInMetrics adds server.address to rpc.client.call.duration, which then has a series
	// for each peer: not for nodes that many peers come and go at.
	PeersInMetrics bool
}

// Telemetry records the calls and the handlers of a node: Call is a
// bilateralrpc.CallInterceptor, and Serve a bilateralrpc.ServeInterceptor, for its Config. Put
// them first, so that they see what the others do. Several nodes may share one.
type Telemetry struct {
	tracer         trace.Tracer
	propagator     propagation.TextMapPropagator
	clientDuration rpcconv.ClientCallDuration
	serverDuration rpcconv.ServerCallDuration
	peersInMetrics bool

	called, served, errorCodes labels.Bounded
}

// New returns a Telemetry. If a provider refuses its instruments, OpenTelemetry's error
// handler is told so, and there are no metrics.
func New(config Config) *Telemetry {
	if config.TracerProvider == nil {
		config.TracerProvider = otel.GetTracerProvider()
	}
	if config.MeterProvider == nil {
		config.MeterProvider = otel.GetMeterProvider()
	}
	if config.Propagator == nil {
		config.Propagator = propagation.TraceContext{}
	}
	meter := config.MeterProvider.Meter(ScopeName, metric.WithSchemaURL(SchemaURL))
	client, err := rpcconv.NewClientCallDuration(meter)
	server, err2 := rpcconv.NewServerCallDuration(meter)
	if err := errors.Join(err, err2); err != nil {
		otel.Handle(err)
	}
	return &Telemetry{
		tracer:         config.TracerProvider.Tracer(ScopeName, trace.WithSchemaURL(SchemaURL)),
		propagator:     config.Propagator,
		clientDuration: client, serverDuration: server,
		peersInMetrics: config.PeersInMetrics,
		called:         labels.Bounded{Max: methodsMax}, served: labels.Bounded{Max: methodsMax}, errorCodes: labels.Bounded{Max: codesMax},
	}
}

// start begins a span.
func (t *Telemetry) start(ctx context.Context, name string, kind trace.SpanKind, began time.Time, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	attributes = append(attributes, semconv.RPCSystemNameKey.String(system))
	return t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithTimestamp(began), trace.WithAttributes(attributes...))
}

// fail makes a span that of a failure.
func (t *Telemetry) fail(span trace.Span, err error) {
	if err != nil && span.IsRecording() {
		span.SetStatus(codes.Error, labels.Text(err.Error()))
		span.SetAttributes(semconv.ErrorTypeKey.String(t.typeOf(err)))
	}
}

// attributesOf are those that a measurement of a method, which ended with err, has.
func (t *Telemetry) attributesOf(method string, err error) []attribute.KeyValue {
	attributes := append(make([]attribute.KeyValue, 0, 4), semconv.RPCMethod(method)) // two more may come
	if err != nil {
		attributes = append(attributes, semconv.ErrorTypeKey.String(t.typeOf(err)))
	}
	return attributes
}

// typeOf is the error.type of an error.
func (t *Telemetry) typeOf(err error) string {
	kind := bilateralrpc.ErrorKind(err)
	if kind != "other" {
		return kind
	}
	if own := (*bilateralrpc.Error)(nil); errors.As(err, &own) && own.Code != "" {
		return t.errorCodes.Of(own.Code)
	}
	return labels.Other
}
