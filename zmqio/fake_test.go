package zmqio_test

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a transport whose far end is the test.
type fake struct {
	sink   zmqio.Sink
	driver *zmqio.Driver
	config zmqio.TransportConfig

	// The rest belongs to the holder of the node's lock.
	sent    []sent
	dials   []core.Link
	dialled []string // the names that were expected
	hungUp  []core.Link
	refuse  error // what Send answers
	roomMax int   // a larger payload would block, if this is not 0
	flushes int
	closed  int
}

type sent struct {
	link    core.Link
	command core.Command
	payload []byte
}

var (
	errTaken    = errors.New("it is taken")
	errUnworthy = errors.New("write something else")
	errMisspelt = fmt.Errorf("%w: write something else", zmqio.ErrBadAddress)
)

func (f *fake) Listen(address string) (string, error) {
	if address == "fake://taken" {
		return "", errTaken
	}
	return address + "-bound", f.CheckAddress(address)
}

func (f *fake) CheckAddress(address string) error {
	switch address {
	case "fake://bad":
		return errUnworthy
	case "fake://misspelt":
		return errMisspelt
	}
	return nil
}

func (f *fake) Dial(link core.Link, name, _ string) {
	f.dials = append(f.dials, link)
	f.dialled = append(f.dialled, name)
}

func (f *fake) HangUp(link core.Link) { f.hungUp = append(f.hungUp, link) }

func (f *fake) Send(link core.Link, command core.Command, head, body []byte) error {
	if f.refuse != nil {
		return f.refuse
	}
	if f.roomMax != 0 && len(head)+len(body) > f.roomMax {
		return zmqio.ErrWouldBlock
	}
	f.sent = append(f.sent, sent{link, command, append(bytes.Clone(head), body...)})
	return nil
}

// Flush takes the lock, as a transport may; it would deadlock if the driver held it.
func (f *fake) Flush() {
	f.sink.Lock()
	f.flushes++
	f.sink.UnlockAndDispatch()
}

func (f *fake) Close(time.Duration) error {
	f.sink.Lock() // as a transport's goroutine may do until it is gone
	defer f.sink.UnlockAndDispatch()
	f.closed++
	return nil
}

// take returns what was sent since it was asked last.
func (f *fake) take() []sent {
	f.sink.Lock()
	defer f.sink.UnlockAndDispatch()
	s := f.sent
	f.sent = nil
	return s
}

// accept makes name dial the node and join.
func (f *fake) accept(t *testing.T, name string) core.Link {
	t.Helper()
	return f.acceptFrom(t, name, "")
}

// acceptFrom is accept with the address that name dials from.
func (f *fake) acceptFrom(t *testing.T, name, address string) core.Link {
	t.Helper()
	f.sink.Lock()
	link := f.sink.NextLink()
	f.sink.LinkUp(link, name, address)
	f.sink.Frame(link, name, []byte("JOIN"), []byte("network"), false)
	f.sink.UnlockAndDispatch()
	s := f.take() // with PART on an older link, if there is one
	if !slices.ContainsFunc(s, func(m sent) bool { return m.command == core.STAY && m.link == link }) {
		t.Fatalf("JOIN of %s on %v was answered with %+v, want STAY", name, link, s)
	}
	return link
}

// upFrom makes name dial the node from address, and say nothing.
func (f *fake) upFrom(name, address string) core.Link {
	f.sink.Lock()
	defer f.sink.UnlockAndDispatch()
	link := f.sink.NextLink()
	f.sink.LinkUp(link, name, address)
	return link
}

// frame reports one message. Its memory is overwritten at once, unless kept, as
// a transport's buffer is.
func (f *fake) frame(link core.Link, name string, command core.Command, payload []byte, keep bool) {
	payload = bytes.Clone(payload)
	f.sink.Lock()
	f.sink.Frame(link, name, []byte(command.String()), payload, keep)
	if !keep {
		clear(payload)
	}
	f.sink.UnlockAndDispatch()
}

// request is the payload of a CALL or CAST, with the argument text.
func request(id uint32, method, text string) []byte {
	var b bytes.Buffer
	e := gob.NewEncoder(&b)
	_ = e.Encode(id)
	_ = e.Encode(method)
	b.WriteString(text)
	return b.Bytes()
}

// back is the payload of a BACK with the reply text.
func back(id uint32, method, errText, text string) []byte {
	var b bytes.Buffer
	e := gob.NewEncoder(&b)
	_ = e.Encode(id)
	_ = e.Encode(method)
	_ = e.Encode(errText)
	b.WriteString(text)
	return b.Bytes()
}

// parse reads the head of a sent CALL, CAST or BACK.
func parse(t *testing.T, s sent) core.Payload {
	t.Helper()
	p, _, ok := core.ParsePayload(s.command, s.payload)
	if !ok {
		t.Fatalf("the node sent a %v that can't be read: %x", s.command, s.payload)
	}
	return p
}

// node makes a driver on a fake transport, with the transport made.
func node(t *testing.T, config zmqio.Config) (*zmqio.Driver, *fake, *clock.Mock) {
	t.Helper()
	mock := clock.NewMock()
	d, f := nodeWithClock(t, config, mock)
	return d, f, mock
}

func nodeWithClock(t *testing.T, config zmqio.Config, c zmqio.Clock) (*zmqio.Driver, *fake) {
	t.Helper()
	f := &fake{}
	config.Protocol.Name, config.Protocol.Network, config.Protocol.Seed = "node", "network", 1
	config.Node.Clock = c
	config.Transports = append(config.Transports, fakeTransport{f}, lacking{})
	d, err := zmqio.New(config)
	if err != nil {
		t.Fatal(err)
	}
	f.driver = d
	t.Cleanup(d.Close)
	if bound, err := d.Listen("fake://here"); err != nil || bound != "fake://here-bound" {
		t.Fatalf("Listen = %q, %v", bound, err)
	}
	return d, f
}

// lacking is a transport that can't be opened.
type lacking struct{}

var errLacking = errors.New("install the other one")

func (lacking) Schemes() []string { return []string{"tcp", "ipc"} }

func (lacking) Open(zmqio.Sink, zmqio.TransportConfig) (zmqio.Carrier, error) {
	return nil, errLacking
}

// absent is a transport that the program was built without.
type absent struct{ lacking }

func (absent) Available() error { return errLacking }

// fakeTransport opens the fake that it holds.
type fakeTransport struct{ *fake }

func (fakeTransport) Schemes() []string { return []string{"fake"} }

func (t fakeTransport) Open(sink zmqio.Sink, config zmqio.TransportConfig) (zmqio.Carrier, error) {
	t.sink, t.config = sink, config
	return t.fake, nil
}

// remoteTransport opens the fake as a carrier of other processes.
type remoteTransport struct{ fakeTransport }

func (t remoteTransport) Open(sink zmqio.Sink, config zmqio.TransportConfig) (zmqio.Carrier, error) {
	_, err := t.fakeTransport.Open(sink, config)
	return remoteFake{t.fake}, err
}

// remoteFake is a bulk.Remote.
type remoteFake struct{ *fake }

func (remoteFake) Remote() {}
