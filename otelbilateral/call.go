package otelbilateral

import (
	"cmp"
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/labels"
)

// call is one call or cast, as it is recorded.
type call struct {
	*Telemetry
	info     *bilateralrpc.CallInfo
	ctx      context.Context // with the span
	span     trace.Span
	began    time.Time
	method   string          // for metrics
	replies  int             // without an error
	failures int             // peers that have an error
	failure  error           // of the first one of them
	told     map[string]bool // the peers of a list of which that is known; nil for no list
	finished bool
}

// Call records a call or a cast.
func (t *Telemetry) Call(ctx context.Context, info *bilateralrpc.CallInfo, next func(context.Context) error) (err error) {
	c := call{Telemetry: t, info: info, began: time.Now(), method: t.called.Of(info.Method)}
	attributes := []attribute.KeyValue{semconv.RPCMethod(labels.Text(info.Method))}
	if len(info.To) == 1 {
		attributes = append(attributes, semconv.ServerAddress(labels.Text(info.To[0])))
	}
	if info.Cast {
		attributes = append(attributes, attribute.Bool("bilateralrpc.cast", true))
	}
	if len(info.To) > 1 {
		c.told = make(map[string]bool, len(info.To))
	}
	c.ctx, c.span = t.start(ctx, labels.Text(info.Method), trace.SpanKindClient, c.began, attributes...)
	info.OnReply(c.reply)
	defer func() { c.end(err) }() // also if the body of a range panics
	return next(t.inject(c.ctx))
}

// reply records what has become of a call at one peer.
func (c *call) reply(r bilateralrpc.ReplyInfo) {
	if c.finished {
		return // it is of a later attempt, which has a span of its own
	}
	now := time.Now()
	if r.Err == nil {
		c.replies++
	} else {
		c.failures++
		c.failure = cmp.Or(c.failure, r.Err)
	}
	if c.told != nil {
		c.told[r.From] = true
	}
	if len(c.info.To) != 1 && c.span.IsRecording() {
		span := c.peer(r.From)
		c.fail(span, r.Err)
		span.End(trace.WithTimestamp(now))
	}
	c.measure(now, r.Err, r.From)
}

// peer begins the span of a peer.
func (c *call) peer(name string, attributes ...attribute.KeyValue) trace.Span {
	method := labels.Text(c.info.Method)
	attributes = append(attributes, semconv.RPCMethod(method), semconv.ServerAddress(labels.Text(name)))
	_, span := c.start(c.ctx, method, trace.SpanKindInternal, c.began, attributes...)
	return span
}

// end records that the call is over, with the error of the call itself.
func (c *call) end(err error) {
	c.finished = true
	now := time.Now()
	if err != nil && c.replies+c.failures == 0 && !c.info.Cast {
		c.measure(now, err, "")
	}
	if c.span.IsRecording() && !c.info.Cast {
		c.giveUp(now)
		c.span.SetAttributes(attribute.Int("bilateralrpc.replies", c.replies), attribute.Int("bilateralrpc.failures", c.failures))
	}
	if err == nil && c.replies == 0 {
		err = c.failure
	}
	c.fail(c.span, err)
	c.span.End(trace.WithTimestamp(now))
}

// giveUp records the peers of a list that were not waited for.
func (c *call) giveUp(now time.Time) {
	if len(c.told) == 0 {
		return // no list, or nobody was asked
	}
	for _, name := range c.info.To {
		if !c.told[name] {
			c.told[name] = true
			c.peer(name, attribute.Bool("bilateralrpc.given_up", true)).End(trace.WithTimestamp(now))
		}
	}
}

// measure counts a call of one peer; none is that of a call that was not made.
func (c *call) measure(now time.Time, err error, peer string) {
	if !c.clientDuration.Enabled(c.ctx) {
		return
	}
	attributes := c.attributesOf(c.method, err)
	if c.peersInMetrics && peer != "" {
		attributes = append(attributes, semconv.ServerAddress(labels.Text(peer)))
	}
	c.clientDuration.Record(c.ctx, now.Sub(c.began).Seconds(), system, attributes...)
}
