package otelbilateral

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/labels"
)

// Serve records a handler, in the trace of its caller.
func (t *Telemetry) Serve(ctx context.Context, request *bilateralrpc.ServeInfo, next func(context.Context) error) error {
	began := time.Now()
	name, method := system, labels.Other // what the conventions call a method that there is not
	attributes := []attribute.KeyValue{attribute.String("bilateralrpc.peer", labels.Text(request.Peer))}
	if request.Known {
		name, method = labels.Text(request.Method), t.served.Of(request.Method)
		attributes = append(attributes, semconv.RPCMethod(name))
	} else {
		attributes = append(attributes, semconv.RPCMethod(labels.Other), semconv.RPCMethodOriginal(labels.Text(request.Method)))
	}
	if request.Cast {
		attributes = append(attributes, attribute.Bool("bilateralrpc.cast", true))
	}
	ctx, span := t.start(t.extract(ctx), name, trace.SpanKindServer, began, attributes...)
	err := bilateralrpc.ErrPanicked // unless next returns
	defer func() {
		now := time.Now()
		t.fail(span, err)
		span.End(trace.WithTimestamp(now))
		t.serverDuration.Record(ctx, now.Sub(began).Seconds(), system, t.attributesOf(method, err)...)
	}()
	err = next(ctx)
	return err
}
