package zmtpnet

import (
	"testing"

	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/nametest"
)

func TestEveryAddressOfANameIsDialled(t *testing.T) {
	nametest.EveryAddressIsDialled(t, Transport, options)
}

func TestLookupLeavesTheNodeFree(t *testing.T) {
	nametest.LookupLeavesTheNodeFree(t, Transport, options)
}
