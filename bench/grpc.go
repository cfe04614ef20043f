package main

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

var grpcGo = contender{
	name:  "grpc-go",
	what:  "a unary method of grpc-go, no TLS, no codec",
	serve: serveGRPC,
	dial: func(target string) (client, error) {
		conn, err := grpc.NewClient(target,
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesCodec{})))
		return grpcClient{conn}, err
	},
}

const grpcMethod = "/bench.Arith/SumDiff"

// bytesCodec passes *[]byte through, so that no time goes into protobuf.
type bytesCodec struct{}

func (bytesCodec) Name() string { return "bytes" }

func (bytesCodec) Marshal(v any) ([]byte, error) {
	if body, ok := v.(*[]byte); ok {
		return *body, nil
	}
	return nil, fmt.Errorf("bytesCodec: %T", v)
}

func (bytesCodec) Unmarshal(data []byte, v any) error {
	body, ok := v.(*[]byte)
	if !ok {
		return fmt.Errorf("bytesCodec: %T", v)
	}
	*body = append((*body)[:0], data...)
	return nil
}

func serveGRPC() (string, func(), error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := grpc.NewServer(grpc.ForceServerCodec(bytesCodec{}))
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: "bench.Arith",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "SumDiff", Handler: handleGRPC}},
	}, struct{}{})
	go s.Serve(listener)
	return listener.Addr().String(), s.Stop, nil
}

func handleGRPC(_ any, _ context.Context, read func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	var body []byte
	if err := read(&body); err != nil {
		return nil, err
	}
	reply, err := sumDiff(body)
	return &reply, err
}

type grpcClient struct{ conn *grpc.ClientConn }

func (c grpcClient) load(callers int, done func(int) bool) (int, error) {
	return parallel(callers, done, func(args Operands) (Results, error) {
		body := encode(args.A, args.B)
		var reply []byte
		if err := c.conn.Invoke(context.Background(), grpcMethod, &body, &reply); err != nil {
			return Results{}, err
		}
		return results16(reply)
	})
}

func (c grpcClient) close() { c.conn.Close() }
