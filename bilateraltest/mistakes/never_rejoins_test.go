package mistakes_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var neverRejoins = mistake{
	name: "forgetting to rejoin after a restart",
	file: "never_rejoins_test.go",
	story: "Workers tell a chief, when they start, that they are there, and the chief remembers. " +
		"After a restart the chief remembers nobody, and the workers believe that all is well. Mended: a worker tells it again every two seconds.",
	claim:   `Finally "the chief knows all workers"`,
	program: workers,
}

type worker struct{ Name string }

var (
	join  = bilateralrpc.NewMethod[worker, bool]("Chief.Join")
	count = bilateralrpc.NewMethod[nothing, int]("Chief.Count")
)

// chief is the process of the chief, which has its workers in memory.
func chief(h *bilateraltest.Host) error {
	var mu sync.Mutex
	known := map[string]bool{}
	err := join.Handle(h.Node(), func(_ context.Context, worker worker) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		known[worker.Name] = true
		return true, nil
	})
	if err != nil {
		return err
	}
	return count.Handle(h.Node(), func(context.Context, nothing) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return len(known), nil
	})
}

func workers(w *bilateraltest.World, mistaken bool) {
	w.Host("chief", chief)
	names := []string{"ann", "bob"}
	for _, name := range names {
		w.Host(name, func(h *bilateraltest.Host) error {
			for h.Context().Err() == nil {
				_, err := join.One(h.Context(), h.Node(), "chief", worker{name}, bilateralrpc.WithTimeout(time.Second))
				if err == nil && mistaken {
					return nil
				}
				time.Sleep(2 * time.Second)
			}
			return nil
		})
		w.Connect(name, "chief")
	}
	w.Finally("the chief knows all workers", func() error {
		time.Sleep(5 * time.Second)
		if n := askUntilAnswered(w, count, names[0], "chief", nothing{}); n != len(names) {
			return fmt.Errorf("it knows %d of %d", n, len(names))
		}
		return nil
	})
}
