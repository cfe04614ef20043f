package ledger_test

import (
	"context"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/host"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// quiet is a server's log that nobody reads.
type quiet struct{ t *testing.T }

func (quiet) Noticef(string, ...any)           {}
func (quiet) Warnf(string, ...any)             {}
func (quiet) Errorf(string, ...any)            {}
func (quiet) Debugf(string, ...any)            {}
func (quiet) Tracef(string, ...any)            {}
func (q quiet) Fatalf(format string, v ...any) { q.t.Errorf(format, v...) }

// server starts a server on a folder of its own.
func server(t *testing.T) jetstream.JetStream {
	t.Helper()
	h, err := host.Start(t.TempDir(), "127.0.0.1:0", quiet{t})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Stop)
	c, err := nats.Connect(h.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// The list of what is left follows from the plan and the results: it can be made again at any
// time, and has nothing twice.
func TestTheListIsMadeAgain(t *testing.T) {
	ctx, js := context.Background(), server(t)
	plan := ledger.Plan{Work: "any", Program: "this", Of: campaign.Range{From: 7, To: 17}, Chunk: 3, Lease: 1e9}
	l, err := ledger.Create(ctx, js, "s", plan, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fill := func(why string, want int) {
		t.Helper()
		if added, err := l.Fill(ctx); err != nil || added != want {
			t.Fatalf("%s: %d ranges are put on the list, %v; want %d", why, added, err, want)
		}
	}
	fill("at first", 4)
	fill("when all are there", 0)
	lease, err := l.Take(ctx)
	if err != nil || lease == nil {
		t.Fatal(lease, err)
	}
	fill("when one is held", 0)
	if open, err := l.Begin(ctx, lease); !open || err != nil || lease.Try != 1 {
		t.Fatalf("begin: %v, %v, try %d", open, err, lease.Try)
	}
	if kept, err := l.Keep(ctx, lease, ledger.Entry{Worker: "w", Result: []byte("1")}); !kept || err != nil {
		t.Fatalf("keep: %v, %v", kept, err)
	}
	fill("when one is done", 0)
	stream, err := js.Stream(ctx, "sweep_s_todo")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	fill("when the list is lost", 3)

	again, err := ledger.Create(ctx, js, "s", plan, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var read []campaign.Range
	next, err := again.Read(ctx, 1, func(e *ledger.Entry) error {
		read = append(read, e.Range)
		return nil
	})
	if err != nil || next != 2 || len(read) != 1 || read[0] != lease.Range {
		t.Errorf("the results are %v, next %d, %v; want %v", read, next, err, lease.Range)
	}
}

// A range that is given back is there at once, and is no try; one that is dropped is one.
func TestTriesAreCounted(t *testing.T) {
	ctx, js := context.Background(), server(t)
	plan := ledger.Plan{Work: "any", Program: "this", Of: campaign.Range{To: 1}, Chunk: 1, Lease: 1e9}
	l, err := ledger.Create(ctx, js, "s", plan, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Fill(ctx); err != nil {
		t.Fatal(err)
	}
	begin := func(want uint64) *ledger.Lease {
		t.Helper()
		for {
			lease, err := l.Take(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if lease == nil {
				continue // the lease of the one before is not over yet
			}
			if open, err := l.Begin(ctx, lease); !open || err != nil || lease.Try != want {
				t.Fatalf("begin: %v, %v, try %d, want %d", open, err, lease.Try, want)
			}
			return lease
		}
	}
	l.Return(begin(1))
	begin(1)
	late := begin(2)
	last := begin(3)
	if kept, err := l.Keep(ctx, last, ledger.Entry{Worker: "b", Result: []byte("1")}); !kept || err != nil {
		t.Fatalf("keep: %v, %v", kept, err)
	}
	if kept, err := l.Keep(ctx, late, ledger.Entry{Worker: "a", Result: []byte("1")}); kept || err != nil {
		t.Fatalf("what comes second is kept: %v, %v", kept, err)
	}
	if n, err := l.Done(ctx); n != 1 || err != nil {
		t.Errorf("%d results, %v", n, err)
	}
	if notes, err := l.Differ(ctx); len(notes) != 0 || err != nil {
		t.Errorf("equal results are said to differ: %v, %v", notes, err)
	}
}
