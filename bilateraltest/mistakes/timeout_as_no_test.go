package mistakes_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var timeoutAsNo = mistake{
	name: "trusting a timeout as a no",
	file: "timeout_as_no_test.go",
	story: "An agency books a room at the Ritz, which is full for some guests, and then at the Savoy. " +
		"It takes a timeout for a no, and the guest has two rooms. Mended: it asks the Ritz again until that has said yes or no.",
	claim:   `Finally "a guest has one room"`,
	program: rooms,
}

type guest struct{ Number int }

var reserve = bilateralrpc.NewMethod[guest, bool]("Hotel.Reserve")

func rooms(w *bilateraltest.World, mistaken bool) {
	var mu sync.Mutex
	booked := map[string]map[int]bool{}
	for _, hotel := range []string{"ritz", "savoy"} {
		mine := map[int]bool{}
		booked[hotel] = mine
		w.Host(hotel, serving(reserve, func(_ context.Context, g guest) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			if hotel == "ritz" && g.Number%4 == 0 {
				return false, nil // full
			}
			mine[g.Number] = true
			return true, nil
		}))
		w.Connect("agency", hotel)
	}
	w.Host("agency", idle)
	guests := 0
	w.Go("guests", func(ctx context.Context) {
		every(ctx, time.Second, func(n int) {
			guests = n
			if reserveAtRitz(w, guest{n}, mistaken) {
				return
			}
			askUntilAnswered(w, reserve, "agency", "savoy", guest{n})
		})
	})
	w.Finally("a guest has one room", func() error {
		mu.Lock()
		defer mu.Unlock()
		for n := 1; n <= guests; n++ {
			if ritz, savoy := booked["ritz"][n], booked["savoy"][n]; ritz == savoy {
				return fmt.Errorf("guest %d: at the Ritz %v, at the Savoy %v", n, ritz, savoy)
			}
		}
		return nil
	})
}

// reserveAtRitz says whether the Ritz has a room for the guest.
func reserveAtRitz(w *bilateraltest.World, g guest, mistaken bool) bool {
	if mistaken {
		yes, err := ask(w, reserve, "agency", "ritz", g)
		return err == nil && yes
	}
	return askUntilAnswered(w, reserve, "agency", "ritz", g)
}
