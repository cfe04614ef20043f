package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/bitmark-inc/bilateralrpc"
)

// event is what watch says in JSON.
type event struct {
	Time    time.Time `json:"time"`
	Event   string    `json:"event"` // up, down, refused
	Peer    string    `json:"peer,omitempty"`
	Alias   string    `json:"alias,omitempty"`
	Address string    `json:"address,omitempty"`
	Cause   string    `json:"cause,omitempty"`
	Text    string    `json:"text,omitempty"`
	Lost    int       `json:"lost,omitempty"` // events before it that were left out
}

func (a *app) watchCommand() *cobra.Command {
	return &cobra.Command{
		Use: "watch [PEER]", Short: "Tell of peers as they come and go, until Ctrl-C",
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completePeer,
		RunE: func(c *cobra.Command, args []string) error {
			ctx, cancel := a.bounded(c, true)
			defer cancel()
			s, err := a.open(append(args, everybody)[0])
			if err != nil {
				return err
			}
			defer s.node.Close()
			for e := range s.node.Watch(ctx) {
				if err := s.showEvent(&e); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (s *session) showEvent(e *bilateralrpc.PeerEvent) error {
	if !s.json() {
		return s.text("%s  %v\n", e.Time.Format(time.TimeOnly), e)
	}
	line := event{
		Time: e.Time.UTC(), Event: string(e.Kind), Peer: e.Name, Alias: s.book.alias(e.Name),
		Address: e.Address, Cause: string(e.Cause), Lost: e.Lost,
	}
	if e.Err != nil {
		line.Text = e.Err.Error()
	}
	return s.line(line)
}
