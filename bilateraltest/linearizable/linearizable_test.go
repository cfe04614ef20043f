package linearizable_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest/linearizable"
)

var (
	set = bilateralrpc.NewMethod[int, bool]("Register.Set")
	get = bilateralrpc.NewMethod[bool, int]("Register.Get")
)

// register is a value on a disk, which one host keeps.
type register struct {
	mu    sync.Mutex
	disk  *bilateraltest.Disk
	value byte
}

func startRegister(h *bilateraltest.Host) error {
	r := &register{disk: h.Disk()}
	content, err := r.disk.Read("value")
	switch {
	case err == nil:
		r.value = content[0]
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return errors.Join(
		get.Handle(h.Node(), func(context.Context, bool) (int, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return int(r.value), nil
		}),
		set.Handle(h.Node(), func(_ context.Context, value int) (bool, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.value = byte(value)
			return true, errors.Join(r.disk.Write("new", []byte{r.value}), r.disk.Sync(), r.disk.Rename("new", "value"), r.disk.Sync())
		}),
	)
}

// clients makes a world of a register, one who writes and two who read. With stale, these
// take what they have read last where the register does not answer.
func clients(stale bool) func(w *bilateraltest.World) {
	return func(w *bilateraltest.World) {
		w.Host("register", startRegister)
		for i, name := range []string{"writer", "one", "two"} {
			w.Host(name, func(*bilateraltest.Host) error { return nil })
			w.Connect(name, "register")
			w.Go(name, func(ctx context.Context) {
				read := 0
				for n := 1; n < 40; n++ {
					var err error
					if name == "writer" {
						returned := w.Began(i, linearizable.Write[int]{Value: n})
						if _, err = set.One(ctx, w.Node(name), "register", n, bilateralrpc.WithTimeout(time.Second)); err == nil {
							returned(nil)
						}
					} else {
						returned := w.Began(i, linearizable.Read{})
						var value int
						value, err = get.One(ctx, w.Node(name), "register", true, bilateralrpc.WithTimeout(time.Second))
						if err == nil {
							read = value
						}
						if err == nil || stale {
							returned(read)
						}
					}
					time.Sleep(time.Second)
				}
			})
		}
		linearizable.Check(w, linearizable.Register(0))
	}
}

// A register that survives crashes: what its clients see is linearizable in every run.
func ExampleCheck() {
	_ = func(t *testing.T) { // func TestRegister(t *testing.T)
		bilateraltest.Run(t, bilateraltest.Options{Seeds: 200}, func(w *bilateraltest.World) {
			w.Host("register", startRegister)
			w.Host("client", func(*bilateraltest.Host) error { return nil })
			w.Connect("client", "register")
			w.Go("client", func(ctx context.Context) {
				returned := w.Began(0, linearizable.Write[int]{Value: 7})
				if _, err := set.One(ctx, w.Node("client"), "register", 7); err == nil {
					returned(nil)
				} // else nobody knows whether it is set
			})
			linearizable.Check(w, linearizable.Register(0))
		})
	}
}

func TestARegisterIsLinearizable(t *testing.T) {
	bilateraltest.Run(t, bilateraltest.Options{Seeds: 20}, clients(false))
}

func TestAStaleReadIsFound(t *testing.T) {
	f := bilateraltest.Find(t, bilateraltest.Options{Seeds: 20}, clients(true))
	if f == nil || f.Claim != `Finally "the history is linearizable"` || !strings.Contains(f.What, "no order of these operations explains what they returned:\n") {
		t.Fatalf("found %+v", f)
	}
	if f.Needed == 0 {
		t.Errorf("it needs no fault:\n%s", f.Report)
	}
}

// history makes one of operations of a client each; one that ends at 0 has not returned.
func history(ops ...bilateraltest.Operation) []bilateraltest.Operation {
	for i := range ops {
		ops[i].Client, ops[i].Returned = i, ops[i].Return != 0
	}
	return ops
}

func TestHistories(t *testing.T) {
	write := func(v int, from, to time.Duration) bilateraltest.Operation {
		return bilateraltest.Operation{Input: linearizable.Write[int]{Value: v}, Call: from, Return: to}
	}
	read := func(v any, from, to time.Duration) bilateraltest.Operation {
		return bilateraltest.Operation{Input: linearizable.Read{}, Output: v, Call: from, Return: to}
	}
	for name, test := range map[string]struct {
		history []bilateraltest.Operation
		holds   bool
	}{
		"none":                                {history(), true},
		"read what was written":               {history(write(1, 1, 2), read(1, 3, 4)), true},
		"read what is being written":          {history(write(1, 1, 5), read(1, 2, 3)), true},
		"not yet":                             {history(write(1, 1, 5), read(0, 2, 3)), true},
		"stale":                               {history(write(1, 1, 2), read(0, 3, 4)), false},
		"back again":                          {history(write(1, 1, 9), read(1, 2, 3), read(0, 4, 5)), false},
		"never written":                       {history(read(7, 1, 2)), false},
		"a write that never returned, seen":   {history(write(1, 1, 0), read(0, 2, 3), read(1, 8, 9)), true},
		"a write that never returned, unseen": {history(write(1, 1, 0), read(0, 8, 9)), true},
		"a read that never returned":          {history(write(1, 1, 2), read(nil, 3, 0)), true},
	} {
		if err := linearizable.Judge(test.history, linearizable.Register(0)); (err == nil) != test.holds {
			t.Errorf("%s: %v", name, err)
		}
	}
}
