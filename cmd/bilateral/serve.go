package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/bitmark-inc/bilateralrpc"
)

// The methods of serve echo.
type (
	echoArgs  struct{ Text string }
	echoReply struct{ Text, From string }
	sumArgs   struct{ A, B int }
	sumReply  struct{ Sum, Diff int }
	waitArgs  struct{ Milliseconds int }
	waitReply struct{ Waited string }
)

var (
	echo    = bilateralrpc.NewMethod[echoArgs, echoReply]("Echo.Echo")
	sumDiff = bilateralrpc.NewMethod[sumArgs, sumReply]("Echo.SumDiff")
	waiting = bilateralrpc.NewMethod[waitArgs, waitReply]("Echo.Wait")
)

// ready is what serve says in JSON once it can be called.
type ready struct {
	Name      string   `json:"name"`
	Addresses []string `json:"addresses"`
}

func (a *app) serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "serve", Short: "Be a node to try things on", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return usage("serve what? bilateral serve echo") },
	}
	c.AddCommand(&cobra.Command{
		Use: "echo", Short: "Serve Echo.Echo, Echo.SumDiff and Echo.Wait, until Ctrl-C",
		Long: `Serve Echo.Echo, Echo.SumDiff and Echo.Wait, until Ctrl-C. It listens on a free port of
this machine if there is no --listen, and tells its name, addresses and methods. It dials
nobody but those of --connect. On SIGHUP it reads the keys of --allow again.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, cancel := a.bounded(c, true)
			defer cancel()
			if len(a.listen) == 0 {
				a.listen = []string{"tcp://127.0.0.1:*"}
			}
			known, err := a.readBook()
			if err != nil {
				return err
			}
			s, err := a.openFor(known, known[:len(a.connect)], true, true) // --connect comes first
			if err != nil {
				return err
			}
			defer s.node.Close()
			return s.serveEcho(ctx)
		},
	})
	return c
}

func (s *session) serveEcho(ctx context.Context) error {
	for _, err := range []error{
		echo.Handle(s.node, func(ctx context.Context, args echoArgs) (echoReply, error) {
			return echoReply{args.Text, s.book.called(bilateralrpc.PeerOf(ctx))}, nil
		}),
		sumDiff.Handle(s.node, func(_ context.Context, args sumArgs) (sumReply, error) {
			return sumReply{args.A + args.B, args.A - args.B}, nil
		}),
		waiting.Handle(s.node, wait),
	} {
		if err != nil {
			return err
		}
	}
	if err := s.tellReady(); err != nil {
		return err
	}
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	for {
		select {
		case <-reload:
			if err := s.node.ReloadAllowedKeys(); err != nil {
				s.note("the keys are those of before: %v", err)
				continue
			}
			s.note("the keys are read again")
		case <-ctx.Done():
			return nil
		}
	}
}

// wait answers after a while, or when nobody waits for it any more.
func wait(ctx context.Context, args waitArgs) (waitReply, error) {
	began := time.Now()
	if args.Milliseconds < 0 {
		return waitReply{}, bilateralrpc.NewError("negative", "Milliseconds is less than 0")
	}
	select {
	case <-time.After(time.Duration(args.Milliseconds) * time.Millisecond):
		return waitReply{time.Since(began).String()}, nil
	case <-ctx.Done():
		return waitReply{}, context.Cause(ctx)
	}
}

func (s *session) tellReady() error {
	status := s.node.Status()
	if s.json() {
		return s.line(ready{status.Name, status.Addresses})
	}
	text := ""
	for _, address := range status.Addresses {
		text += fmt.Sprintf("%s,%s\n", status.Name, address)
	}
	s.note("serving; call it from elsewhere by: bilateral --connect %s call all Echo.SumDiff '{\"A\":1,\"B\":2}'", quoted(status.Name+","+status.Addresses[0]))
	return s.text("%s", text)
}
