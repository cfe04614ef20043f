package mistakes_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var lockAcrossCall = mistake{
	name: "a lock held across a call",
	file: "lock_across_call_test.go",
	story: "Three stores in a ring pass goods on, each with a lock on its shelves (a channel of one token, so that waiting for it ends with the context). " +
		"A store that passes on holds its lock until the next one has taken the goods: three that do so at once wait for each other. " +
		"Mended: the lock is given back before the call. (With a sync.Mutex the run does not come that far: it is Stuck, and the report says who waits for it.)",
	claim:   `Finally "stores that pass on at once all succeed"`,
	program: stores,
}

type goods struct{ Count int }

var (
	passOn = bilateralrpc.NewMethod[goods, bool]("Store.PassOn")
	take   = bilateralrpc.NewMethod[goods, bool]("Store.Take")
)

// shelves is a lock that one can wait for with a context.
type shelves chan bool

func (s shelves) lock(ctx context.Context) error {
	select {
	case s <- true:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s shelves) unlock() { <-s }

// store is the process of a store.
func store(h *bilateraltest.Host, next string, mistaken bool) error {
	lock := make(shelves, 1)
	err := take.Handle(h.Node(), func(ctx context.Context, _ goods) (bool, error) {
		if err := lock.lock(ctx); err != nil {
			return false, err
		}
		defer lock.unlock()
		return true, nil
	})
	if err != nil {
		return err
	}
	return passOn.Handle(h.Node(), func(ctx context.Context, g goods) (bool, error) {
		if err := lock.lock(ctx); err != nil {
			return false, err
		}
		if mistaken {
			defer lock.unlock()
		} else {
			lock.unlock()
		}
		return take.One(ctx, h.Node(), next, g)
	})
}

func stores(w *bilateraltest.World, mistaken bool) {
	names := []string{"north", "south", "west"}
	w.Host("owner", idle)
	for i, name := range names {
		next := names[(i+1)%len(names)]
		w.Host(name, func(h *bilateraltest.Host) error { return store(h, next, mistaken) })
		w.Connect(name, next)
		w.Connect("owner", name)
	}
	w.Finally("stores that pass on at once all succeed", func() error {
		errs := make([]error, len(names))
		var all sync.WaitGroup
		for i, name := range names {
			all.Go(func() {
				_, errs[i] = passOn.One(context.Background(), w.Node("owner"), name, goods{1}, bilateralrpc.WithTimeout(5*time.Second))
			})
		}
		all.Wait()
		for i, err := range errs {
			if err != nil {
				return fmt.Errorf("%s: %w", names[i], err)
			}
		}
		return nil
	})
}
