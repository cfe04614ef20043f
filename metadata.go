package bilateralrpc

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/internal/head"
)

// outgoing is the metadata that calls under a context carry.
type outgoing struct {
	pairs []head.Pair // by their keys, which rise
	err   error       // what is wrong with it
}

type outgoingKey struct{}

// WithMetadata returns a context whose calls and casts carry pairs, a key and a value in
// turns, beside those that ctx has already; a key that is there gets the new value.
// Handlers find them by MetadataOf. They are meant for what concerns the call and not the
// method: a traceparent and a tracestate (W3C Trace Context), a tenant, a token.
//
// A key has 1 to 64 bytes of a to z, 0 to 9, '-', '_' and '.', a value up to 1,024 bytes of
// any kind; there are at most 64 pairs, of 3,072 bytes in all. A call with others, or with
// a key that has no value, is ErrBadMetadata. Peers that know no metadata (older versions,
// the original) get the call without it.
func WithMetadata(ctx context.Context, pairs ...string) context.Context {
	before, err := outgoingOf(ctx)
	if len(pairs)%2 != 0 && err == nil {
		err = fmt.Errorf("%w: the key %.64q has no value: pass keys and values in turns", ErrBadMetadata, pairs[len(pairs)-1])
	}
	o := &outgoing{append(make([]head.Pair, 0, len(before)+len(pairs)/2), before...), err}
	for i := 0; i+1 < len(pairs); i += 2 {
		o.set(head.Pair{Key: pairs[i], Value: pairs[i+1]})
	}
	return context.WithValue(ctx, outgoingKey{}, o)
}

func (o *outgoing) set(p head.Pair) {
	at, found := slices.BinarySearchFunc(o.pairs, p.Key, func(p head.Pair, key string) int { return strings.Compare(p.Key, key) })
	if found {
		o.pairs[at] = p
		return
	}
	o.pairs = slices.Insert(o.pairs, at, p)
}

// outgoingOf returns what WithMetadata has put into ctx, and what was wrong with it.
func outgoingOf(ctx context.Context) ([]head.Pair, error) {
	if o, ok := ctx.Value(outgoingKey{}).(*outgoing); ok {
		return o.pairs, o.err
	}
	return nil, nil
}

// OutgoingMetadata returns a copy of what calls under ctx carry: a CallInterceptor looks
// at it. It is nil if there is none.
func OutgoingMetadata(ctx context.Context) map[string]string {
	pairs, _ := outgoingOf(ctx)
	if len(pairs) == 0 {
		return nil
	}
	m := make(map[string]string, len(pairs))
	for _, p := range pairs {
		m[p.Key] = p.Value
	}
	return m
}

// MetadataOf returns a copy of the metadata that came with the request whose handler, or
// ServeInterceptor, has ctx. It is nil if there is none. Of a peer's metadata nothing is
// proven but that the peer has sent it.
func MetadataOf(ctx context.Context) map[string]string {
	if s := servedBy(ctx); s != nil {
		return maps.Clone(s.metadata)
	}
	return nil
}

// ForwardMetadata returns a context whose calls carry the values that came with the request
// of ctx under these keys, those that there are. Without it a handler's own calls carry
// nothing of the request: what a caller has said to one peer is not for others unasked.
func ForwardMetadata(ctx context.Context, keys ...string) context.Context {
	s := servedBy(ctx)
	if s == nil {
		return ctx
	}
	var pairs []string
	for _, key := range keys {
		if value, ok := s.metadata[key]; ok {
			pairs = append(pairs, key, value)
		}
	}
	if len(pairs) == 0 {
		return ctx
	}
	return WithMetadata(ctx, pairs...)
}
