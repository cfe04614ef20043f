package mistakes_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var cacheOutlivesOwner = mistake{
	name: "a cache that outlives its owner",
	file: "cache_outlives_owner_test.go",
	story: "A till logs in at a server, and keeps the session for all that comes. " +
		"The server has its sessions in memory: after its restart the till's is worth nothing, and the till goes on to use it. " +
		"Mended: a till that is refused drops its session.",
	claim:   `Finally "the till sells"`,
	program: sessions,
}

type session struct{ Number uint64 }

var (
	login = bilateralrpc.NewMethod[nothing, uint64]("Server.Login")
	sell  = bilateralrpc.NewMethod[session, bool]("Server.Sell")
)

// server is the process of the server.
func server(h *bilateraltest.Host) error {
	var mu sync.Mutex
	random := h.Rand()
	open := map[uint64]bool{}
	return errors.Join(
		login.Handle(h.Node(), func(context.Context, nothing) (uint64, error) {
			mu.Lock()
			defer mu.Unlock()
			number := 1 + random.Uint64()>>1
			open[number] = true
			return number, nil
		}),
		sell.Handle(h.Node(), func(_ context.Context, s session) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			return open[s.Number], nil
		}))
}

func sessions(w *bilateraltest.World, mistaken bool) {
	w.Host("server", server)
	w.Host("till", idle)
	w.Connect("till", "server")
	cached := uint64(0)
	sold := false // the latest one
	sale := func() {
		if cached == 0 {
			cached = askUntilAnswered(w, login, "till", "server", nothing{})
		}
		sold = askUntilAnswered(w, sell, "till", "server", session{cached})
		if !sold && !mistaken {
			cached = 0
		}
	}
	w.Go("cashier", func(ctx context.Context) { every(ctx, time.Second, func(int) { sale() }) })
	w.Finally("the till sells", func() error {
		for range 3 {
			if sale(); sold {
				return nil
			}
			time.Sleep(time.Second)
		}
		return fmt.Errorf("session %d is refused again and again", cached)
	})
}
