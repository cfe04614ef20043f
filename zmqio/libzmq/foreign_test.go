//go:build cgo && libzmq

package libzmq

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
	zmq "github.com/pebbe/zmq4"
)

// foreign is a raw socket of somebody else: an original, or an attacker.
type foreign struct {
	t   testing.TB
	ctx *zmq.Context
	*zmq.Socket
}

// newForeign opens a socket of that kind that claims to be name. With
// own it uses CURVE, as a client of the node with the key server, or as
// a server if server is empty.
func newForeign(t testing.TB, kind zmq.Type, name string, own *transporttest.Keys, server string) *foreign {
	t.Helper()
	ctx, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	f := &foreign{t: t, ctx: ctx}
	if f.Socket, err = ctx.NewSocket(kind); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.close)
	f.must(f.SetLinger(0))
	f.must(f.SetRcvtimeo(patience))
	f.must(f.SetSndtimeo(patience))
	if name != "" {
		f.must(f.SetIdentity(name))
	}
	if own == nil {
		return f
	}
	f.must(f.SetCurvePublickey(string(own.Public[:])))
	f.must(f.SetCurveSecretkey(string(own.Secret[:])))
	if server == "" {
		f.must(f.SetCurveServer(1))
	} else {
		f.must(f.SetCurveServerkey(server))
	}
	return f
}

// newClient is newForeign for a DEALER that has begun to connect to n.
func newClient(t testing.TB, n *node, address, claims string) *foreign {
	t.Helper()
	if n.Keys == nil {
		f := newForeign(t, zmq.DEALER, claims, nil, "")
		f.must(f.Connect(address))
		return f
	}
	f := newForeign(t, zmq.DEALER, claims, transporttest.NewKeys(t), n.Name)
	f.must(f.Connect(address))
	return f
}

func (f *foreign) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// say sends one message of these frames.
func (f *foreign) say(frames ...string) {
	f.t.Helper()
	_, err := f.SendMessage(frames)
	f.must(err)
}

// hear receives one message, and fails the test if none comes.
func (f *foreign) hear() []string {
	f.t.Helper()
	frames, err := f.RecvMessage(0)
	f.must(err)
	return frames
}

// wantSilence fails the test if a message comes within d.
func (f *foreign) wantSilence(d time.Duration) {
	f.t.Helper()
	f.must(f.SetRcvtimeo(d))
	if frames, err := f.RecvMessage(0); err == nil && !(frames[0] == "TOCK" && frames[1] == "") { // but for a probe
		f.t.Fatalf("received %q, want nothing", frames)
	}
	f.must(f.SetRcvtimeo(patience))
}

func (f *foreign) publicKey() string {
	f.t.Helper()
	key, err := f.GetCurvePublickeykeyZ85()
	f.must(err)
	return key
}

// close is safe to call twice.
func (f *foreign) close() {
	f.Socket.Close()
	f.ctx.Term()
}
