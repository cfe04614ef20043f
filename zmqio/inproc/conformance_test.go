package inproc_test

import (
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/inproc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var options = transporttest.Options{
	Addresses:    func(testing.TB) []string { return []string{"inproc://*"} },
	BadAddresses: []string{"inproc://", "inproc://" + strings.Repeat("x", 256), "tcp://127.0.0.1:5", "ipc:///tmp/x"},
}

func TestConformance(t *testing.T) { transporttest.Run(t, inproc.Transport, options) }

func open(t *testing.T, name string) *transporttest.Node {
	t.Helper()
	return transporttest.NewNode(t, inproc.Transport, transporttest.NewConfig(name, nil), options)
}

func TestLargePayloadsChangeHands(t *testing.T) {
	l, d := open(t, "l").Listen("inproc://*"), open(t, "d")
	atD, atL := d.Join(l)
	for _, size := range []int{zmqio.KeepBytes - 1, zmqio.KeepBytes} {
		payload := transporttest.Bytes(1, size)
		d.Send(atD, core.CALL, payload)
		if r := l.WantFrame(atL, core.CALL, payload); r.Keep != (size >= zmqio.KeepBytes) {
			t.Errorf("%d bytes were handed up with keep %t", size, r.Keep)
		}
	}
}

// The cause is known here: nothing stands between the nodes.
func TestMessageOverTheLimitIsTheCause(t *testing.T) {
	config := transporttest.NewConfig("l", nil)
	config.PayloadBytesMax = 10
	l, d := transporttest.NewNode(t, inproc.Transport, config, options).Listen("inproc://*"), open(t, "d")
	atD, atL := d.Join(l)
	d.Send(atD, core.CALL, "1234567890+")
	l.WantLost(atL, core.CauseTooLarge)
	d.WantLost(atD, core.CauseLost)
}

func TestAddressInUse(t *testing.T) {
	n := open(t, "n").Listen("inproc://*")
	if _, err := n.TryListen(n.Bound); !errors.Is(err, inproc.ErrInUse) || !strings.Contains(err.Error(), n.Bound) {
		t.Errorf("Listen on an address in use: %v, want ErrInUse with the address", err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	n := open(t, "n")
	if err := n.Carrier.CheckAddress("inproc://"); err == nil || !strings.Contains(err.Error(), "write inproc://name") {
		t.Errorf("CheckAddress: %v", err)
	}
	bad := transporttest.NewConfig("", nil)
	if _, err := inproc.Transport.Open(n, bad); err == nil || !strings.HasPrefix(err.Error(), "bilateralrpc: ") {
		t.Errorf("Open: %v, want an error of bilateralrpc", err)
	}
}
