package bilateraltest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

// Transfer moves money from the caller's bank to the one that is called.
type Transfer struct {
	ID     string
	Amount int
}

var deposit = bilateralrpc.NewMethod[Transfer, bool]("Bank.Deposit")

// bank is one of several that send each other money.
type bank struct {
	mu      sync.Mutex
	balance int
	booked  map[string]int // how often each transfer was booked
	twice   bool           // the defect: a transfer that comes again is booked again
}

func (b *bank) deposit(_ context.Context, t Transfer) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.booked[t.ID] > 0 && !b.twice {
		return true, nil
	}
	b.balance += t.Amount
	b.booked[t.ID]++
	return true, nil
}

// once returns how many transfers are booked, and an error if one is booked twice.
func (b *bank) once() (n int64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, times := range b.booked {
		if times != 1 {
			err = fmt.Errorf("has booked transfer %s %d times", id, times)
		}
		n++
	}
	return n, err
}

// send moves money to another bank, trying again until the other one has said that it has
// it.
func send(w *bilateraltest.World, from, to string, t Transfer) {
	for {
		// The node of the present life, which may be another one each time.
		if _, err := deposit.One(context.Background(), w.Node(from), to, t, bilateralrpc.WithTimeout(2*time.Second)); err == nil {
			return
		}
		time.Sleep(300 * time.Millisecond)
	}
}

// banks makes a world of three banks, of which every one sends the next one money. They
// keep their books in the memory of the run, as if a perfect disk had them.
func banks(twice bool) func(w *bilateraltest.World) {
	return func(w *bilateraltest.World) {
		names := []string{"a", "b", "c"}
		books := map[string]*bank{}
		for _, name := range names {
			b := &bank{booked: map[string]int{}, twice: twice}
			books[name] = b
			w.Host(name, func(h *bilateraltest.Host) error { return deposit.Handle(h.Node(), b.deposit) })
		}
		var sent atomic.Int64
		for i, name := range names {
			next := names[(i+1)%3]
			w.Connect(name, next)
			w.Go("teller of "+name, func(ctx context.Context) {
				for n := 0; ctx.Err() == nil; n++ {
					sent.Add(1)
					send(w, name, next, Transfer{fmt.Sprint(name, n), 1})
					time.Sleep(time.Second)
				}
			})
		}
		w.Finally("every transfer is booked once", func() error {
			booked := int64(0)
			for _, name := range names {
				n, err := books[name].once()
				if err != nil {
					return fmt.Errorf("%s %w", name, err)
				}
				booked += n
			}
			if booked != sent.Load() {
				return errors.New("transfers are missing")
			}
			return nil
		})
	}
}

func TestBanksBookEveryTransferOnce(t *testing.T) {
	bilateraltest.Run(t, bilateraltest.Options{Seeds: 20}, banks(false))
}

func TestAFailureIsLeftAsItWasFound(t *testing.T) {
	f := bilateraltest.Find(t, bilateraltest.Options{Seeds: 20, AsFound: true}, banks(true))
	if f == nil || f.Repeats || f.Needed != f.Faults || f.Faults < 3 || f.Claim != `Finally "every transfer is booked once"` {
		t.Errorf("found %+v", f)
	}
}

func TestADoubleBookingIsFoundAndItsFileReplaysIt(t *testing.T) {
	o := bilateraltest.Options{Seeds: 20}
	f := bilateraltest.Find(t, o, banks(true))
	if f == nil {
		t.Fatal("nothing was found")
	}
	if f.Claim != `Finally "every transfer is booked once"` || !f.Repeats || f.Needed == 0 || f.Needed > 2 || f.Faults <= f.Needed {
		t.Errorf("found %+v", f)
	}
	again := bilateraltest.Find(t, o, func(w *bilateraltest.World) {
		banks(true)(w)
		w.Load(f.Scenario)
	})
	if again == nil || again.Claim != f.Claim || again.Needed != f.Needed {
		t.Errorf("its file shows %+v", again)
	}
	if mended := bilateraltest.Find(t, o, func(w *bilateraltest.World) {
		banks(false)(w)
		w.Load(f.Scenario)
	}); mended != nil {
		t.Errorf("with the bank mended its file shows %s", mended.Report)
	}
}
