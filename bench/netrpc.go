package main

import (
	"net"
	"net/rpc"
)

var netRPC = contender{
	name:  "net/rpc",
	what:  "the standard library's RPC, gob over TCP",
	serve: serveNetRPC,
	dial: func(target string) (client, error) {
		c, err := rpc.Dial("tcp", target)
		return netRPCClient{c}, err
	},
}

// Arith is the service of net/rpc, and of ours.
type Arith struct{}

// SumDiff replies with the sum and the difference of its operands.
func (Arith) SumDiff(args Operands, reply *Results) error {
	*reply = Results{S: args.A + args.B, D: args.A - args.B}
	return nil
}

func serveNetRPC() (string, func(), error) {
	server := rpc.NewServer()
	if err := server.Register(Arith{}); err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go server.ServeConn(conn)
		}
	}()
	return listener.Addr().String(), func() { listener.Close() }, nil
}

type netRPCClient struct{ *rpc.Client }

func (c netRPCClient) load(callers int, done func(int) bool) (int, error) {
	return parallel(callers, done, func(args Operands) (reply Results, err error) {
		err = c.Call("Arith.SumDiff", args, &reply)
		return reply, err
	})
}

func (c netRPCClient) close() { c.Client.Close() }
