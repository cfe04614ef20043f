package inproc_test

import (
	"testing"

	"github.com/bitmark-inc/bilateralrpc/zmqio/inproc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

func TestConformance(t *testing.T) {
	transporttest.Run(t, inproc.Transport, transporttest.Options{
		Addresses:    func(testing.TB) []string { return []string{"inproc://*"} },
		BadAddresses: []string{"inproc://", "tcp://127.0.0.1:5", "ipc:///tmp/x"},
	})
}
