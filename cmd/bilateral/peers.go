package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/bitmark-inc/bilateralrpc"
)

// peerRow is what peers says of one in JSON.
type peerRow struct {
	Peer    string   `json:"peer"`
	Alias   string   `json:"alias,omitempty"`
	Active  bool     `json:"active"`
	Address string   `json:"address,omitempty"` // that is dialled
	From    string   `json:"from,omitempty"`    // where it dials from
	Ours    bool     `json:"ours"`
	Error   *trouble `json:"error,omitempty"`
}

func (a *app) peersCommand() *cobra.Command {
	return &cobra.Command{
		Use: "peers [PEER]", Short: "Show which peers can be reached, and why others can't",
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completePeer,
		RunE: func(c *cobra.Command, args []string) error {
			ctx, cancel := a.bounded(c, false)
			defer cancel()
			s, err := a.open(append(args, everybody)[0])
			if err != nil {
				return err
			}
			defer s.node.Close()
			_, missing, err := s.settle(ctx)
			if err != nil {
				return err
			}
			if err := s.showPeers(missing); err != nil {
				return err
			}
			if len(missing) > 0 {
				return &failure{code: exitNotConnected}
			}
			return nil
		},
	}
}

func (s *session) showPeers(missing map[string]error) error {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "PEER\tADDRESS\tSTATE\tSPEAKS")
	for _, p := range s.node.Peers() {
		err := missing[p.Name]
		if s.json() {
			if err := s.line(s.peerRow(&p, err)); err != nil {
				return err
			}
			continue
		}
		state, address := "active", p.Address
		if err != nil {
			state = textOf(err)
		}
		if address == "" {
			address = "dials from " + p.From
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.book.called(p.Name), address, state, s.speaks(&p))
	}
	if s.json() {
		return nil
	}
	return errors.Join(w.Flush(), s.text("%s", table.String()))
}

// speaks says whether a peer is one of ours, as far as that is known.
func (s *session) speaks(p *bilateralrpc.PeerStatus) string {
	switch {
	case !p.Active:
		return "-"
	case p.Ours:
		return "extensions"
	}
	return "the original's protocol"
}

func (s *session) peerRow(p *bilateralrpc.PeerStatus, err error) *peerRow {
	row := &peerRow{Peer: p.Name, Alias: s.book.alias(p.Name), Active: p.Active, Address: p.Address, From: p.From, Ours: p.Ours}
	if err != nil {
		row.Error = troubleOf(err, codeOf(err))
	}
	return row
}
