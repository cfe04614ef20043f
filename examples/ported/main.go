// Ported is the program of net/rpc's documentation, before and after. Run it:
//
//	go run ./examples/ported
//
// The program as it was is in before.go, and its service in arith.go, which stays as it is.
// The first step is in register.go: the same Register, and a Call whose replies are rows. The
// second one is in methods.go: methods with types. Each of the two servers serves each of the
// two clients, so that the ends of a network can be ported one after the other. One sees
// the same two answers from all of them.
//
// What changes for a program:
//
//   - A client of net/rpc has one server and is of no more use once the connection is lost.
//     A node has peers, and connects again by itself.
//   - A call returns by its timeout: two seconds, or what the call or its context says.
//   - The other end may call as well, on the same connection.
//   - Client.Go has no counterpart: use a goroutine, or Each for many peers.
//   - The two don't speak one protocol: both ends of a connection are ported together.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ported:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	if err := before(out); err != nil {
		return err
	}
	for _, server := range []struct {
		name  string
		serve func(*bilateralrpc.Bilateral) error
	}{{"Register", registered}, {"Handle", handled}} {
		fmt.Fprintf(out, "a server with %s:\n", server.name)
		if err := after(ctx, server.serve, out); err != nil {
			return fmt.Errorf("a server with %s: %w", server.name, err)
		}
	}
	return nil
}

// after makes a server that serves, and lets both clients call it.
func after(ctx context.Context, serve func(*bilateralrpc.Bilateral) error, out io.Writer) error {
	server, err := bilateralrpc.New(bilateralrpc.Config{Network: "ported", Name: "server"})
	if err != nil {
		return err
	}
	defer server.Close()
	if err = serve(server); err != nil {
		return err
	}
	if err = server.ListenOn("tcp://127.0.0.1:*"); err != nil {
		return err
	}

	client, err := bilateralrpc.New(bilateralrpc.Config{Network: "ported", Name: "client"})
	if err != nil {
		return err
	}
	defer client.Close()
	if err = client.ConnectTo("server", server.ListenAddresses()[0]); err != nil {
		return err
	}
	if err = client.WaitFor(ctx, "server"); err != nil {
		return err
	}
	if err = called(client, "server", out); err != nil {
		return err
	}
	return asked(ctx, client, "server", out)
}
