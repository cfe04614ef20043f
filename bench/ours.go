package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

var (
	oursZMTP      = ours("zmtp", "bilateralrpc on its own transport, plaintext", bilateralrpc.ZMTP, plainConfig)
	oursZMTPCurve = ours("zmtp+curve", "the same with CURVE", bilateralrpc.ZMTP, curveConfig)
)

func plainConfig() (bilateralrpc.Config, error) {
	return bilateralrpc.Config{Name: fmt.Sprintf("node-%d", os.Getpid())}, nil
}

func curveConfig() (bilateralrpc.Config, error) {
	public, private, err := bilateralrpc.NewKeypair()
	return bilateralrpc.Config{PublicKey: public, PrivateKey: private}, err
}

func ours(name, what string, transport bilateralrpc.Transport, config func() (bilateralrpc.Config, error)) contender {
	node := func() (*bilateralrpc.Bilateral, string, error) {
		c, err := config()
		if err != nil {
			return nil, "", err
		}
		c.Network, c.Transport = "bench", transport
		b, err := bilateralrpc.New(c)
		return b, c.Name + c.PublicKey, err // one of them is empty
	}
	return contender{
		name: name,
		what: what,
		serve: func() (string, func(), error) {
			b, name, err := node()
			if err != nil {
				return "", nil, err
			}
			if err := b.Register(Arith{}); err != nil {
				return "", nil, err
			}
			if err := b.ListenOn("tcp://127.0.0.1:*"); err != nil {
				return "", nil, err
			}
			return b.ListenAddresses()[0] + " " + name, b.Close, nil
		},
		dial: func(target string) (client, error) {
			b, _, err := node()
			if err != nil {
				return nil, err
			}
			address, peer, _ := strings.Cut(target, " ")
			if err := b.ConnectTo(peer, address); err != nil {
				return nil, err
			}
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			return oursClient{b, []string{peer}}, b.WaitPeers(ctx, 1)
		},
	}
}

type oursClient struct {
	*bilateralrpc.Bilateral
	to []string
}

func (c oursClient) load(callers int, done func(int) bool) (int, error) {
	return parallel(callers, done, func(args Operands) (Results, error) {
		var rows []struct {
			From  string
			Reply Results
			Err   error
		}
		if err := c.Call(c.to, "Arith.SumDiff", args, &rows); err != nil {
			return Results{}, err
		}
		if len(rows) != 1 {
			return Results{}, fmt.Errorf("%d rows, want 1", len(rows))
		}
		return rows[0].Reply, rows[0].Err
	})
}

func (c oursClient) close() { c.Close() }
