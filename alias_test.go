package bilateralrpc_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// The error of a call names the peer as people call it; what programs compare stays the name.
func TestErrorsOfCallsNamePeersByTheirAliases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hush := bilateralrpc.NewMethod[struct{ N int }, int]("Quiet.Hush")
		bob := memoryNode(t, bilateralrpc.Config{Name: "bob", Alias: func(name string) string {
			return map[string]string{"10.0.0.7": "the printer", "bob": "home"}[name]
		}}, "alias-of-calls")
		printer := memoryNode(t, bilateralrpc.Config{Name: "10.0.0.7"}, "")
		dial(t, printer, "bob", "alias-of-calls")
		err := hush.Handle(printer, func(ctx context.Context, _ struct{ N int }) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
		if err := errors.Join(err, bob.WaitFor(t.Context(), "10.0.0.7")); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			peer, want string
			kind       error
		}{
			{"10.0.0.7", "Quiet.Hush at the printer (10.0.0.7): ", bilateralrpc.ErrNoReply},
			{"10.0.0.8", "Quiet.Hush at 10.0.0.8: ", bilateralrpc.ErrNotConnected},
			{"bob", "is to run at home (bob) itself", bilateralrpc.ErrOwnName},
		} {
			_, err := hush.One(t.Context(), bob, c.peer, struct{ N int }{}, bilateralrpc.WithTimeout(time.Second))
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %q in it", err, c.want)
			}
		}

		_, err = hush.First(t.Context(), bob, []string{"10.0.0.7", "10.0.0.8"}, struct{ N int }{}, bilateralrpc.WithTimeout(time.Second))
		var quorum *bilateralrpc.QuorumError
		if !errors.As(err, &quorum) || len(quorum.Failed) != 2 || quorum.Failed[1].From != "10.0.0.7" {
			t.Fatalf("the error is %#v, want one that has what both peers said", err)
		}
		for _, want := range []string{"; the printer (10.0.0.7): ", "; 10.0.0.8: "} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %v, want %q in it", err, want)
			}
		}
		bare := &bilateralrpc.QuorumError{Want: 1, Failed: quorum.Failed} // as a program may make one
		if text := bare.Error(); !strings.Contains(text, "; 10.0.0.7: ") {
			t.Errorf("one without a node is %q", text)
		}
	})
}
