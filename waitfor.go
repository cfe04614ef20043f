package bilateralrpc

import (
	"context"
	"fmt"
	"strings"
)

// MissingError is the error of WaitFor: the peers that are not active.
type MissingError struct {
	Names []string // those that are missing, in the order of WaitFor
	Err   error    // why the wait has ended: the error of the context, or ErrClosed
	text  string   // why each is missing
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("bilateralrpc: %d missing: %v%s", len(e.Names), e.Err, e.text)
}

// Unwrap returns why the wait has ended.
func (e *MissingError) Unwrap() error { return e.Err }

// WaitFor waits until all peers of these names are active at one moment. If ctx is done
// first, or the node is closed, the error is a *MissingError, which wraps that of ctx, or
// ErrClosed. It says who is missing and why; a peer that this node does not dial
// may yet dial it, but a name of which the node has never heard is said to be one.
func (b *Bilateral) WaitFor(ctx context.Context, names ...string) error {
	if b.broken != nil {
		return b.broken
	}
	for {
		changed := b.driver.Changed()
		missing := b.driver.Inactive(names)
		if len(missing) == 0 {
			return nil
		}
		if err := b.driver.Err(); err != nil {
			return b.missing(err, missing)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return b.missing(ctx.Err(), missing)
		}
	}
}

// missing returns the error of a wait for peers of these names that has ended with err.
func (b *Bilateral) missing(err error, names []string) error {
	var text strings.Builder
	shown := names[:min(len(names), missingMax)]
	for i, s := range b.driver.StatusOf(shown...) {
		p := peerStatusOf(&s)
		fmt.Fprintf(&text, "; %s%s", b.names.called(shown[i]), p.missingReason(s.Seen))
	}
	if more := len(names) - len(shown); more > 0 {
		fmt.Fprintf(&text, "; and %d more", more)
	}
	return &MissingError{Names: names, Err: err, text: text.String()}
}

// missingReason says where a peer that is waited for is dialled, if it is, and why it is not
// active.
func (p *PeerStatus) missingReason(seen bool) string {
	switch {
	case p.Address != "":
		return " at " + p.Address + ": " + strings.TrimPrefix(p.reason(), p.Address+": ")
	case p.LastErr != nil:
		return ": " + p.LastErr.Error() + "; this node does not dial it, so it has to come by itself"
	case seen:
		return ": it was here; this node does not dial it, so it has to come by itself"
	}
	return ": neither dialled by this node nor heard of; ConnectTo it, or look at the name"
}
