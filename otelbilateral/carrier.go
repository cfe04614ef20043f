package otelbilateral

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/bitmark-inc/bilateralrpc"
)

// The bounds of metadata: see bilateralrpc.WithMetadata. A call beyond them would be an
// error, and telemetry is no reason for one.
const (
	pairsMax     = 64
	keyBytesMax  = 64
	valueMax     = 1024
	pairBytesMax = 3072
)

// inject adds to the metadata of ctx what says which span it has.
func (t *Telemetry) inject(ctx context.Context) context.Context {
	var c carrier
	t.propagator.Inject(ctx, &c)
	if len(c.keys) == 0 {
		return ctx
	}
	there := bilateralrpc.OutgoingMetadata(ctx)
	count, total := len(there), 0
	for key, value := range there {
		total += len(key) + len(value)
	}
	var pairs []string
	for _, key := range c.keys { // the last ones are left out
		value := c.values[key]
		size := len(key) + len(value)
		if legal(key) && len(value) <= valueMax && count < pairsMax && total+size <= pairBytesMax {
			pairs = append(pairs, key, value)
			count, total = count+1, total+size
		}
	}
	return bilateralrpc.WithMetadata(ctx, pairs...)
}

// extract puts into ctx the span that the metadata of its request names.
func (t *Telemetry) extract(ctx context.Context) context.Context {
	metadata := bilateralrpc.MetadataOf(ctx)
	if len(metadata) == 0 {
		return ctx
	}
	return t.propagator.Extract(ctx, &carrier{slices.Sorted(maps.Keys(metadata)), metadata})
}

// legal says whether metadata may have a key.
func legal(key string) bool {
	return key != "" && len(key) <= keyBytesMax && !strings.ContainsFunc(key, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_.", r)
	})
}

// carrier is metadata as propagators write and read it. Its keys are in lower case, whatever
// theirs are, as those of metadata are.
type carrier struct {
	keys   []string
	values map[string]string
}

// Set implements propagation.TextMapCarrier.
func (c *carrier) Set(key, value string) {
	key = strings.ToLower(key)
	if c.values == nil {
		c.values = make(map[string]string, 2)
	}
	if _, ok := c.values[key]; !ok {
		c.keys = append(c.keys, key)
		if key == "traceparent" { // without which the others say nothing
			c.keys = slices.Insert(c.keys[:len(c.keys)-1], 0, key)
		}
	}
	c.values[key] = value
}

// Get implements propagation.TextMapCarrier.
func (c *carrier) Get(key string) string { return c.values[strings.ToLower(key)] }

// Keys implements propagation.TextMapCarrier.
func (c *carrier) Keys() []string { return c.keys }
