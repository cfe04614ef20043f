// Sumdiff is a program to copy: a server and a client in two terminals.
//
// In the first terminal:
//
//	go run ./examples/sumdiff -listen 'tcp://*:5555' -keys server.keys
//
// It prints the command for the second one, with the server's key in it:
//
//	go run ./examples/sumdiff -connect tcp://127.0.0.1:5555 -peer 'KEY'
//
// The client calls the server once a second. The server calls the client too, on
// the connection that the client made, because here both ends can. Stop either
// with control-C, start it again with the same command, and watch the other.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// Arith is the service that both ends offer.
type Arith struct{}

// Operands and Results are arguments and reply of Arith.SumDiff. What travels is
// matched by the names of the fields, so the other end needs the same names, not
// the same types.
type (
	Operands struct{ A, B int }
	Results  struct{ Sum, Diff int }
)

// SumDiff replies with the sum and the difference.
func (Arith) SumDiff(args Operands, reply *Results) error {
	*reply = Results{args.A + args.B, args.A - args.B}
	return nil
}

func main() {
	listen := flag.String("listen", "", "address to listen on, such as tcp://*:5555")
	connect := flag.String("connect", "", "address to connect to, such as tcp://192.0.2.1:5555")
	peer := flag.String("peer", "", "public key of the node there")
	keys := flag.String("keys", "", "file to keep this node's keys in (without, they are new every time)")
	flag.Parse()
	if (*listen == "") == (*connect == "") || (*connect == "") != (*peer == "") {
		fmt.Fprintln(os.Stderr, "sumdiff: give either -listen, or -connect and -peer")
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *listen, *connect, *peer, *keys); err != nil {
		fmt.Fprintln(os.Stderr, "sumdiff:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen, connect, peer, keysFile string) error {
	own, err := keysFrom(keysFile)
	if err != nil {
		return err
	}
	node, err := bilateralrpc.New(bilateralrpc.Config{
		Network:    "sumdiff",
		PublicKey:  own.Public,
		PrivateKey: own.Private,
	})
	if err != nil {
		return err
	}
	defer node.Close()
	if err := node.Register(Arith{}); err != nil {
		return err
	}
	if connect != "" {
		err = node.ConnectTo(peer, connect)
	} else if err = node.ListenOn(listen); err == nil {
		fmt.Printf("listening on %s; in another terminal:\n\n", node.ListenAddresses()[0])
		fmt.Printf("    go run ./examples/sumdiff -connect %s -peer '%s'\n\n", reachable(node.ListenAddresses()[0]), own.Public)
	}
	if err != nil {
		return err
	}
	return callEverySecond(ctx, node)
}

// callEverySecond calls all peers there are, until ctx is done.
func callEverySecond(ctx context.Context, node *bilateralrpc.Bilateral) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		// A row for each peer that answered in time.
		var rows []struct {
			From  string
			Reply Results
			Err   error
		}
		began := time.Now()
		if err := node.Call(bilateralrpc.SendToAll, "Arith.SumDiff", Operands{n, 1}, &rows); err != nil {
			return err
		}
		took := time.Since(began).Round(time.Microsecond)
		if len(rows) == 0 {
			fmt.Println("nobody is there")
		}
		for _, row := range rows {
			if row.Err != nil {
				fmt.Printf("%s: error: %v\n", row.From, row.Err)
				continue
			}
			fmt.Printf("%s: %d+1 is %d, %d-1 is %d (%v)\n", row.From, n, row.Reply.Sum, n, row.Reply.Diff, took)
		}
	}
}

type keypair struct{ Public, Private string }

// keysFrom reads the keys in file, or makes new ones and writes them there.
func keysFrom(file string) (own keypair, err error) {
	if file != "" {
		text, err := os.ReadFile(file)
		if err == nil {
			return own, json.Unmarshal(text, &own)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return own, err
		}
	}
	if own.Public, own.Private, err = bilateralrpc.NewKeypair(); err != nil || file == "" {
		return own, err
	}
	text, err := json.Marshal(own)
	if err != nil {
		return own, err
	}
	return own, os.WriteFile(file, text, 0o600)
}
