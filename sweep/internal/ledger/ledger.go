package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"

	"github.com/nats-io/nats.go/jetstream"
)

// Errors of opening a sweep.
var (
	// ErrNoSweep says that nobody has planned a sweep of the name yet.
	ErrNoSweep = errors.New("there is no such sweep")
	// ErrOther says that the sweep of the name is another one.
	ErrOther = errors.New("a sweep of this name exists, and is another one")
)

// A Ledger is a sweep on a server. Its methods may be called by several goroutines, and wait
// for a server that is away until their context is done.
type Ledger struct {
	name     string
	plan     Plan
	log      *slog.Logger
	js       jetstream.JetStream
	book     jetstream.KeyValue
	results  jetstream.KeyValue
	consumer jetstream.Consumer
}

// Options say how to create a sweep. None of them changes what it is.
type Options struct {
	Replicas int          // of all that is kept, in a cluster; 0 is 1
	Log      *slog.Logger // what is worth a line; nil for none
}

// Keys of the book: of the plan, of ranges that gave two results, of ranges that were begun.
const (
	planKey       = "plan"
	differsPrefix = "differs."
	triesPrefix   = "tries."
)

// nameForm is what names of sweeps look like: they become parts of subjects.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Create opens a sweep, and plans it if nobody has. If somebody has, in the same words, it
// goes on with that one: the chunk and lease of the first plan stand.
func Create(ctx context.Context, js jetstream.JetStream, name string, plan Plan, o Options) (*Ledger, error) {
	if err := plan.check(); err != nil {
		return nil, err
	}
	l, err := newLedger(js, name, o)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(&plan)
	if err != nil {
		return nil, err
	}
	err = l.patiently(ctx, "plan the sweep", func(ctx context.Context) error {
		if err := l.make(ctx, o.Replicas); err != nil {
			return err
		}
		_, err := l.book.Create(ctx, planKey, text)
		if errors.Is(err, jetstream.ErrKeyExists) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := l.open(ctx, o.Replicas); err != nil {
		return nil, err
	}
	if err := l.plan.differs(&plan); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOther, err)
	}
	return l, nil
}

// Open opens a sweep that has been planned.
func Open(ctx context.Context, js jetstream.JetStream, name string, o Options) (*Ledger, error) {
	l, err := newLedger(js, name, o)
	if err != nil {
		return nil, err
	}
	if err := l.open(ctx, o.Replicas); err != nil {
		return nil, err
	}
	return l, nil
}

func newLedger(js jetstream.JetStream, name string, o Options) (*Ledger, error) {
	if !nameForm.MatchString(name) {
		return nil, fmt.Errorf("a sweep's name is 1 to 64 letters, digits, - and _, not %q", name)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Ledger{name: name, js: js, log: o.Log}, nil
}

// Plan returns the plan of the sweep.
func (l *Ledger) Plan() *Plan { return &l.plan }

// Subject returns the subject under which the sweep's workers may tell each other things
// that nobody keeps.
func (l *Ledger) Subject() string { return "sweep." + l.name + ".status" }

func (l *Ledger) prefix() string      { return "sweep_" + l.name + "_" }
func (l *Ledger) todoSubject() string { return "sweep." + l.name + ".todo." }

// make makes the three places of a sweep, if they are not there.
func (l *Ledger) make(ctx context.Context, replicas int) (err error) {
	for _, b := range []struct {
		at   *jetstream.KeyValue
		name string
	}{{&l.book, "book"}, {&l.results, "results"}} {
		*b.at, err = l.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: l.prefix() + b.name, Storage: jetstream.FileStorage, Replicas: replicas, Compression: true,
		})
		if err != nil {
			return err
		}
	}
	_, err = l.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: l.prefix() + "todo", Subjects: []string{l.todoSubject() + "*"}, Retention: jetstream.WorkQueuePolicy,
		Storage: jetstream.FileStorage, Replicas: replicas,
	})
	return err
}

// open finds the places of a sweep, and reads its plan. The consumer, through which all
// workers take ranges, is made by the first that opens it.
func (l *Ledger) open(ctx context.Context, replicas int) error {
	return l.patiently(ctx, "open the sweep", func(ctx context.Context) (err error) {
		if l.book, err = l.js.KeyValue(ctx, l.prefix()+"book"); err != nil {
			return absent(err)
		}
		e, err := l.book.Get(ctx, planKey)
		if err != nil {
			return absent(err)
		}
		if err := json.Unmarshal(e.Value(), &l.plan); err != nil {
			return fmt.Errorf("%w: its plan can't be read: %w", ErrOther, err)
		}
		if err := l.plan.check(); err != nil {
			return fmt.Errorf("%w: %w", ErrOther, err)
		}
		if l.results, err = l.js.KeyValue(ctx, l.prefix()+"results"); err != nil {
			return absent(err)
		}
		l.consumer, err = l.js.CreateOrUpdateConsumer(ctx, l.prefix()+"todo", jetstream.ConsumerConfig{
			Durable: "workers", AckPolicy: jetstream.AckExplicitPolicy, AckWait: l.plan.Lease, Replicas: replicas,
			MaxDeliver:    -1, // a range is never given up: see Lease.Try
			MaxAckPending: -1, // as many workers as there are
			MaxWaiting:    waitingMax,
		})
		return err
	})
}

// waitingMax is how many workers can wait for a range at a time.
const waitingMax = 10_000

// absent makes of what a server says about places that are not there that there is no sweep.
func absent(err error) error {
	if errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, jetstream.ErrKeyNotFound) {
		return ErrNoSweep
	}
	return err
}
