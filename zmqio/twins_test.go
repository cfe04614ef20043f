package zmqio

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// A name that is in use twice is a warning at both ends: where it connects to with the
// addresses of both nodes, also when the older connection is gone, and at the node
// whose place was taken, in the state of the peer too.
func TestTwinsAreTold(t *testing.T) {
	for _, gone := range []bool{false, true} {
		var log strings.Builder
		var f flushing
		d := nodeWithPeer(t, &f, Config{Node: TransportConfig{Logger: slog.New(slog.NewTextHandler(&log, nil))}})
		f.sink.Lock()
		old, newer := f.sink.NextLink(), f.sink.NextLink()
		f.sink.LinkUp(old, "twin", "10.0.0.1")
		f.sink.LinkUp(newer, "twin", "10.0.0.2")
		if gone {
			d.router.remove(old)
		}
		d.perform(&core.Action{Kind: core.ActDrop, Peer: "twin", Link: old, Command: core.MEET, Drop: core.DropTwin}, false)
		d.dialled.add("server", "fake://server")
		mine := core.Link{Half: core.Dialling, N: 1}
		d.router.add(mine, d.router.ports[0], "server", "fake://server")
		d.perform(&core.Action{Kind: core.ActDrop, Peer: "server", Link: mine, Command: core.PART, Drop: core.DropTwin}, false)
		f.sink.UnlockAndDispatch()
		for _, want := range []string{
			`level=WARN msg="two nodes use the name of the peer, or it has restarted unnoticed" peer=twin address=10.0.0.2 other_address=10.0.0.1`,
			`level=WARN msg="another node uses this node's name, and has taken its place at the peer" peer=server address=fake://server`,
		} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the older connection gone: %t: the log lacks %q:\n%s", gone, want, log.String())
			}
		}
		if p, _ := d.dialled.find("server"); p.err != errTwin {
			t.Errorf("the server is not active since: %v, want that another node has taken our place", p.err)
		}
		d.Close()
	}
}
