package ledger

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
)

// unansweredMax is how many messages Fill has under way.
const unansweredMax = 256

// Fill puts every range that has no entry on the list, unless it is there. It may be called
// at any time, by several at a time, and again after it has failed. It returns how many
// ranges it has put there.
func (l *Ledger) Fill(ctx context.Context) (added int, err error) {
	err = l.patiently(ctx, "list what is to be run", func(ctx context.Context) error {
		done, err := l.done(ctx)
		if err != nil {
			return err
		}
		n, err := l.fill(done)
		added += n
		return err
	})
	return added, err
}

// fill puts ranges on the list that are not in done.
func (l *Ledger) fill(done map[campaign.Range]bool) (added int, err error) {
	var pending []jetstream.PubAckFuture
	settle := func() error {
		for _, p := range pending {
			select {
			case <-p.Ok():
				added++
			case err := <-p.Err():
				if !taken(err) {
					return err
				}
			}
		}
		pending = pending[:0]
		return nil
	}
	for i := range l.plan.Ranges() {
		r := l.plan.Range(i)
		if done[r] {
			continue
		}
		p, err := l.js.PublishAsync(l.todoSubject()+key(r), []byte(key(r)), jetstream.WithExpectLastSequencePerSubject(0))
		if err != nil {
			return added, err
		}
		if pending = append(pending, p); len(pending) == unansweredMax {
			if err := settle(); err != nil {
				return added, err
			}
		}
	}
	return added, settle()
}

// done returns the ranges that have an entry.
func (l *Ledger) done(ctx context.Context) (map[campaign.Range]bool, error) {
	keys, err := l.results.ListKeys(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = keys.Stop() }()
	done := make(map[campaign.Range]bool)
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case k, ok := <-keys.Keys():
			if !ok {
				return done, nil
			}
			r, err := rangeOf(k)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrOther, err)
			}
			done[r] = true
		}
	}
}

// Left returns how many ranges are on the list: those that wait for a worker, and those that
// workers hold.
func (l *Ledger) Left(ctx context.Context) (waiting, held uint64, err error) {
	err = l.patiently(ctx, "ask what is left", func(ctx context.Context) error {
		info, err := l.consumer.Info(ctx)
		if err != nil {
			return err
		}
		waiting, held = info.NumPending, uint64(info.NumAckPending)
		return nil
	})
	return waiting, held, err
}
