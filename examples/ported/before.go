package main

import (
	"fmt"
	"io"
	"net"
	"net/rpc"
)

// before is the program as it was: a server and a client of net/rpc.
func before(out io.Writer) error {
	server := rpc.NewServer()
	if err := server.Register(new(Arith)); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			server.ServeConn(conn)
		}
	}()

	client, err := rpc.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	defer client.Close()

	var product int
	if err := client.Call("Arith.Multiply", &Args{7, 8}, &product); err != nil {
		return err
	}
	fmt.Fprintf(out, "net/rpc:  7*8=%d\n", product)

	var quotient Quotient
	err = client.Call("Arith.Divide", &Args{7, 0}, &quotient)
	fmt.Fprintf(out, "net/rpc:  7/0: %v\n", err)
	return nil
}
