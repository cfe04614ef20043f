package main

import (
	"fmt"
	"io"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// registered is the server with the receiver it had.
func registered(server *bilateralrpc.Bilateral) error {
	return server.Register(new(Arith))
}

// called is the client in the style of net/rpc. A call may go to many, so the replies come as
// rows, each with an error of its own. Without the time at the end it is two seconds.
func called(client *bilateralrpc.Bilateral, server string, out io.Writer) error {
	var products []struct {
		From  string
		Reply int
		Err   error
	}
	if err := client.Call([]string{server}, "Arith.Multiply", Args{7, 8}, &products, time.Minute); err != nil {
		return err
	}
	for _, row := range products { // none if no reply came in time, where net/rpc would wait on
		fmt.Fprintf(out, "  Call:   7*8=%d %v\n", row.Reply, row.Err)
	}

	var quotients []struct {
		From  string
		Reply Quotient
		Err   error
	}
	if err := client.Call([]string{server}, "Arith.Divide", Args{7, 0}, &quotients, time.Minute); err != nil {
		return err
	}
	for _, row := range quotients {
		fmt.Fprintf(out, "  Call:   7/0: %v\n", row.Err)
	}
	return nil
}
