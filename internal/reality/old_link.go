package reality

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/z85"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/zmtpnet"
)

// oldLinks are the sockets of an original, made of connections of ours. A socket of
// libzmq dials again by itself, above which nobody hears of it, and keeps what was sent
// before it is up; one that listens knows names only, and the newest connection of a
// name takes over.
type oldLinks struct {
	n         *old
	carrier   zmqio.Carrier
	pause     time.Duration // before it dials again
	numbers   uint64        // of connections of ours, so far
	dials     map[uint64]*oldDial
	names     map[string]bool      // that were ever heard of
	listening map[string]core.Link // the newest connection of each name
}

// oldDial is a dial of an original, through all of its connections.
type oldDial struct {
	number        uint64 // of the original's
	name, address string
	link          core.Link // the connection of the moment
	up            bool
	waiting       []core.Action // sent before it was up
}

func newOldLinks(n *old) (*oldLinks, error) {
	s := n.setup
	l := &oldLinks{
		n: n, pause: max(s.Timing.Join/50, time.Millisecond), // RECONNECT_IVL is 100 ms
		dials: map[uint64]*oldDial{}, names: map[string]bool{}, listening: map[string]core.Link{},
	}
	config := zmqio.TransportConfig{
		Name: s.Name, PayloadBytesMax: 4 << 20, SendQueueMax: 1000, HandshakeTimeout: s.HandshakeTimeout,
		Clock: clock.New(), Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
	if s.Public != "" {
		config.Curve = true
		public, err := z85.Decode(s.Public)
		if err != nil {
			return nil, err
		}
		secret, err := z85.Decode(s.Secret)
		if err != nil {
			return nil, err
		}
		copy(config.PublicKey[:], public)
		copy(config.SecretKey[:], secret)
	}
	var err error
	l.carrier, err = zmtpnet.Transport.Open(l, config)
	return l, err
}

// known returns every name that was ever heard of.
func (l *oldLinks) known() []string { return slices.Sorted(maps.Keys(l.names)) }

// dial performs an ActDial.
func (l *oldLinks) dial(a *core.Action) {
	d := &oldDial{number: a.Link.N, name: a.Peer, address: a.Address}
	l.names[a.Peer] = true
	l.dials[d.number] = d
	l.connect(d)
}

// connect makes a connection for a dial.
func (l *oldLinks) connect(d *oldDial) {
	l.numbers++
	d.link, d.up = core.Link{Half: core.Dialling, N: l.numbers}, false
	l.carrier.Dial(d.link, d.name, d.address)
}

// hangUp performs an ActHangUp.
func (l *oldLinks) hangUp(link core.Link) {
	if d := l.dials[link.N]; d != nil {
		delete(l.dials, link.N)
		l.carrier.HangUp(d.link)
	}
}

// send performs an ActSend.
func (l *oldLinks) send(a *core.Action) {
	if a.Link.Half == core.Listening {
		l.pass(l.listening[a.Peer], a)
		return
	}
	switch d := l.dials[a.Link.N]; {
	case d == nil:
	case !d.up:
		d.waiting = append(d.waiting, *a)
	default:
		l.pass(d.link, a)
	}
}

// pass gives a message to a connection.
func (l *oldLinks) pass(link core.Link, a *core.Action) {
	form := *a
	if a.Command == core.BACK && a.Outcome == core.Unserved { // which ends after the method
		form = core.Action{Command: core.CALL, ID: a.ID, Method: a.Method}
	}
	_ = l.carrier.Send(link, a.Command, core.AppendPayload(nil, &form), nil) // an original does not look
}

// dialOf returns the dial of a connection; nil if it is over, or has another one.
func (l *oldLinks) dialOf(link core.Link) *oldDial {
	for _, d := range l.dials {
		if d.link == link {
			return d
		}
	}
	return nil
}

// The rest is zmqio.Sink.

// Lock implements zmqio.Sink.
func (l *oldLinks) Lock() { l.n.mu.Lock() }

// UnlockAndDispatch implements zmqio.Sink.
func (l *oldLinks) UnlockAndDispatch() { l.n.unlock() }

// NextLink implements zmqio.Sink.
func (l *oldLinks) NextLink() core.Link {
	l.numbers++
	return core.Link{Half: core.Listening, N: l.numbers}
}

// LinkUp implements zmqio.Sink.
func (l *oldLinks) LinkUp(link core.Link, name, _ string) {
	if link.Half == core.Listening {
		l.names[name] = true
		l.listening[name] = link // ROUTER_HANDOVER
		return
	}
	if d := l.dialOf(link); d != nil {
		d.up = true
		waiting := d.waiting
		d.waiting = nil
		for i := range waiting {
			l.pass(link, &waiting[i])
		}
	}
}

// LinkLost implements zmqio.Sink.
func (l *oldLinks) LinkLost(link core.Link, name string, _ core.Cause, _ error) {
	if link.Half == core.Listening {
		if l.listening[name] == link {
			delete(l.listening, name)
		}
		return
	}
	d := l.dialOf(link)
	if d == nil {
		return
	}
	d.up = false
	time.AfterFunc(l.pause, func() {
		l.n.mu.Lock()
		defer l.n.unlock()
		if l.dials[d.number] == d && d.link == link && !l.n.stopped {
			l.connect(d)
		}
	})
}

// Frame implements zmqio.Sink.
func (l *oldLinks) Frame(link core.Link, name string, command, payload []byte, _ bool) {
	half := link
	if link.Half == core.Dialling {
		d := l.dialOf(link)
		if d == nil {
			return
		}
		half.N = d.number
	} else if l.listening[name] != link { // a newer connection has taken over
		return
	}
	l.n.feed(&core.Event{
		Kind: core.EvFrame, Peer: name, Link: half, Command: core.ParseCommand(command), Body: slices.Clone(payload),
	})
}

// Malformed implements zmqio.Sink.
func (l *oldLinks) Malformed(core.Link, string) {}

// TurnedAway implements zmqio.Sink.
func (l *oldLinks) TurnedAway(string, string, error) {}

// Fail implements zmqio.Sink.
func (l *oldLinks) Fail(err error) { fmt.Fprintln(os.Stderr, "the transport has failed:", err) }
