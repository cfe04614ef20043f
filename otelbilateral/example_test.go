package otelbilateral_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/otelbilateral"
)

// Two nodes whose spans are of one trace. A program gives its providers to OpenTelemetry
// (otel.SetTracerProvider), or to the Config as here; an exporter of OTLP stands in the place
// of the one in memory.
func Example() {
	spans := tracetest.NewInMemoryExporter()
	telemetry := otelbilateral.New(otelbilateral.Config{
		TracerProvider: trace.NewTracerProvider(trace.WithSyncer(spans)),
	})
	station, center := pair(telemetry)
	defer station.Close()
	defer center.Close()

	fmt.Println(temperature.One(context.Background(), center, "station", city{"Taipei"}))

	served, called := spans.GetSpans()[0], spans.GetSpans()[1] // in the order in which they ended
	fmt.Println(called.SpanKind, called.Name)
	fmt.Println(served.SpanKind, served.Name, "below it:", served.Parent.SpanID() == called.SpanContext.SpanID())
	// Output:
	// 20 <nil>
	// client Station.Temperature
	// server Station.Temperature below it: true
}

// What is measured, by a reader that a program asks itself. In production a periodic reader
// exports it.
func ExampleNew() {
	reader := metric.NewManualReader()
	telemetry := otelbilateral.New(otelbilateral.Config{
		MeterProvider: metric.NewMeterProvider(metric.WithReader(reader)),
	})
	station, center := pair(telemetry)
	defer station.Close()
	defer center.Close()
	for range 3 {
		if _, err := temperature.One(context.Background(), center, "station", city{"Taipei"}); err != nil {
			log.Fatal(err)
		}
	}

	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		log.Fatal(err)
	}
	for _, m := range all.ScopeMetrics[0].Metrics {
		for _, p := range m.Data.(metricdata.Histogram[float64]).DataPoints {
			method, _ := p.Attributes.Value("rpc.method")
			fmt.Println(m.Name, "of", method.AsString(), "in", m.Unit+":", p.Count)
		}
	}
	// Output:
	// rpc.client.call.duration of Station.Temperature in s: 3
	// rpc.server.call.duration of Station.Temperature in s: 3
}

// Baggage goes to every peer that is called, so it does only where a program says so.
func ExampleConfig() {
	telemetry := otelbilateral.New(otelbilateral.Config{
		Propagator: propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}),
	})
	station, center := pair(telemetry)
	defer station.Close()
	defer center.Close()
	fmt.Println(temperature.One(context.Background(), center, "station", city{"Taipei"}))
	// Output: 20 <nil>
}

// pair makes a station that serves the temperature, and a center that is connected to it.
func pair(telemetry *otelbilateral.Telemetry) (station, center *bilateralrpc.Bilateral) {
	node := func(name string) *bilateralrpc.Bilateral {
		n, err := bilateralrpc.New(bilateralrpc.Config{
			Network: "example", Name: name,
			CallInterceptors:  []bilateralrpc.CallInterceptor{telemetry.Call},
			ServeInterceptors: []bilateralrpc.ServeInterceptor{telemetry.Serve},
		})
		if err != nil {
			log.Fatal(err)
		}
		return n
	}
	station, center = node("station"), node("center")
	err := errors.Join(
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
	return station, center
}
