package mistakes_test

import (
	"context"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

// mistake is one that programs make.
type mistake struct {
	name  string // in a few words
	file  string // of this directory
	story string // what the program is, what is wrong with it, and what mends it
	claim string // what has to hold, in the words of the program; as a Finding has it
	// program makes a world of the program, with the mistake or without.
	program func(w *bilateraltest.World, mistaken bool)
}

// all are the known mistakes, in the order of the table.
var all = []mistake{
	retryWithoutID,
	lostUpdate,
	replyBeforeSync,
	lockAcrossCall,
	neverRejoins,
	timeoutAsNo,
	firstToAnswer,
	cacheOutlivesOwner,
	counterFromZero,
	bookingByFirst,
	staleReplica,
	leakPerCall,
}

// idle is a host that only calls.
func idle(*bilateraltest.Host) error { return nil }

// serving is a host that serves one method, with a state that no crash touches: f is of all
// its lives.
func serving[A, R any](m bilateralrpc.Method[A, R], f func(ctx context.Context, args A) (R, error)) func(*bilateraltest.Host) error {
	return func(h *bilateraltest.Host) error { return m.Handle(h.Node(), f) }
}

// ask calls a peer once.
func ask[A, R any](w *bilateraltest.World, m bilateralrpc.Method[A, R], from, to string, args A) (R, error) {
	return m.One(context.Background(), w.Node(from), to, args, bilateralrpc.WithTimeout(time.Second))
}

// askUntilAnswered calls a peer again and again, from whichever life the caller is in.
func askUntilAnswered[A, R any](w *bilateraltest.World, m bilateralrpc.Method[A, R], from, to string, args A) R {
	for {
		r, err := ask(w, m, from, to, args)
		if err == nil {
			return r
		}
		time.Sleep(300 * time.Millisecond)
	}
}

// every calls f with 1, 2, 3 and so on until the context ends, with a pause after each.
func every(ctx context.Context, pause time.Duration, f func(n int)) {
	for n := 1; ctx.Err() == nil; n++ {
		f(n)
		time.Sleep(pause)
	}
}
