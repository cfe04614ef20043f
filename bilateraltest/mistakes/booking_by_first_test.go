package mistakes_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var bookingByFirst = mistake{
	name: "double booking by First",
	file: "booking_by_first_test.go",
	story: "A concierge orders a taxi from two firms by First, and takes the one that answers first. " +
		"The method has run at the other one too, and two taxis come. Mended: First is for a question that changes nothing, who is free; the order goes to one.",
	claim:   `Finally "one taxi comes"`,
	program: taxis,
}

type order struct{ Number int }

var (
	free  = bilateralrpc.NewMethod[order, bool]("Taxi.Free")
	drive = bilateralrpc.NewMethod[order, bool]("Taxi.Drive")
)

func taxis(w *bilateraltest.World, mistaken bool) {
	var mu sync.Mutex
	come := map[order]int{} // taxis for each order
	firms := []string{"red", "blue"}
	w.Host("concierge", idle)
	for _, firm := range firms {
		known := map[order]bool{}
		w.Host(firm, func(h *bilateraltest.Host) error {
			err := free.Handle(h.Node(), func(context.Context, order) (bool, error) { return true, nil })
			if err != nil {
				return err
			}
			return drive.Handle(h.Node(), func(_ context.Context, o order) (bool, error) {
				mu.Lock()
				defer mu.Unlock()
				if !known[o] {
					known[o] = true
					come[o]++
				}
				return true, nil
			})
		})
		w.Connect("concierge", firm)
	}
	first := func(m bilateralrpc.Method[order, bool], o order) (firm string) {
		for {
			r, err := m.First(context.Background(), w.Node("concierge"), firms, o, bilateralrpc.WithTimeout(time.Second))
			if err == nil {
				return r.From
			}
			time.Sleep(300 * time.Millisecond)
		}
	}
	orders := 0
	w.Go("guests", func(ctx context.Context) {
		every(ctx, time.Second, func(n int) {
			orders = n
			if mistaken {
				first(drive, order{n})
				return
			}
			askUntilAnswered(w, drive, "concierge", first(free, order{n}), order{n})
		})
	})
	w.Finally("one taxi comes", func() error {
		mu.Lock()
		defer mu.Unlock()
		for n := 1; n <= orders; n++ {
			if c := come[order{n}]; c != 1 {
				return fmt.Errorf("order %d: %d taxis", n, c)
			}
		}
		return nil
	})
}
