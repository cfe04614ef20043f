package reality

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
	"github.com/bitmark-inc/bilateralrpc/sim/original"
)

// old is an original: the double of the world, on sockets of ours that do as its own
// would.
type old struct {
	setup *setup
	tell  *teller
	slow  slowness
	epoch time.Time

	mu      sync.Mutex
	machine *original.Peer
	links   *oldLinks
	timer   *time.Timer
	stopped bool
}

func startOld(s *setup, t *teller) (performer, error) {
	n := &old{setup: s, tell: t, epoch: time.Now()}
	n.slow.usual = s.Handler
	n.machine = original.New(s.Name, s.Network, s.Seed, core.Timing(s.Timing))
	var err error
	if n.links, err = newOldLinks(n); err != nil {
		return nil, err
	}
	n.timer = time.AfterFunc(time.Hour, func() { n.step(&core.Event{Kind: core.EvTimeout}) }) // it has nothing to do yet
	address, err := n.links.carrier.Listen("tcp://127.0.0.1:*")
	if err != nil {
		return nil, err
	}
	t.tell(&report{Is: isReady, Address: address})
	return n, nil
}

// do implements performer.
func (n *old) do(o *order) error {
	switch o.Do {
	case doConnect:
		n.step(&core.Event{Kind: core.EvConnect, Peer: o.Peer, Address: o.Address})
	case doDisconnect:
		n.step(&core.Event{Kind: core.EvDisconnect, Peer: o.Peer})
	case doCall, doCast:
		body, err := gobOf(echo.AppendArgs(nil, o.Call, o.Idempotent, o.Size))
		if err != nil {
			return err
		}
		ev := &core.Event{Kind: core.EvCall, Call: core.CallID(o.Call), To: o.To, Method: []byte(o.Method), Body: body, Timeout: o.For}
		if o.Do == doCast {
			ev.Kind, ev.Call = core.EvCast, 0
		}
		n.step(ev)
	case doSlow:
		n.slow.set(o.For)
	case doLook:
		n.look(o.Call)
	case doRedial, doCancel: // an original has no such thing
	default:
		return fmt.Errorf("nothing is called %q", o.Do)
	}
	return nil
}

// gobOf returns args as they go over the wire.
func gobOf(args []byte) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(args)
	return b.Bytes(), err
}

// ofGob returns what gobOf was given; nil if it is not of that form.
func ofGob(body []byte) (args []byte) {
	if gob.NewDecoder(bytes.NewReader(body)).Decode(&args) != nil {
		return nil
	}
	return args
}

// step feeds the machine an event, and does what comes of it.
func (n *old) step(ev *core.Event) {
	n.mu.Lock()
	n.feed(ev)
	n.unlock()
}

// unlock is mu.Unlock, and sends what was queued.
func (n *old) unlock() {
	n.mu.Unlock()
	n.links.carrier.Flush()
}

// feed is step, for those that hold mu.
func (n *old) feed(ev *core.Event) {
	if n.stopped {
		return
	}
	ev.At = core.Instant(time.Since(n.epoch))
	actions := n.machine.Step(nil, ev)
	for i := range actions {
		n.perform(&actions[i])
	}
	if at := n.machine.Deadline(); at != core.Never {
		n.timer.Reset(max(time.Duration(at)-time.Since(n.epoch), 0))
	}
}

// perform does what the machine says. Whether a message can be sent it does not look at,
// nor does an original.
func (n *old) perform(a *core.Action) {
	switch a.Kind {
	case core.ActSend:
		n.links.send(a)
	case core.ActDial:
		n.links.dial(a)
	case core.ActHangUp:
		n.links.hangUp(a.Link)
	case core.ActServe:
		n.serve(a)
	case core.ActResult:
		r := &report{Is: hasRow, Call: uint64(a.Call), Peer: a.Peer, Class: wordOf(a.Outcome), Text: string(a.Err)}
		if a.Outcome == core.Replied {
			r.Reply = ofGob(a.Body)
		}
		n.tell.tell(r)
	case core.ActDone:
		n.tell.tell(&report{Is: isDone, Call: uint64(a.Call)})
	case core.ActPeerUp:
		n.tell.tell(&report{Is: isUp, Peer: a.Peer})
	case core.ActPeerDown:
		n.tell.tell(&report{Is: isDown, Peer: a.Peer})
	case core.ActRefuse:
		n.tell.tell(&report{Is: isRefused, Peer: a.Peer, Text: a.Refusal.String()})
	}
}

// serve runs the handler of a request.
func (n *old) serve(a *core.Action) {
	ticket, method := a.Ticket, string(a.Method)
	args := ofGob(a.Body)
	reply, failure, found := echo.Serve(n.setup.Called, a.Method, args)
	ev := &core.Event{Kind: core.EvReply, Ticket: ticket, Method: []byte(method), Err: failure}
	switch {
	case !found:
		ev.Err = []byte(original.UnknownMethod)
	case failure == nil:
		var err error
		if ev.Body, err = gobOf(reply); err != nil {
			ev.Err = []byte(err.Error())
		}
	}
	if call, _, ok := echo.ParseArgs(args); ok && found {
		n.tell.tell(&report{Is: hasRun, Call: call})
	}
	go func() {
		n.slow.take()
		n.step(ev)
	}()
}

// look tells what the peer knows of others.
func (n *old) look(number uint64) {
	r := &report{Is: looked, Call: number}
	n.mu.Lock()
	for _, name := range n.links.known() {
		if st, has := n.machine.Status(name); has {
			r.Peers = append(r.Peers, view{Name: name, Active: st.Active, Backoff: st.Backoff})
		}
	}
	n.mu.Unlock()
	n.tell.tell(r)
}

// stop implements performer. An original takes leave of nobody.
func (n *old) stop() {
	n.mu.Lock()
	n.stopped = true
	n.unlock()
	if err := n.links.carrier.Close(0); err != nil {
		n.tell.tell(&report{Is: isRefused, Text: "stop: " + err.Error()})
	}
}
