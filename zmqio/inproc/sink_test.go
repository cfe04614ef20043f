package inproc_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/inproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a node that writes down what its transport reports.
type recorder struct {
	sync.Mutex
	zmqio.Carrier
	accepted uint64
	lines    []string
	links    []core.Link
	payloads [][]byte // of frames reported with keep
	onFrame  func(link core.Link)
}

func newRecorder(t *testing.T, config zmqio.TransportConfig) *recorder {
	t.Helper()
	r := &recorder{}
	if config.PayloadBytesMax == 0 {
		config.PayloadBytesMax = 1 << 20
	}
	if config.SendQueueMax == 0 {
		config.SendQueueMax = 1000
	}
	var err error
	if r.Carrier, err = inproc.Transport.Open(r, config); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *recorder) note(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

// UnlockAndDispatch has nothing to dispatch.
func (r *recorder) UnlockAndDispatch() { r.Unlock() }

func (r *recorder) NextLink() core.Link {
	r.accepted++
	return core.Link{Half: core.Listening, N: r.accepted}
}

func (r *recorder) LinkUp(link core.Link, name string) {
	r.links = append(r.links, link)
	r.note("up %v %s", link, name)
}

func (r *recorder) LinkLost(link core.Link, name string, cause core.Cause) {
	r.note("lost %v %s %v", link, name, cause)
}

func (r *recorder) Frame(link core.Link, name string, command, payload []byte, keep bool) {
	if len(payload) > 20 {
		r.note("%v %s %s %d bytes keep=%t", link, name, command, len(payload), keep)
	} else {
		r.note("%v %s %s %q", link, name, command, payload)
	}
	if keep {
		r.payloads = append(r.payloads, payload)
	}
	if r.onFrame != nil {
		r.onFrame(link)
	}
}

func (r *recorder) TurnedAway() {}

func (r *recorder) Malformed(link core.Link, name string) { r.note("malformed %v %s", link, name) }
func (r *recorder) Fail(err error)                        { r.note("fail %v", err) }

// own calls f with the ownership.
func (r *recorder) own(f func()) {
	r.Lock()
	defer r.Unlock()
	f()
}

func (r *recorder) send(t *testing.T, link core.Link, command core.Command, body string) {
	t.Helper()
	r.own(func() {
		if err := r.Send(link, command, []byte("h:"), []byte(body)); err != nil {
			t.Errorf("Send %v %q: %v", command, body, err)
		}
	})
}

// want checks what was reported since it was asked last.
func (r *recorder) want(t *testing.T, who string, want ...string) {
	t.Helper()
	r.own(func() {
		if got := strings.Join(r.lines, "; "); got != strings.Join(want, "; ") {
			t.Errorf("%s was told %q, want %q", who, got, strings.Join(want, "; "))
		}
		r.lines = nil
	})
}

func (r *recorder) end(t *testing.T) {
	t.Helper()
	if err := r.Close(time.Second); err != nil {
		t.Error(err)
	}
}

func dial(n uint64) core.Link { return core.Link{Half: core.Dialling, N: n} }
