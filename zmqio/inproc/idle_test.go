package inproc_test

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio/inproc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// An inbox into which nothing has come for some seconds has no goroutine, and the next message
// starts one.
func TestAnIdleInboxHasNoGoroutine(t *testing.T) {
	l := transporttest.NewNode(t, inproc.Transport, transporttest.NewConfig("l", nil), options).Listen("inproc://*")
	d := transporttest.NewNode(t, inproc.Transport, transporttest.NewConfig("d", nil), options)
	atD, atL := d.Join(l)
	for _, payload := range []string{"x", "y"} {
		d.Send(atD, core.CAST, payload)
		l.WantFrame(atL, core.CAST, payload)
		for deadline := time.Now().Add(transporttest.Patience); readers() > 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d goroutines read inboxes into which nothing comes", readers())
			}
		}
	}
}

// readers returns how many goroutines read inboxes. Other tests must not run meanwhile.
func readers() int {
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("inproc.(*carrier).run("))
}
