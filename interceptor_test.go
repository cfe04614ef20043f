package bilateralrpc_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/bitmark-inc/bilateralrpc"
)

// Peers can make up names of methods without end: an interceptor is told which there are.
func TestServeInterceptorsKnowWhichMethodsThereAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		server := memoryNode(t, bilateralrpc.Config{Name: "server", ServeInterceptors: []bilateralrpc.ServeInterceptor{
			func(ctx context.Context, r *bilateralrpc.ServeInfo, next func(context.Context) error) error {
				if r.Known {
					seen = append(seen, r.Method)
					return next(ctx)
				}
				return errors.New("no") // an interceptor may hide why
			},
		}}, "known")
		client := memoryNode(t, bilateralrpc.Config{Name: "client"}, "")
		dial(t, client, "server", "known")
		if err := errors.Join(SumDiff.Handle(server, sumDiff), client.WaitFor(t.Context(), "server")); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Arith.SumDiff", "Arith.Nothing", "Nobody.SumDiff"} {
			m := bilateralrpc.NewMethod[Args, Sums](name)
			if _, err := m.One(t.Context(), client, "server", Args{}); (err == nil) != (name == "Arith.SumDiff") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !slices.Equal(seen, []string{"Arith.SumDiff"}) {
			t.Errorf("known are %q, want the one that is served", seen)
		}
	})
}
