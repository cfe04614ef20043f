package bilateralrpc_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc"
)

// ErrNoFunds is an error that both ends know by its code.
var ErrNoFunds = bilateralrpc.NewError("no-funds", "no funds")

func ExampleNewError() {
	bob, stop := star(func(_ context.Context, args Args) (Sums, error) {
		if args.A < 0 {
			return Sums{}, fmt.Errorf("account %d: %w", args.B, ErrNoFunds)
		}
		return Sums{}, nil
	}, bilateralrpc.Config{})
	defer stop()

	_, err := SumDiff.One(context.Background(), bob, "alice", Args{-1, 7})
	fmt.Println(err, errors.Is(err, ErrNoFunds))
	var coded *bilateralrpc.Error
	if errors.As(err, &coded) {
		fmt.Println(coded.Code)
	}
	// Output:
	// account 7: no funds true
	// no-funds
}

// The kind of an error is found by errors.Is, and its text is the peer's.
func ExampleRemoteError() {
	bob, stop := star(sumDiff, bilateralrpc.Config{})
	defer stop()

	missing := bilateralrpc.NewMethod[Args, Sums]("Arith.SumDif")
	_, err := missing.One(context.Background(), bob, "alice", Args{})
	var remote bilateralrpc.RemoteError
	fmt.Println(errors.As(err, &remote), errors.Is(err, bilateralrpc.ErrNoMethod), err)
	// Output: true true no such method: "Arith.SumDif"
}

// traced is a handler that shows the metadata it gets, and what it passes on.
func traced(ctx context.Context, args Args) (Sums, error) {
	if args.A == 0 {
		return Sums{}, nil
	}
	fmt.Println(bilateralrpc.PeerOf(ctx), "calls", bilateralrpc.MethodOf(ctx), "with", bilateralrpc.MetadataOf(ctx))
	fmt.Println("its own calls carry", bilateralrpc.OutgoingMetadata(ctx))
	ctx = bilateralrpc.ForwardMetadata(ctx, "traceparent", "tracestate")
	fmt.Println("if it forwards,", bilateralrpc.OutgoingMetadata(ctx))
	return Sums{}, nil
}

// A trace goes with a call, and on with the calls of its handler where that says so.
func ExampleWithMetadata() {
	bob, stop := star(traced, bilateralrpc.Config{})
	defer stop()

	ctx := bilateralrpc.WithMetadata(context.Background(), "traceparent", "00-4bf92f35-00f067aa-01", "tenant", "blue")
	_, err := SumDiff.One(ctx, bob, "alice", Args{A: 1})
	fmt.Println(err)
	// Output:
	// bob calls Arith.SumDiff with map[tenant:blue traceparent:00-4bf92f35-00f067aa-01]
	// its own calls carry map[]
	// if it forwards, map[traceparent:00-4bf92f35-00f067aa-01]
	// <nil>
}

// Metadata that can't go is the error of the call.
func ExampleOutgoingMetadata() {
	ctx := bilateralrpc.WithMetadata(context.Background(), "tenant", "blue", "priority", "low")
	ctx = bilateralrpc.WithMetadata(ctx, "priority", "high")
	fmt.Println(bilateralrpc.OutgoingMetadata(ctx))

	bob, stop := star(sumDiff, bilateralrpc.Config{})
	defer stop()
	_, err := SumDiff.One(bilateralrpc.WithMetadata(ctx, "Tenant", "red"), bob, "alice", Args{})
	fmt.Println(errors.Is(err, bilateralrpc.ErrBadMetadata), err)
	// Output:
	// map[priority:high tenant:blue]
	// true bilateralrpc: bad metadata: metadata key "Tenant": want 1 to 64 bytes of a-z, 0-9, '-', '_' and '.'
}

// MetadataOf is empty where no request is being served.
func ExampleMetadataOf() {
	fmt.Println(len(bilateralrpc.MetadataOf(context.Background())))
	// Output: 0
}

// ForwardMetadata adds nothing where no request is being served.
func ExampleForwardMetadata() {
	ctx := bilateralrpc.ForwardMetadata(context.Background(), "traceparent")
	fmt.Println(len(bilateralrpc.OutgoingMetadata(ctx)))
	// Output: 0
}

// A handler asks who calls. With keys that is proven; in plaintext it is a claim.
func ExamplePeerOf() {
	bob, stop := star(func(ctx context.Context, args Args) (Sums, error) {
		if bilateralrpc.PeerOf(ctx) != "bob" {
			return Sums{}, bilateralrpc.NewError("denied", "only bob may ask")
		}
		return Sums{Sum: args.A + args.B}, nil
	}, bilateralrpc.Config{})
	defer stop()

	fmt.Println(SumDiff.One(context.Background(), bob, "alice", Args{1, 2}))
	fmt.Printf("%q\n", bilateralrpc.PeerOf(context.Background()))
	// Output:
	// {3 0} <nil>
	// ""
}

// MethodOf tells handlers of several methods apart.
func ExampleMethodOf() {
	name := make(chan string, 10)
	bob, stop := star(func(ctx context.Context, args Args) (Sums, error) {
		name <- bilateralrpc.MethodOf(ctx)
		return Sums{}, nil
	}, bilateralrpc.Config{})
	defer stop()

	if _, err := SumDiff.One(context.Background(), bob, "alice", Args{}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-name)
	// Output: Arith.SumDiff
}
