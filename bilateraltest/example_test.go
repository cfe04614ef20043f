package bilateraltest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// Entry is what a ledger is asked to book.
type Entry struct {
	ID     string
	Amount int
}

var book = bilateralrpc.NewMethod[Entry, int]("Ledger.Book")

// ledger is a program: it books entries, each once, and has them on its disk before it says
// so.
type ledger struct {
	disk *bilateraltest.Disk
	mu   sync.Mutex
	sums map[string]int
}

// startLedger starts it, with what an earlier life has left on the disk.
func startLedger(h *bilateraltest.Host) error {
	l := &ledger{disk: h.Disk(), sums: map[string]int{}}
	content, err := l.disk.Read("ledger")
	if err == nil {
		err = json.Unmarshal(content, &l.sums)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return book.Handle(h.Node(), l.book)
}

func (l *ledger) book(_ context.Context, e Entry) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, booked := l.sums[e.ID]; !booked {
		l.sums[e.ID] = e.Amount
	}
	content, err := json.Marshal(l.sums)
	if err != nil {
		return 0, err
	}
	// A new file is written and synced before it takes the place of the old one.
	err = errors.Join(l.disk.Write("new", content), l.disk.Sync(), l.disk.Rename("new", "ledger"), l.disk.Sync())
	return len(l.sums), err
}

// keepBooks makes a world of a ledger and two who use it.
func keepBooks(w *bilateraltest.World) {
	w.Host("ledger", startLedger)
	var mu sync.Mutex
	said := map[string]bool{} // the entries that the ledger has said are booked
	for _, name := range []string{"ann", "bob"} {
		w.Host(name, func(*bilateraltest.Host) error { return nil })
		w.Connect(name, "ledger")
		w.Go(name, func(ctx context.Context) {
			for n := 0; ctx.Err() == nil; n++ {
				id := fmt.Sprint(name, n)
				for { // until the ledger has it: it books an entry once
					if _, err := book.One(context.Background(), w.Node(name), "ledger", Entry{id, 1}, bilateralrpc.WithTimeout(time.Second)); err == nil {
						break
					}
					time.Sleep(500 * time.Millisecond)
				}
				mu.Lock()
				said[id] = true
				mu.Unlock()
				time.Sleep(time.Second)
			}
		})
	}
	w.Finally("what the ledger has said it has", func() error {
		mu.Lock()
		defer mu.Unlock()
		n, err := book.One(context.Background(), w.Node("ann"), "ledger", Entry{"last", 0})
		if err == nil && n != len(said)+1 {
			err = fmt.Errorf("it has %d entries, and has said %d", n, len(said)+1)
		}
		return err
	})
}

func TestWhatTheLedgerHasSaidItHas(t *testing.T) {
	bilateraltest.Run(t, bilateraltest.Options{Seeds: 10}, keepBooks)
}

// A test of a program: each seed is another run, with other faults.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestLedger(t *testing.T)
		bilateraltest.Run(t, bilateraltest.Options{Seeds: 200}, keepBooks)
	}
}

// A program with a mistake, in which that has to be found.
func ExampleFind() {
	_ = func(t *testing.T) {
		f := bilateraltest.Find(t, bilateraltest.Options{Seeds: 200}, keepBooks)
		if f == nil || f.Claim != `Finally "what the ledger has said it has"` {
			t.Errorf("found %+v", f)
		}
	}
}

// Faults of one's own choice, in the place of those that the seed draws.
func ExampleWorld_At() {
	_ = func(w *bilateraltest.World) {
		keepBooks(w)
		w.At(10*time.Second, sim.Partition{Groups: [][]string{{"ann", "bob"}, {"ledger"}}, For: 20 * time.Second})
		w.At(40*time.Second, sim.Vanish{Node: "ledger"})
		w.At(41*time.Second, sim.Restart{Node: "ledger"})
	}
}

// The same as a scenario, such as the file of a failure.
func ExampleWorld_Load() {
	_ = func(w *bilateraltest.World) {
		keepBooks(w)
		w.Load(`
			bilsim 1
			network "net" model physical
			peers ledger ann bob
			at 10s partition {ann bob} | {ledger} for 20s
			at 40s vanish ledger
			at 41s restart ledger
		`)
	}
}

// A client's history, for a checker of histories.
func ExampleWorld_Began() {
	_ = func(w *bilateraltest.World) {
		w.Go("client 1", func(ctx context.Context) {
			returned := w.Began(1, Entry{"a", 1})
			n, err := book.One(ctx, w.Node("ann"), "ledger", Entry{"a", 1})
			if err == nil {
				returned(n)
			} // else nobody knows whether it is booked
		})
	}
}
