package bilateralrpc

import (
	"errors"
	"fmt"
)

// Redial has peers that this node dials, and that are not active, dialled at once, and their backoff begin anew.
// It is for an operator who knows that the network is back: after a long outage a peer is
// dialled once in RETRY_TIME << MAXIMUM_BACKOFF, which is 2 hours and 8 minutes. Without
// names it is for all of them. A connection that is up, or just being made, is left
// alone. ErrNoPeer is for a name that is not dialled.
func (b *Bilateral) Redial(names ...string) error {
	if b.broken != nil {
		return b.broken
	}
	if len(names) == 0 {
		return b.driver.RedialAll()
	}
	var failed []error
	for _, name := range names {
		switch err := b.driver.Redial(name); {
		case errors.Is(err, ErrClosed):
			return err
		case errors.Is(err, ErrNoPeer):
			failed = append(failed, fmt.Errorf("%w (%s is not dialled by this node)", err, b.names.called(name)))
		case err != nil:
			failed = append(failed, fmt.Errorf("bilateralrpc: redial %s: %w", b.names.called(name), CauseNotAllowed.explain(err)))
		}
	}
	return errors.Join(failed...)
}
