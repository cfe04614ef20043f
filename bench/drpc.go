package main

import (
	"context"
	"fmt"
	"net"

	"storj.io/drpc"
	"storj.io/drpc/drpcconn"
	"storj.io/drpc/drpcmux"
	"storj.io/drpc/drpcserver"
)

// drpcStorj has one call at a time on a connection, so that each caller gets a
// connection of its own.
var drpcStorj = contender{
	name:  "drpc",
	what:  "storj.io/drpc, no codec, a connection for each caller",
	serve: serveDRPC,
	dial:  func(target string) (client, error) { return &drpcClient{target: target}, nil },
}

const drpcMethod = "/bench.Arith/SumDiff"

type drpcBytes struct{}

func (drpcBytes) Marshal(m drpc.Message) ([]byte, error) {
	if body, ok := m.(*[]byte); ok {
		return *body, nil
	}
	return nil, fmt.Errorf("drpcBytes: %T", m)
}

func (drpcBytes) Unmarshal(data []byte, m drpc.Message) error {
	body, ok := m.(*[]byte)
	if !ok {
		return fmt.Errorf("drpcBytes: %T", m)
	}
	*body = append((*body)[:0], data...)
	return nil
}

// drpcService describes the one method, as generated code would.
type drpcService struct{}

func (drpcService) NumMethods() int { return 1 }

func (drpcService) Method(n int) (string, drpc.Encoding, drpc.Receiver, any, bool) {
	receiver := func(_ any, _ context.Context, in1, _ any) (drpc.Message, error) {
		reply, err := sumDiff(*in1.(*[]byte))
		return &reply, err
	}
	return drpcMethod, drpcBytes{}, receiver, drpcServer.SumDiff, n == 0
}

type drpcServer struct{}

// SumDiff has the signature that drpc learns the type of the argument from.
func (drpcServer) SumDiff(_ context.Context, body *[]byte) (*[]byte, error) { return body, nil }

func serveDRPC() (string, func(), error) {
	mux := drpcmux.New()
	if err := mux.Register(drpcServer{}, drpcService{}); err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go drpcserver.New(mux).Serve(ctx, listener)
	return listener.Addr().String(), cancel, nil
}

type drpcClient struct {
	target string
	conns  []*drpcconn.Conn // of each caller
}

func (c *drpcClient) load(callers int, done func(int) bool) (int, error) {
	for len(c.conns) < callers {
		conn, err := net.Dial("tcp", c.target)
		if err != nil {
			return 0, err
		}
		c.conns = append(c.conns, drpcconn.New(conn))
	}
	return parallelFor(callers, done, func(caller int, args Operands) (Results, error) {
		body := encode(args.A, args.B)
		var reply []byte
		if err := c.conns[caller].Invoke(context.Background(), drpcMethod, drpcBytes{}, &body, &reply); err != nil {
			return Results{}, err
		}
		return results16(reply)
	})
}

func (c *drpcClient) close() {
	for _, conn := range c.conns {
		conn.Close()
	}
}
