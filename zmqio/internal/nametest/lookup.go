package nametest

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// LookupLeavesTheNodeFree tests that while a name is looked up, to listen there, the
// node can be used, and can be closed. The test must not be parallel.
func LookupLeavesTheNodeFree(t *testing.T, transport zmqio.Transport, options transporttest.Options) {
	before := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = before })
	asked, answer := make(chan struct{}, 1), make(chan struct{})
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		select {
		case asked <- struct{}{}:
		default:
		}
		select {
		case <-answer:
		case <-ctx.Done():
		}
		return nil, errors.New("no server")
	}}
	n := transporttest.NewNode(t, transport, transporttest.NewConfig("n", nil), options)
	listened := make(chan error, 1)
	go func() {
		_, err := n.TryListen("tcp://nobody.example:*")
		listened <- err
	}()
	want(t, asked, "the name is not looked up")
	free := make(chan struct{})
	go func() {
		n.Locked(func() {})
		close(free)
	}()
	want(t, free, "the node is locked while a name is looked up")
	close(answer)
	if err := <-listened; err == nil {
		t.Error("a name that nobody knows was bound")
	}
}

func want(t *testing.T, event <-chan struct{}, otherwise string) {
	t.Helper()
	select {
	case <-event:
	case <-time.After(transporttest.Patience):
		t.Fatal(otherwise)
	}
}
