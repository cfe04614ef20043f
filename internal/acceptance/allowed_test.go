package acceptance

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// A key that is struck off is neither served nor called any more, whichever end has
// dialled, nor dialled until it is back on the list.
func TestARevokedKeyIsOutOnBothHalves(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		node, name := encrypted(t, tr, bilateralrpc.Config{})
		kept, keptName := encrypted(t, tr, bilateralrpc.Config{})
		dialled, dialledName := encrypted(t, tr, bilateralrpc.Config{})
		dialling, diallingName := encrypted(t, tr, bilateralrpc.Config{})
		both, bothName := encrypted(t, tr, bilateralrpc.Config{})
		connect(t, node, keptName, kept)
		connect(t, node, dialledName, dialled)
		connect(t, dialling, name, node)
		connect(t, both, name, node)
		connect(t, node, bothName, both)
		waitPeers(t, node, 4)
		for _, b := range []*bilateralrpc.Bilateral{dialled, dialling, both, kept} {
			waitPeers(t, b, 1)
		}

		if err := node.SetAllowedKeys([]string{keptName}); err != nil {
			t.Fatal(err)
		}
		served := node.Stats().FramesIn.Call
		if got := node.ActiveConnections(); !slices.Equal(got, []string{keptName}) {
			t.Errorf("active: %q, want the allowed key", got)
		}
		for _, b := range []*bilateralrpc.Bilateral{dialled, dialling, both} {
			eventually(t, "the revoked one to notice", func() bool { return b.ConnectionCount() == 0 })
			var rows []deskRow
			if err := b.Call([]string{name}, "Desk.Upper", DeskArgs{Text: "x"}, &rows, patience); err != nil || len(rows) > 0 && rows[0].Err == nil {
				t.Errorf("a revoked key is served: %+v, %v", rows, err)
			}
		}
		if n := node.Stats().FramesIn.Call; n != served {
			t.Errorf("%d calls of revoked keys arrived", n-served)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := node.WaitPeers(ctx, 4); err == nil || !strings.Contains(err.Error(), dialledName+" at "+dialled.ListenAddresses()[0]+": it is no longer admitted") {
			t.Errorf("WaitPeers: %v, want the revoked key in it", err)
		}

		if err := node.SetAllowedKeys([]string{keptName, dialledName, bothName}); err != nil {
			t.Fatal(err)
		}
		waitPeers(t, dialled, 1)
		waitPeers(t, both, 1)
		if slices.Contains(node.ActiveConnections(), diallingName) {
			t.Error("a key that is still revoked is back")
		}
		waitPeers(t, node, 3)
	})
}

// Who connects to a peer wants it: its key need not be allowed to connect to us.
func TestADialledKeyNeedNotBeOnTheList(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		server, serverName := encrypted(t, tr, bilateralrpc.Config{})
		node, _ := encrypted(t, tr, bilateralrpc.Config{AllowedKeys: []string{}})
		connect(t, node, serverName, server)
		waitPeers(t, node, 1)
		waitPeers(t, server, 1)
	})
}
