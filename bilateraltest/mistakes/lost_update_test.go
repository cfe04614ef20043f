package mistakes_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var lostUpdate = mistake{
	name: "lost update",
	file: "lost_update_test.go",
	story: "Two clerks count visitors at one counter: each reads it, adds one and writes it. " +
		"What one writes between the other's reading and writing is lost. Mended: a write says what was read, and is refused if that is no longer so.",
	claim:   `Finally "all visitors that were confirmed are counted"`,
	program: visitors,
}

type (
	nothing struct{}
	setting struct{ Read, Value int }
)

var (
	readCount  = bilateralrpc.NewMethod[nothing, int]("Counter.Read")
	writeCount = bilateralrpc.NewMethod[setting, bool]("Counter.Write")
)

func visitors(w *bilateraltest.World, mistaken bool) {
	var mu sync.Mutex
	count, confirmed := 0, 0
	read := func(context.Context, nothing) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return count, nil
	}
	write := func(_ context.Context, s setting) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		if !mistaken && s.Read != count {
			return false, nil
		}
		count = s.Value
		return true, nil
	}
	w.Host("counter", func(h *bilateraltest.Host) error {
		if err := readCount.Handle(h.Node(), read); err != nil {
			return err
		}
		return writeCount.Handle(h.Node(), write)
	})
	for _, clerk := range []string{"ann", "bob"} {
		w.Host(clerk, idle)
		w.Connect(clerk, "counter")
		w.Go(clerk, func(ctx context.Context) {
			every(ctx, time.Second, func(int) {
				n := askUntilAnswered(w, readCount, clerk, "counter", nothing{})
				done, err := ask(w, writeCount, clerk, "counter", setting{n, n + 1})
				mu.Lock()
				defer mu.Unlock()
				if err == nil && done {
					confirmed++
				} // else nobody knows, and it may be counted or not
			})
		})
	}
	w.Finally("all visitors that were confirmed are counted", func() error {
		mu.Lock()
		defer mu.Unlock()
		if count < confirmed {
			return fmt.Errorf("%d were confirmed, and %d are counted", confirmed, count)
		}
		return nil
	})
}
