package main

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"
)

func (a *app) castCommand() *cobra.Command {
	return &cobra.Command{
		Use: "cast PEER METHOD [JSON]", Short: "Call a method, and expect nothing back",
		Long: `Call a method, and expect nothing back. A row says that the message was sent: nothing
tells whether it has arrived, and nothing whether a handler has run.`,
		Example: `  bilateral cast all Echo.SumDiff '{"A":1,"B":2}'`,
		Args:    cobra.RangeArgs(2, 3), ValidArgsFunction: a.completeMethod,
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.argsText(args[2:])
			if err != nil {
				return err
			}
			return a.each(c, args[0], func(ctx context.Context, s *session, up []string) (work, error) {
				plans, err := s.plans(ctx, up, args[1], text)
				return func(_ context.Context, peer string) (json.RawMessage, error) {
					if plans[peer].err != nil {
						return nil, plans[peer].err
					}
					if err := s.node.Cast([]string{peer}, args[1], plans[peer].args); err != nil {
						return nil, err
					}
					return nil, s.showSent(peer)
				}, err
			})
		},
	}
}

// sent is what cast says in JSON.
type sent struct {
	Peer  string `json:"peer"`
	Alias string `json:"alias,omitempty"`
	Sent  bool   `json:"sent"`
}

func (s *session) showSent(peer string) error {
	if s.json() {
		return s.line(sent{peer, s.book.alias(peer), true})
	}
	return s.text("%s: sent\n", s.book.called(peer))
}
