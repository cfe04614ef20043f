package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
)

// An Entry is what came of a range.
type Entry struct {
	Range  campaign.Range `json:"-"`
	Worker string         `json:"worker"` // that has run it
	Try    uint64         `json:"try"`    // of the lease under which it did
	// Apart says that the seeds were run each in a process of its own, since workers that
	// had taken the range had not come back.
	Apart bool `json:"apart,omitempty"`
	// Result is the same, to the byte, for all workers that run the range, but for those that
	// run it apart.
	Result json.RawMessage `json:"result"`
}

// errTwice says that a range has an entry of another worker.
var errTwice = errors.New("the range has an entry")

// Keep creates the entry of a leased range, and then gives up the lease. It returns false if
// there was an entry already, which stands; if that one says something else, a note of it is
// made for Differ.
func (l *Ledger) Keep(ctx context.Context, lease *Lease, e Entry) (kept bool, err error) {
	e.Range, e.Try = lease.Range, lease.Try
	text, err := json.Marshal(&e)
	if err != nil {
		return false, err
	}
	err = l.patiently(ctx, "keep a result", func(ctx context.Context) error {
		_, err := l.results.Create(ctx, key(e.Range), text)
		if errors.Is(err, jetstream.ErrKeyExists) {
			return l.second(ctx, &e)
		}
		return err
	})
	if err != nil && !errors.Is(err, errTwice) {
		return false, err
	}
	// Without the acknowledgement the range goes to another worker, which finds the entry.
	bounded, cancel := context.WithTimeout(ctx, answerMax)
	defer cancel()
	_ = lease.message.DoubleAck(bounded)
	return err == nil, nil
}

// second compares an entry with the one that stands. It returns nil if that is this very one,
// whose creation was carried out though the answer got lost, and errTwice otherwise.
func (l *Ledger) second(ctx context.Context, e *Entry) error {
	stands, err := l.Entry(ctx, e.Range)
	switch {
	case err != nil:
		return err
	case stands.Worker == e.Worker && stands.Try == e.Try:
		return nil
	case stands.Apart || e.Apart || bytes.Equal(stands.Result, e.Result):
		return errTwice
	}
	note := fmt.Sprintf("seeds %v gave one result to %s and another one to %s", e.Range, stands.Worker, e.Worker)
	if _, err := l.book.Put(ctx, differsPrefix+key(e.Range), []byte(note)); err != nil {
		return err
	}
	return errTwice
}

// Entry returns the entry of a range, and nil if it has none. It does not wait for a server.
func (l *Ledger) Entry(ctx context.Context, r campaign.Range) (*Entry, error) {
	kv, err := l.results.Get(ctx, key(r))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return entryOf(kv)
}

// Done returns how many ranges have an entry.
func (l *Ledger) Done(ctx context.Context) (n uint64, err error) {
	err = l.patiently(ctx, "count the results", func(ctx context.Context) error {
		s, err := l.state(ctx)
		n = s.Msgs
		return err
	})
	return n, err
}

// Read calls each with every entry from a number on, in the order in which they were made,
// and returns the number to go on with. The first one is 1.
func (l *Ledger) Read(ctx context.Context, from uint64, each func(*Entry) error) (next uint64, err error) {
	next = from
	err = l.patiently(ctx, "read the results", func(ctx context.Context) error {
		if s, err := l.state(ctx); err != nil || s.LastSeq < next {
			return err
		}
		w, err := l.results.WatchAll(ctx, jetstream.ResumeFromRevision(next))
		if err != nil {
			return err
		}
		defer func() { _ = w.Stop() }()
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case kv, ok := <-w.Updates():
				if kv == nil { // all that there are
					if !ok {
						return nats.ErrBadSubscription // the connection went; again from next
					}
					return nil
				}
				e, err := entryOf(kv)
				if err != nil {
					return err
				}
				if err := each(e); err != nil {
					return fmt.Errorf("%w: %w", ErrOther, err)
				}
				next = kv.Revision() + 1
			}
		}
	})
	return next, err
}

// state asks for the state of the results. It opens their stream anew: to ask the one that
// is open, as its Status does, changes what Get reads of it at the same time.
func (l *Ledger) state(ctx context.Context) (jetstream.StreamState, error) {
	s, err := l.js.Stream(ctx, "KV_"+l.results.Bucket())
	if err != nil {
		return jetstream.StreamState{}, err
	}
	return s.CachedInfo().State, nil
}

// Differ returns what is to be said of each range that gave two results.
func (l *Ledger) Differ(ctx context.Context) (notes []string, err error) {
	err = l.patiently(ctx, "read the notes", func(ctx context.Context) error {
		notes = nil
		keys, err := l.book.ListKeysFiltered(ctx, differsPrefix+"*")
		if err != nil {
			return err
		}
		defer func() { _ = keys.Stop() }()
		for k := range keys.Keys() {
			kv, err := l.book.Get(ctx, k)
			if err != nil {
				return err
			}
			notes = append(notes, string(kv.Value()))
		}
		return ctx.Err()
	})
	return notes, err
}

func entryOf(kv jetstream.KeyValueEntry) (*Entry, error) {
	r, err := rangeOf(kv.Key())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOther, err)
	}
	e := &Entry{Range: r}
	if err := json.Unmarshal(kv.Value(), e); err != nil {
		return nil, fmt.Errorf("%w: the result of seeds %v can't be read: %w", ErrOther, r, err)
	}
	return e, nil
}
