package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/bitmark-inc/bilateralrpc"
)

// probe is a method that no node has. Every node answers so, originals too, and that takes
// the way of any call.
var probe = bilateralrpc.NewMethod[struct{ Version uint }, struct{ Version uint }]("_bilateral.ping")

// pong is what ping says in JSON of each round.
type pong struct {
	Peer  string   `json:"peer"`
	Alias string   `json:"alias,omitempty"`
	Round int      `json:"round"`
	Ms    *float64 `json:"ms"`
	Ours  bool     `json:"ours"` // it speaks the extensions of this implementation
}

func (a *app) pingCommand() *cobra.Command {
	var count int
	var interval time.Duration
	c := &cobra.Command{
		Use: "ping PEER", Short: "See how long peers take to answer",
		Long: `See how long peers take to answer a call. Nodes of the original package answer too.`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.completePeer,
		RunE: func(c *cobra.Command, args []string) error {
			if count < 1 || interval < 0 {
				return usage("--count is %d and --interval %v: want 1 at least, and no less than 0", count, interval)
			}
			return a.each(c, args[0], func(_ context.Context, s *session, _ []string) (work, error) {
				return func(ctx context.Context, peer string) (json.RawMessage, error) {
					return nil, s.pingOften(ctx, peer, count, interval)
				}, nil
			})
		},
	}
	c.Flags().IntVar(&count, "count", 1, "how often")
	c.Flags().DurationVar(&interval, "interval", time.Second, "from one to the next")
	return c
}

// pingOften pings a peer count times.
func (s *session) pingOften(ctx context.Context, peer string, count int, interval time.Duration) error {
	for round := range count {
		if round > 0 {
			select {
			case <-time.After(interval):
			case <-ctx.Done():
				return fmt.Errorf("%d of %d rounds: %w", round, count, ctx.Err())
			}
		}
		took, err := s.ping(ctx, peer)
		if err != nil {
			return err
		}
		if err := s.showPong(peer, round+1, took); err != nil {
			return err
		}
	}
	return nil
}

// ping returns how long a peer took to answer, with whatever it did.
func (s *session) ping(ctx context.Context, peer string) (time.Duration, error) {
	began := time.Now()
	_, err := probe.One(ctx, s.node, peer, struct{ Version uint }{1})
	took := time.Since(began)
	var text bilateralrpc.RemoteError
	if err == nil || errors.As(err, &text) || errors.Is(err, bilateralrpc.ErrUnserved) {
		return took, nil
	}
	return 0, err
}

func (s *session) showPong(peer string, round int, took time.Duration) error {
	ours := false
	for _, p := range s.node.Peers() {
		ours = ours || p.Name == peer && p.Ours
	}
	if s.json() {
		return s.line(pong{Peer: peer, Alias: s.book.alias(peer), Round: round, Ms: ms(took), Ours: ours})
	}
	return s.text("%s answers after %v\n", s.book.called(peer), took.Round(time.Microsecond))
}
