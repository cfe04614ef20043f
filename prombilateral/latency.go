package prombilateral

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/labels"
)

// Config is what NewLatency makes a Latency from. Every field may be left zero.
type Config struct {
	// Buckets are the upper bounds of the buckets of both histograms, in seconds, rising. Nil
	// is from 100 µs to 10 s in sixteen steps.
	Buckets []float64
	// MethodsMax bounds the methods that have a label of their own, of calls and of handlers
	// each: 200. Those that come later are "_OTHER".
	MethodsMax int
	// Peer adds the label "peer", with what it returns for the name of a peer: a site, a role.
	// It should be one of few values. A call that was not made has "". It may be called
	// concurrently.
	Peer func(name string) string
}

var buckets = []float64{1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// Latency measures the calls and the handlers of a node: Call is a
// bilateralrpc.CallInterceptor, and Serve a bilateralrpc.ServeInterceptor, for its Config.
// Put them first, so that they see what the others turn away. It is the
// prometheus.Collector of what they have measured. Several nodes may share one.
type Latency struct {
	calls, served *prometheus.HistogramVec
	peer          func(name string) string // or nil
	called, known labels.Bounded           // methods
}

// NewLatency returns a Latency with nothing in it.
func NewLatency(config Config) *Latency {
	if config.Buckets == nil {
		config.Buckets = buckets
	}
	if config.MethodsMax == 0 {
		config.MethodsMax = 200
	}
	names := []string{"method", "result"}
	if config.Peer != nil {
		names = append(names, "peer")
	}
	histogram := func(name, help string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: config.Buckets}, names)
	}
	return &Latency{
		calls:  histogram("bilateral_call_duration_seconds", "From a call to what became of it, once for each peer."),
		served: histogram("bilateral_serve_duration_seconds", "Of a handler, with the coding of its arguments and reply."),
		peer:   config.Peer,
		called: labels.Bounded{Max: config.MethodsMax}, known: labels.Bounded{Max: config.MethodsMax},
	}
}

// Describe implements prometheus.Collector.
func (l *Latency) Describe(ch chan<- *prometheus.Desc) {
	l.calls.Describe(ch)
	l.served.Describe(ch)
}

// Collect implements prometheus.Collector.
func (l *Latency) Collect(ch chan<- prometheus.Metric) {
	l.calls.Collect(ch)
	l.served.Collect(ch)
}

// Call measures a call. Casts pass.
func (l *Latency) Call(ctx context.Context, call *bilateralrpc.CallInfo, next func(context.Context) error) error {
	if call.Cast {
		return next(ctx)
	}
	method, began := l.called.Of(call.Method), time.Now()
	told, over := false, false
	call.OnReply(func(r bilateralrpc.ReplyInfo) {
		if !over { // else it is of a later attempt, which has an observer of its own
			told = true
			l.observe(l.calls, method, r.Err, r.From, began)
		}
	})
	err := next(ctx)
	over = true
	if err != nil && !told {
		l.observe(l.calls, method, err, "", began)
	}
	return err
}

// Serve measures a handler.
func (l *Latency) Serve(ctx context.Context, request *bilateralrpc.ServeInfo, next func(context.Context) error) error {
	method, began := labels.Other, time.Now()
	if request.Known {
		method = l.known.Of(request.Method)
	}
	err := bilateralrpc.ErrPanicked // unless next returns
	defer func() { l.observe(l.served, method, err, request.Peer, began) }()
	err = next(ctx)
	return err
}

// observe counts one call or handler that has taken from began until now.
func (l *Latency) observe(in *prometheus.HistogramVec, method string, err error, peer string, began time.Time) {
	result := bilateralrpc.ErrorKind(err)
	if err == nil {
		result = "ok"
	}
	values := append(make([]string, 0, 3), method, result)
	if l.peer != nil {
		if peer != "" {
			peer = labels.Text(l.peer(peer))
		}
		values = append(values, peer)
	}
	in.WithLabelValues(values...).Observe(time.Since(began).Seconds())
}
