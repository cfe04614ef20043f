package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/bitmark-inc/bilateralrpc"
)

// madeKeys is what keygen says in JSON.
type madeKeys struct {
	Public string `json:"public"`
	File   string `json:"file"`
	Made   bool   `json:"made"` // it was not there before
}

func (a *app) keygenCommand() *cobra.Command {
	return &cobra.Command{
		Use: "keygen FILE", Short: "Make the keys of a node, or show the public one of those that there are",
		Long: `Make the keys of a node, in a file that nobody else can read, and show the public one, which
is the name of the node. Keys that are there already are kept.`,
		Example: `  bilateral keygen my.keys
  echo "$(bilateral keygen my.keys) operator" >> allowed.keys`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			_, err := os.Stat(args[0])
			made := errors.Is(err, fs.ErrNotExist)
			public, _, err := bilateralrpc.LoadOrCreateKeypair(args[0])
			if err != nil {
				return usage("%w", err)
			}
			if a.json() {
				return a.line(madeKeys{public, args[0], made})
			}
			if made {
				a.note("made %s. Give this key to those that are to let the node in; keep the file secret.", args[0])
			}
			return a.text("%s\n", public)
		},
	}
}
