package main

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/bitmark-inc/bilateralrpc/internal/shape"
)

// methodRow is what methods says of one in JSON.
type methodRow struct {
	Peer    string          `json:"peer"`
	Alias   string          `json:"alias,omitempty"`
	Method  string          `json:"method"`
	Args    string          `json:"args"` // types, as Go writes them
	Reply   string          `json:"reply"`
	Example json.RawMessage `json:"example,omitempty"` // of the arguments
}

func (a *app) methodsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "methods PEER", Short: "Show the methods that peers tell of, and what to call them with",
		Long: `Show the methods that peers tell of, the types of their arguments and replies, and a line
to call each. A node tells of its methods if it is made with Config.ListMethods.`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.completePeer,
		RunE: func(c *cobra.Command, args []string) error {
			return a.each(c, args[0], func(ctx context.Context, s *session, up []string) (work, error) {
				answers := s.ask(ctx, up)
				return func(_ context.Context, peer string) (json.RawMessage, error) {
					if err := answers[peer].err; err != nil {
						return nil, err
					}
					return nil, s.showMethods(peer, answers[peer].listing)
				}, nil
			})
		},
	}
}

func (s *session) showMethods(peer string, l *shape.Listing) error {
	if l == nil {
		return context.DeadlineExceeded // it was asked, and has not answered
	}
	text := ""
	for _, m := range l.Methods {
		row := methodRow{Peer: peer, Alias: s.book.alias(peer), Method: m.Name, Args: l.Text(m.Args), Reply: l.Text(m.Reply)}
		if example := l.Example(m.Args); json.Valid([]byte(example)) {
			row.Example = json.RawMessage(example)
		}
		if s.json() {
			if err := s.line(row); err != nil {
				return err
			}
			continue
		}
		text += m.Name + "\n  takes   " + row.Args + "\n  returns " + row.Reply + "\n  call    bilateral call " +
			quoted(s.book.called(peer)) + " " + m.Name + " " + quoted(string(row.Example)) + "\n"
	}
	return s.text("%s", text)
}
