package acceptance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
)

// That no goroutine is left is what goleak checks for all of these.

func TestCloseDirectlyAfterNew(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		for range 20 {
			b := mustNew(t, bilateralrpc.Config{Network: "network", Name: "x", Transport: tr.transport})
			b.Close()
			b.Close()
			var rows []deskRow
			if err := b.Call(nil, "A.B", DeskArgs{}, &rows); !errors.Is(err, bilateralrpc.ErrClosed) {
				t.Fatalf("Call after Close: %v, want ErrClosed", err)
			}
			for _, err := range []error{b.ListenOn(tr.wildcard), b.ConnectTo("y", tr.wildcard), b.WaitPeers(t.Context(), 1), b.Register(&Desk{})} {
				if !errors.Is(err, bilateralrpc.ErrClosed) {
					t.Fatalf("after Close: %v, want ErrClosed", err)
				}
			}
		}
	})
}

func TestCloseUnderLoadFromManyGoroutines(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, _ := mesh(t, tr, 3)
		var calls atomic.Int64
		var wg sync.WaitGroup
		loaded := make(chan struct{})
		for _, b := range nodes {
			for range 8 {
				wg.Go(func() {
					for {
						var rows []deskRow
						err := b.Call(nil, "Desk.Upper", DeskArgs{Text: "x"}, &rows)
						if errors.Is(err, bilateralrpc.ErrClosed) {
							return
						}
						if err != nil {
							t.Errorf("a call ended with %v, want rows or ErrClosed", err)
							return
						}
						if calls.Add(1) == 300 {
							close(loaded)
						}
					}
				})
			}
		}
		<-loaded
		for range 16 {
			for _, b := range nodes {
				wg.Go(b.Close)
			}
		}
		ended := make(chan struct{})
		go func() {
			wg.Wait()
			close(ended)
		}()
		await(t, "every Close and every call to return", ended)
	})
}

func TestCloseFromInsideAHandlerEndsTheNode(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 2)
		if err := nodes[1].Cast(nil, "Desk.Close", DeskArgs{}); err != nil {
			t.Fatal(err)
		}
		await(t, "Close inside a handler to return", desks[0].enter)
		eventually(t, "the other to notice", func() bool { return nodes[1].ConnectionCount() == 0 })
	})
}

func TestCloseEndsPendingCalls(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 2)
		defer close(desks[0].leave)
		done := make(chan error)
		go func() {
			rows := []deskRow{{From: "before"}}
			err := nodes[1].Call(nil, "Desk.Wait", DeskArgs{}, &rows, time.Hour)
			if len(rows) != 0 {
				t.Errorf("results are %+v, want no row: nobody has replied", rows)
			}
			done <- err
		}()
		<-desks[0].enter
		nodes[1].Close()
		if err := <-done; !errors.Is(err, bilateralrpc.ErrClosed) {
			t.Errorf("the pending call: %v, want ErrClosed", err)
		}
	})
}

func TestShutdownLetsHandlersFinish(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 2)
		done := make(chan error)
		go func() {
			var rows []deskRow
			err := nodes[1].Call(nil, "Desk.Wait", DeskArgs{}, &rows, patience)
			if len(rows) != 1 || rows[0].Reply.Text != "waited" {
				err = fmt.Errorf("rows %+v, error %w", rows, err)
			}
			done <- err
		}()
		<-desks[0].enter
		down := make(chan error)
		go func() { down <- nodes[0].Shutdown(t.Context()) }()
		// From now on nothing new is served.
		eventually(t, "the node to refuse", func() bool {
			var rows []deskRow
			err := nodes[1].Call(nil, "Desk.Upper", DeskArgs{}, &rows, patience)
			return err == nil && len(rows) == 1 && rows[0].Err != nil && rows[0].Err.Error() == "the node is closing"
		})
		close(desks[0].leave)
		if err := <-down; err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("a call that was being served: %v", err)
		}
	})
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 2)
		defer close(desks[0].leave)
		if err := nodes[1].Cast(nil, "Desk.Wait", DeskArgs{}); err != nil {
			t.Fatal(err)
		}
		<-desks[0].enter
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := nodes[0].Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown: %v, want its context's error", err)
		}
		nodes[0].Close()
	})
}

func TestNoDescriptorIsLeft(t *testing.T) {
	descriptors := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("this system does not list a process's descriptors: ", err)
		}
		return len(entries)
	}
	eachTransport(t, func(t *testing.T, tr transportCase) {
		round := func() {
			nodes, _ := mesh(t, tr, 2)
			for _, b := range nodes {
				b.Close()
			}
		}
		round() // what a process opens once
		bulk.Yield()
		before := descriptors()
		for range 10 {
			round()
		}
		eventually(t, "descriptors to be closed", func() bool { return descriptors() <= before })
	})
}
