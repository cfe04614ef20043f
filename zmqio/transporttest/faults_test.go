package transporttest

import (
	"bytes"
	"errors"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// fault is a mistake that a transport may make.
type fault struct {
	what      string
	caughtBy  string // the name of a case
	transport faulty
}

var faults = []fault{
	{"two frames change places", "order/every length both ways", faulty{sink: func(s zmqio.Sink) zmqio.Sink { return &swaps{Sink: s} }}},
	{"a frame is lost", "order/every length both ways", onFrames(every(7, func(frame, func(frame)) {}))},
	{"a frame comes twice", "order/every length both ways", onFrames(every(7, func(f frame, report func(frame)) { report(f); report(f) }))},
	{"a byte is altered", "order/head and body", onFrames(every(7, func(f frame, report func(frame)) {
		f.payload = bytes.Repeat([]byte("x"), len(f.payload))
		report(f)
	}))},
	{"a frame comes under another name", "order/every command", onFrames(func(f frame, report func(frame)) { f.name = "x"; report(f) })},
	{"memory is called kept and used again", "order/every length both ways", onFrames(func(f frame, report func(frame)) { f.keep = true; report(f) })},
	{"a message is not copied by Send", "order/every command", faulty{carrier: func(c zmqio.Carrier, s zmqio.Sink) zmqio.Carrier {
		return &holdsBack{Carrier: c, sink: s}
	}}},
	{"a hang-up overtakes what was sent", "linger/hang-up delivers", faulty{carrier: func(c zmqio.Carrier, s zmqio.Sink) zmqio.Carrier {
		return &holdsBack{Carrier: c, sink: s, copies: true}
	}}},
	{"a hang-up is forgotten", "links/hung up inside reports", faulty{carrier: func(c zmqio.Carrier, _ zmqio.Sink) zmqio.Carrier {
		return ignoresHangUps{c}
	}}},
	{"the loss of a link that was hung up is reported", "loss/reconnect is a new link", faulty{carrier: func(c zmqio.Carrier, s zmqio.Sink) zmqio.Carrier {
		return reportsHangUps{c, s}
	}}},
	{"losses are not reported", "loss/end behind what was sent", faulty{sink: func(s zmqio.Sink) zmqio.Sink { return hidesLosses{s} }}},
	{"a loss is reported twice", "loss/the right link of several", faulty{sink: func(s zmqio.Sink) zmqio.Sink { return doublesLosses{s} }}},
	{"a link number is used again", "order/connections of one name", faulty{sink: func(s zmqio.Sink) zmqio.Sink { return &reusesNumbers{Sink: s} }}},
	{"a link is up twice", "order/every command", faulty{sink: func(s zmqio.Sink) zmqio.Sink { return doublesUps{s} }}},
	{"a failed dial is reported from inside Dial", "refusal/failed dials", faulty{carrier: func(c zmqio.Carrier, s zmqio.Sink) zmqio.Carrier {
		return failsInsideDial{c, s}
	}}},
	{"a report is made from inside Send", "order/every command", faulty{carrier: func(c zmqio.Carrier, s zmqio.Sink) zmqio.Carrier {
		return reportsInsideSend{c, s}
	}}},
	{"the sink is called before Open returns", "close/unused", faulty{config: func(_ *zmqio.TransportConfig, s zmqio.Sink) {
		s.Lock()
		s.UnlockAndDispatch()
	}}},
	{"reports come without the lock", "order/every command", faulty{sink: func(s zmqio.Sink) zmqio.Sink { return reportsUnlocked{s} }}},
	{"Admit is called with the lock", "admission/each link is asked about", faulty{config: func(c *zmqio.TransportConfig, s zmqio.Sink) {
		c.Admit = locked(s, c.Admit)
	}}},
	{"the logger is called with the lock", "order/every command", faulty{config: func(c *zmqio.TransportConfig, s zmqio.Sink) {
		c.Admit = func(string, string) bool {
			s.Lock()
			defer s.UnlockAndDispatch()
			c.Logger.Info("somebody knocks")
			return true
		}
	}}},
	{"everybody is admitted", "refusal/not admitted", faulty{config: func(c *zmqio.TransportConfig, _ zmqio.Sink) { c.Admit = nil }}},
	{"Admit is not asked", "admission/each link is asked about", faulty{config: func(c *zmqio.TransportConfig, _ zmqio.Sink) { c.Admit = nil }}},
	{"one that is refused takes a number", "refusal/not admitted", faulty{config: func(c *zmqio.TransportConfig, s zmqio.Sink) {
		ask := c.Admit
		c.Admit = func(name, address string) bool {
			s.Lock()
			s.NextLink()
			s.UnlockAndDispatch()
			return ask(name, address)
		}
	}}},
	{"the keys are not compared", "refusal/another key", faulty{config: func(c *zmqio.TransportConfig, _ zmqio.Sink) { c.Curve = false }}},
	{"the queue has no limit", "limits/full queue", faulty{config: func(c *zmqio.TransportConfig, _ zmqio.Sink) { c.SendQueueMax = 1 << 30 }}},
	{"the queue has half the room", "linger/hang-up delivers", faulty{carrier: func(c zmqio.Carrier, s zmqio.Sink) zmqio.Carrier {
		return &takesFew{Carrier: c, sink: s}
	}}},
	{"a closed carrier listens", "close/listens no more", faulty{carrier: func(c zmqio.Carrier, s zmqio.Sink) zmqio.Carrier {
		return &neverCloses{Carrier: c}
	}}},
	{"the end of a dial has no reason", "refusal/failed dials", faulty{sink: func(s zmqio.Sink) zmqio.Sink { return mute{s} }}},
	{"a failed handshake is not reported", "refusal/another key", faulty{sink: func(s zmqio.Sink) zmqio.Sink { return hidesRefusals{s} }}},
	{"a refusal has another reason", "refusal/own name", faulty{sink: func(s zmqio.Sink) zmqio.Sink { return misnames{s} }}},
	{"the payload has no limit", "limits/payload", faulty{config: func(c *zmqio.TransportConfig, _ zmqio.Sink) { c.PayloadBytesMax *= 2 }}},
	{"a bad address is an error like any other", "address/bad", faulty{carrier: func(c zmqio.Carrier, _ zmqio.Sink) zmqio.Carrier {
		return mutters{c}
	}}},
	{"a wildcard is returned as it is", "address/each kind", faulty{carrier: func(c zmqio.Carrier, _ zmqio.Sink) zmqio.Carrier {
		return echoes{c}
	}}},
	{"Close waits for its linger", "close/while dialling", faulty{carrier: func(c zmqio.Carrier, _ zmqio.Sink) zmqio.Carrier {
		return slowToClose{c}
	}}},
}

// frame is what Sink.Frame is called with.
type frame struct {
	link             core.Link
	name             string
	command, payload []byte
	keep             bool
}

// onFrames has each node's frames reported by change.
func onFrames(change func(f frame, report func(frame))) faulty {
	return faulty{sink: func(s zmqio.Sink) zmqio.Sink { return &changesFrames{Sink: s, change: change} }}
}

type changesFrames struct {
	zmqio.Sink
	change func(frame, func(frame))
}

func (s *changesFrames) Frame(link core.Link, name string, command, payload []byte, keep bool) {
	s.change(frame{link, name, command, payload, keep}, func(f frame) {
		s.Sink.Frame(f.link, f.name, f.command, f.payload, f.keep)
	})
}

// every applies change to one frame of n.
func every(n int64, change func(frame, func(frame))) func(frame, func(frame)) {
	var count atomic.Int64 // of all nodes
	return func(f frame, report func(frame)) {
		if count.Add(1)%n == 0 {
			change(f, report)
			return
		}
		report(f)
	}
}

// swaps has every fifth frame of a node reported behind the next one.
type swaps struct {
	zmqio.Sink
	count int
	held  *frame
}

func (s *swaps) Frame(link core.Link, name string, command, payload []byte, keep bool) {
	if s.count++; s.count%5 == 0 {
		s.held = &frame{link, name, command, bytes.Clone(payload), keep}
		return
	}
	s.Sink.Frame(link, name, command, payload, keep)
	if h := s.held; h != nil {
		s.held = nil
		s.Sink.Frame(h.link, h.name, h.command, h.payload, h.keep)
	}
}

// holdsBack sends at Flush only, and a hang-up does not wait for that.
type holdsBack struct {
	zmqio.Carrier
	sink   zmqio.Sink
	copies bool
	held   []func() error // guarded by the lock
}

func (c *holdsBack) Send(link core.Link, command core.Command, head, body []byte) error {
	if c.copies {
		head, body = bytes.Clone(head), bytes.Clone(body)
	}
	c.held = append(c.held, func() error { return c.Carrier.Send(link, command, head, body) })
	return nil
}

func (c *holdsBack) Flush() {
	c.sink.Lock()
	for _, send := range c.held {
		_ = send()
	}
	c.held = nil
	c.sink.UnlockAndDispatch()
	c.Carrier.Flush()
}

// takesFew takes 10 messages between two flushes.
type takesFew struct {
	zmqio.Carrier
	sink  zmqio.Sink
	taken int // guarded by the lock
}

func (c *takesFew) Send(link core.Link, command core.Command, head, body []byte) error {
	if c.taken == 10 {
		return zmqio.ErrWouldBlock
	}
	c.taken++
	return c.Carrier.Send(link, command, head, body)
}

func (c *takesFew) Flush() {
	c.sink.Lock()
	c.taken = 0
	c.sink.UnlockAndDispatch()
	c.Carrier.Flush()
}

// neverCloses goes on to take addresses when it is closed.
type neverCloses struct {
	zmqio.Carrier
	closed atomic.Bool
}

func (c *neverCloses) Close(linger time.Duration) error {
	defer c.closed.Store(true)
	return c.Carrier.Close(linger)
}

func (c *neverCloses) Listen(address string) (string, error) {
	if c.closed.Load() {
		return address, nil
	}
	return c.Carrier.Listen(address)
}

type mute struct{ zmqio.Sink }

func (s mute) LinkLost(link core.Link, name string, cause core.Cause, _ error) {
	s.Sink.LinkLost(link, name, cause, nil)
}

type hidesRefusals struct{ zmqio.Sink }

func (hidesRefusals) TurnedAway(string, string, error) {}

type misnames struct{ zmqio.Sink }

func (s misnames) TurnedAway(name, address string, _ error) {
	s.Sink.TurnedAway(name, address, zmqio.ErrRefusedName)
}

type ignoresHangUps struct{ zmqio.Carrier }

func (ignoresHangUps) HangUp(core.Link) {}

type reportsHangUps struct {
	zmqio.Carrier
	sink zmqio.Sink
}

func (c reportsHangUps) HangUp(link core.Link) {
	c.Carrier.HangUp(link)
	go func() {
		c.sink.Lock()
		defer c.sink.UnlockAndDispatch()
		c.sink.LinkLost(link, "", core.CauseLost, nil)
	}()
}

// failsInsideDial reports at once that nobody is there.
type failsInsideDial struct {
	zmqio.Carrier
	sink zmqio.Sink
}

func (c failsInsideDial) Dial(link core.Link, name, _ string) {
	c.sink.LinkLost(link, name, core.CauseUnreachable, nil)
}

// reportsInsideSend reports something of the link that is sent on.
type reportsInsideSend struct {
	zmqio.Carrier
	sink zmqio.Sink
}

func (c reportsInsideSend) Send(link core.Link, command core.Command, head, body []byte) error {
	c.sink.Malformed(link, "")
	return c.Carrier.Send(link, command, head, body)
}

type hidesLosses struct{ zmqio.Sink }

func (hidesLosses) LinkLost(core.Link, string, core.Cause, error) {}

type doublesLosses struct{ zmqio.Sink }

func (s doublesLosses) LinkLost(link core.Link, name string, cause core.Cause, why error) {
	s.Sink.LinkLost(link, name, cause, why)
	s.Sink.LinkLost(link, name, cause, why)
}

type doublesUps struct{ zmqio.Sink }

func (s doublesUps) LinkUp(link core.Link, name, address string) {
	s.Sink.LinkUp(link, name, address)
	s.Sink.LinkUp(link, name, address)
}

type reusesNumbers struct {
	zmqio.Sink
	first core.Link
}

func (s *reusesNumbers) NextLink() core.Link {
	if s.first.N == 0 {
		s.first = s.Sink.NextLink()
	}
	return s.first
}

type reportsUnlocked struct{ zmqio.Sink }

func (s reportsUnlocked) LinkUp(link core.Link, name, address string) {
	s.UnlockAndDispatch()
	s.Sink.LinkUp(link, name, address)
	s.Lock()
}

// locked has ask called with the lock.
func locked(s zmqio.Sink, ask func(string, string) bool) func(string, string) bool {
	return func(name, address string) bool {
		s.Lock()
		defer s.UnlockAndDispatch()
		return ask(name, address)
	}
}

type mutters struct{ zmqio.Carrier }

func (c mutters) Listen(address string) (string, error) {
	bound, err := c.Carrier.Listen(address)
	if err != nil {
		err = errors.New("no")
	}
	return bound, err
}

type echoes struct{ zmqio.Carrier }

func (c echoes) Listen(address string) (string, error) {
	_, err := c.Carrier.Listen(address)
	return address, err
}

type slowToClose struct{ zmqio.Carrier }

func (c slowToClose) Close(linger time.Duration) error {
	time.Sleep(linger)
	return c.Carrier.Close(linger)
}
