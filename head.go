package bilateralrpc

import (
	"context"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/internal/head"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// What goes with a message beside its arguments or its reply: the pairs of metadata, and
// the codes of errors. It is written by package head, and read where somebody asks.

// attachHead gives a call or cast the metadata of ctx.
func attachHead(ctx context.Context, c *zmqio.Call) (err error) {
	pairs, err := outgoingOf(ctx)
	if err != nil || len(pairs) == 0 {
		c.Head = c.Head[:0] // an attempt before may have had some
		return err
	}
	if c.Head, err = head.Append(c.Head[:0], pairs, ""); err != nil {
		return fmt.Errorf("%w: %w", ErrBadMetadata, err)
	}
	return nil
}

// metadataOf returns the metadata that came with a request. A head that can't be read is
// as none: it concerns nobody but who has sent it.
func metadataOf(r *zmqio.Request) map[string]string {
	view, err := head.Parse(r.Head)
	if err != nil || view.Len() == 0 {
		return nil
	}
	m := make(map[string]string, view.Len())
	for key, value := range view.Pairs() {
		m[string(key)] = string(value)
	}
	return m
}

// attachCode has the answer to a request say the code of an error. One that is too long
// does not go.
func attachCode(r *zmqio.Request, code string) {
	if h, err := head.Append(nil, nil, code); err == nil {
		r.ReplyHead = h
	}
}

// codeOfOutcome returns the code of the error that a peer has answered with, or "".
func codeOfOutcome(o *zmqio.Outcome) string {
	view, err := head.Parse(o.Head)
	if err != nil {
		return ""
	}
	return string(view.Code())
}
