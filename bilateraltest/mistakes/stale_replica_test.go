package mistakes_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var staleReplica = mistake{
	name: "reading one's own stale replica",
	file: "stale_replica_test.go",
	story: "A branch writes at the head office, which sends the branch a copy before it answers; if that fails, another one follows with the next write. " +
		"The branch reads its copy, which may be older than what it has written itself. Mended: it reads the copy only if that is as new as its own latest write, and else asks the head office.",
	claim:   `Always "a branch reads what it has written"`,
	program: copies,
}

type entry struct{ Version int }

var (
	writeEntry = bilateralrpc.NewMethod[entry, bool]("Head.Write")
	readEntry  = bilateralrpc.NewMethod[nothing, int]("Head.Read")
	copyEntry  = bilateralrpc.NewMethod[entry, bool]("Branch.Copy")
)

// register is a version that only grows.
type register struct {
	mu      sync.Mutex
	version int
}

func (r *register) set(_ context.Context, e entry) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.version = max(r.version, e.Version)
	return true, nil
}

func (r *register) get(context.Context, nothing) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.version, nil
}

func copies(w *bilateraltest.World, mistaken bool) {
	var original, replica register
	w.Host("head", func(h *bilateraltest.Host) error {
		if err := readEntry.Handle(h.Node(), original.get); err != nil {
			return err
		}
		return writeEntry.Handle(h.Node(), func(ctx context.Context, e entry) (bool, error) {
			_, _ = original.set(ctx, e)
			_, _ = copyEntry.One(ctx, h.Node(), "branch", e, bilateralrpc.WithTimeout(500*time.Millisecond))
			return true, nil
		})
	})
	w.Host("branch", serving(copyEntry, replica.set))
	w.Connect("branch", "head")
	var mu sync.Mutex
	var stale error
	w.Go("clerk", func(ctx context.Context) {
		every(ctx, time.Second, func(n int) {
			askUntilAnswered(w, writeEntry, "branch", "head", entry{n})
			read, _ := replica.get(ctx, nothing{})
			if !mistaken && read < n {
				read = askUntilAnswered(w, readEntry, "branch", "head", nothing{})
			}
			mu.Lock()
			defer mu.Unlock()
			if read < n {
				stale = fmt.Errorf("it has written version %d, and reads version %d", n, read)
			}
		})
	})
	w.Always("a branch reads what it has written", func() error {
		mu.Lock()
		defer mu.Unlock()
		return stale
	})
}
