package zmtpnet

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// With CURVE a listener names a peer by its key, whatever the peer claims.
func TestNameIsTheKey(t *testing.T) {
	t.Parallel()
	b := start(t, "", true).listen()
	a := start(t, "", true)
	a.carrier().engine.Identity = b.Name // a lie
	ab := a.Dial(b.Name, b.Bound)
	a.wantUp(b.Name)
	b.wantUp(a.Name)
	a.HangUp(ab)
}

// Names that no node may have are not admitted, whatever Admit would say.
func TestIllegalNamesAreRefused(t *testing.T) {
	t.Parallel()
	b := start(t, "b", false).listen()
	for _, name := range []string{"", "\x00anonymous"} {
		a := start(t, "a", false)
		a.carrier().engine.Identity = name
		a.WantLost(a.Dial("b", b.Bound), core.CauseHandshake)
	}
	b.WantNothing()
	for range 2 {
		b.WantTurnedAway()
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for what, alter := range map[string]func(*zmqio.TransportConfig){
		"no name":        func(c *zmqio.TransportConfig) { c.Name = "" },
		"a long name":    func(c *zmqio.TransportConfig) { c.Name = strings.Repeat("x", 256) },
		"foreign secret": func(c *zmqio.TransportConfig) { c.SecretKey = transporttest.NewKeys(t).Secret },
		"foreign name":   func(c *zmqio.TransportConfig) { c.Name = "x" },
		"no queue":       func(c *zmqio.TransportConfig) { c.SendQueueMax = 0 },
		"no payload":     func(c *zmqio.TransportConfig) { c.PayloadBytesMax = 0 },
	} {
		cfg := transporttest.NewConfig("", transporttest.NewKeys(t))
		alter(&cfg)
		if transport, err := Transport.Open(&transporttest.Node{TB: t}, cfg); err == nil || transport != nil {
			t.Errorf("%s passes", what)
		} else if !strings.HasPrefix(err.Error(), "bilateralrpc: ") {
			t.Errorf("%s: %q is not an error of bilateralrpc", what, err)
		}
	}
}

func TestLargePayloadsChangeHands(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve).listen()
		ab, ba := a.join(b)
		for _, size := range []int{zmqio.KeepBytes, 65536, 1 << 20} {
			payload := transporttest.Bytes(size, size)
			a.Send(ab, core.CALL, payload)
			if r := b.WantFrame(ba, core.CALL, payload); !r.Keep {
				t.Errorf("a payload of %d bytes was not handed over", size)
			}
		}
	})
}

func TestFailedDialOfAFile(t *testing.T) {
	t.Parallel()
	a := start(t, "a", false)
	a.WantLost(a.Dial("x", "ipc://"+filepath.Join(t.TempDir(), "none")), core.CauseUnreachable)
}
