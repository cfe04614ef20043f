package main

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"
)

// The story starts this program again for its children, which here is the test.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == childArgument {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestTheStoryEndsWell(t *testing.T) {
	for _, transport := range []string{"zmtp", "libzmq"} {
		t.Run(transport, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err := story(ctx, transport)
			if errors.Is(err, libzmq.ErrUnavailable) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
