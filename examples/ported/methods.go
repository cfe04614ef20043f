package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/bitmark-inc/bilateralrpc"
)

// The methods with types, for both ends.
var (
	Multiply = bilateralrpc.NewMethod[Args, int]("Arith.Multiply")
	Divide   = bilateralrpc.NewMethod[Args, Quotient]("Arith.Divide")
)

// handled is the server with functions in place of the receiver.
func handled(server *bilateralrpc.Bilateral) error {
	return errors.Join(
		Multiply.Handle(server, func(_ context.Context, args Args) (int, error) {
			return args.A * args.B, nil
		}),
		Divide.Handle(server, func(_ context.Context, args Args) (Quotient, error) {
			if args.B == 0 {
				return Quotient{}, errors.New("divide by zero")
			}
			return Quotient{args.A / args.B, args.A % args.B}, nil
		}),
	)
}

// asked is the client with types: a call of one peer is a value and an error again.
func asked(ctx context.Context, client *bilateralrpc.Bilateral, server string, out io.Writer) error {
	product, err := Multiply.One(ctx, client, server, Args{7, 8})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  One:    7*8=%d\n", product)
	_, err = Divide.One(ctx, client, server, Args{7, 0})
	fmt.Fprintf(out, "  One:    7/0: %v\n", err)
	return nil
}
