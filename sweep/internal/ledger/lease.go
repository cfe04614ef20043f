package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
)

// takeMax is how long Take waits for a range.
const takeMax = 2 * time.Second

// A Lease is a range in the hands of a worker. It is over when it was not renewed for the
// plan's Lease; the worker is not told, and need not be.
type Lease struct {
	Range campaign.Range
	// Try is how often the range was begun, this time included. Every one before was neither
	// finished nor given back: its worker died, was frozen, or is late.
	Try     uint64
	message jetstream.Msg
}

// Take waits some seconds for a range that nobody holds. It returns nil if there is none.
func (l *Ledger) Take(ctx context.Context) (lease *Lease, err error) {
	err = l.patiently(ctx, "take a range", func(attempt context.Context) error {
		m, err := l.next(attempt)
		if m == nil || err != nil {
			return err
		}
		lease, err = leaseOf(m)
		return err
	})
	return lease, err
}

// next returns the next message, or nil.
func (l *Ledger) next(ctx context.Context) (jetstream.Msg, error) {
	batch, err := l.consumer.Fetch(1, jetstream.FetchMaxWait(takeMax))
	if err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case m := <-batch.Messages():
		if m != nil {
			return m, nil
		}
	}
	if err := batch.Error(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, err
	}
	return nil, nil
}

func leaseOf(m jetstream.Msg) (*Lease, error) {
	r, err := rangeOf(string(m.Data()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOther, err)
	}
	return &Lease{Range: r, message: m}, nil
}

// Begin says whether a leased range is still to be run. If it is not, as it has an entry, the
// lease is given up. If it is, this is a try, which is written down before anything is run: the
// server's own count of deliveries does not outlive the server, and a seed that ends
// its process ends a server in it too.
func (l *Ledger) Begin(ctx context.Context, lease *Lease) (open bool, err error) {
	err = l.patiently(ctx, "begin a range", func(ctx context.Context) error {
		e, err := l.Entry(ctx, lease.Range)
		if err != nil {
			return err
		}
		if open = e == nil; !open {
			return lease.message.Ack()
		}
		tries, err := l.tries(ctx, lease.Range)
		if err != nil {
			return err
		}
		lease.Try = tries + 1
		return l.setTries(ctx, lease.Range, lease.Try)
	})
	return open, err
}

// Return gives a range that was begun back, for another worker to take at once; it does not
// count as a try. It waits for no server: without one, the lease runs out.
func (l *Ledger) Return(lease *Lease) {
	ctx, cancel := context.WithTimeout(context.Background(), answerMax)
	defer cancel()
	_ = l.setTries(ctx, lease.Range, lease.Try-1)
	_ = lease.message.Nak()
}

// Renew begins the lease anew. A renewal that is lost, or comes too late, changes nothing.
func (l *Lease) Renew() { _ = l.message.InProgress() }

// tries returns how often a range was begun.
func (l *Ledger) tries(ctx context.Context, r campaign.Range) (uint64, error) {
	kv, err := l.book.Get(ctx, triesPrefix+key(r))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(kv.Value()), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrOther, err)
	}
	return n, nil
}

// setTries writes down how often a range was begun.
func (l *Ledger) setTries(ctx context.Context, r campaign.Range, n uint64) error {
	_, err := l.book.PutString(ctx, triesPrefix+key(r), strconv.FormatUint(n, 10))
	return err
}
