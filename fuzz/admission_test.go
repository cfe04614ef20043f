package fuzz

import (
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/z85"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// FuzzAdmission has a peer that claims any identity, and holds any key, knock at a
// node: with what it knocks is what it claims and holds, it is up if it is admitted and
// never otherwise, and a claim changes nothing about its key. Its name is then one that
// core takes, or none that a frame gets past.
func FuzzAdmission(f *testing.F) {
	key, err := z85.Encode(zmtpKeys[0].Public[:])
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"b", "", "\x00anonymous", "m", strings.Repeat("n", 255), strings.Repeat("n", 256), "ä b\n", key} {
		f.Add(name, byte(1), byte(0))
		f.Add(name, byte(1), byte(zmtpCurve))
		f.Add(name, byte(2), byte(zmtpCurve|zmtpRefuse))
		f.Add(name, byte(3), byte(zmtpRefuse))
	}
	f.Fuzz(func(t *testing.T, name string, secret, flags byte) {
		_, listen := zmtpEnds(flags)
		config := &zmtp.Config{Identity: name, PayloadBytesMax: zmtpPayloadMax}
		if flags&zmtpCurve != 0 {
			config.Curve = admissionKeys[secret%byte(len(admissionKeys))]
		}
		knocks := 0
		dial := &zmtpEnd{conn: zmtp.Dial(config, &zmtpKeys[1].Public, &zmtp.Entropy{3}, 0)}
		admit := listen.refuse
		listen.admit = func(c *zmtp.Conn) bool {
			if knocks++; c.PeerIdentity() != name {
				t.Fatalf("%q knocks, and claims to be %q", c.PeerIdentity(), name)
			}
			if config.Curve != nil && *c.PeerKey() != config.Curve.Public {
				t.Fatalf("key %x knocks, and holds %x", *c.PeerKey(), config.Curve.Public)
			}
			return !admit
		}
		handshake(t, dial, listen)
		switch legal := len(name) <= 255; {
		case !legal && (knocks > 0 || listen.conn.Up()):
			t.Fatalf("a claim of %d bytes passed", len(name))
		case legal && knocks != 1:
			t.Fatalf("%q has knocked %d times: %v", name, knocks, listen.fault)
		case legal && listen.conn.Up() != !listen.refuse:
			t.Fatalf("refused %v, and up %v: %v", listen.refuse, listen.conn.Up(), listen.fault)
		case listen.refuse && dial.conn.Up() && dial.fault == nil && flags&zmtpCurve != 0:
			t.Fatal("the one that was refused is up")
		}
		admitted(t, name)
	})
}

// admissionKeys are few, since a key pair takes longer than a handshake.
var admissionKeys = [...]*zmtp.Keys{zmtpKeys[0], zmtpKeyPair(7), zmtpKeyPair(8)}

// admitted says JOIN in that name to a machine: it makes a peer of legal names other
// than the machine's own, and of nothing else.
func admitted(t *testing.T, name string) {
	t.Helper()
	m, err := core.New(core.Config{Name: "m", Network: "net"})
	if err != nil {
		t.Fatal(err)
	}
	m.Step(nil, &core.Event{Kind: core.EvFrame, Peer: name, Link: core.Link{Half: core.Listening, N: 1}, Command: core.JOIN, Body: []byte("net"), At: 1})
	_, known := m.Status(name)
	if want := name != "m" && name != "" && len(name) <= 255 && name[0] != 0; known != want || core.LegalName(name) != (want || name == "m") {
		t.Fatalf("%q is a peer: %v, legal: %v", name, known, core.LegalName(name))
	}
}
