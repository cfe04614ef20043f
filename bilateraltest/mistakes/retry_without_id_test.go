package mistakes_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var retryWithoutID = mistake{
	name: "retry without an id",
	file: "retry_without_id_test.go",
	story: "A shop pays by the bank, and tries again until the bank has answered. The bank books what comes: " +
		"a payment of which only the answer is lost is booked again. Mended: each payment has an id, and the bank books an id once.",
	claim:   `Finally "each payment is booked once"`,
	program: payments,
}

type payment struct{ ID, Amount int }

var pay = bilateralrpc.NewMethod[payment, bool]("Bank.Pay")

func payments(w *bilateraltest.World, mistaken bool) {
	var mu sync.Mutex
	balance, paid := 0, 0
	booked := map[int]bool{}
	w.Host("bank", serving(pay, func(_ context.Context, p payment) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		if mistaken || !booked[p.ID] {
			booked[p.ID] = true
			balance += p.Amount
		}
		return true, nil
	}))
	w.Host("shop", idle)
	w.Connect("shop", "bank")
	w.Go("customers", func(ctx context.Context) {
		every(ctx, time.Second, func(n int) {
			askUntilAnswered(w, pay, "shop", "bank", payment{n, 5})
			paid += 5
		})
	})
	w.Finally("each payment is booked once", func() error {
		mu.Lock()
		defer mu.Unlock()
		if balance != paid {
			return fmt.Errorf("the shop has paid %d, and the bank has booked %d", paid, balance)
		}
		return nil
	})
}
