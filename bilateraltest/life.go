package bilateraltest

import (
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/hosted"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// life is one life of a host: what stands between its driver and the world. To the driver
// it is the transport of all its addresses, and the hosted.World that steps its machine.
type life struct {
	world  *World
	host   *host
	number uint32
	node   *sim.Node
	driver hosted.Driver // nil until New has made it
	api    *Host
	end    context.CancelFunc // of the Host's context
	over   bool               // the world has ended it
	labels context.Context    // of its goroutines

	// What the driver has yet to be told of a step.
	stepped bool
	actions []core.Action
	lost    *core.Event // the end of a link that the step is about

	// The driver uses numbers of calls again, and the world does not.
	calls map[core.CallID]core.CallID // the driver's, by the world's
	ours  map[core.CallID]core.CallID // the world's, by the driver's
}

func (l *life) engine() *engine { return l.world.engine }

// isPaused says whether the process is stopped without having ended.
func (l *life) isPaused() bool { return !l.over && l.node.Paused() }

// Enter implements hosted.World.
func (l *life) Enter(d hosted.Driver) { l.driver = d }

// Machine implements hosted.World.
func (l *life) Machine() *core.Machine { return l.node.Machine }

// Post implements hosted.World.
func (l *life) Post(op hosted.Op) { l.engine().post(l, op) }

// Hand implements hosted.World.
func (l *life) Hand(wake func()) {
	l.engine().hand(func() {
		pprof.SetGoroutineLabels(l.labels) // which goroutines that it starts have too
		wake()
		pprof.SetGoroutineLabels(l.world.engine.labels)
	})
}

// Step implements hosted.World.
func (l *life) Step(dst []core.Action, ev *core.Event) []core.Action {
	if !l.node.Up() {
		return append(dst, core.Action{Kind: core.ActRefuse, Refusal: core.RefuseStopped})
	}
	switch ev.Kind {
	case core.EvCall:
		l.world.calls++
		number := sim.ProgramCalls + l.world.calls
		l.calls[number], l.ours[ev.Call] = ev.Call, number
		ev.Call = number
	case core.EvCancel:
		ev.Call = l.ours[ev.Call]
	case core.EvConnect:
		ev.Address = l.world.resolve(ev.Address)
	}
	l.actions = append(dst, l.actions...)
	l.world.sim.Feed(l.node, ev)
	return l.left()
}

// left returns what is left for the driver to do.
func (l *life) left() []core.Action {
	actions := l.actions
	l.actions = nil
	return actions
}

// did takes an action of the machine.
func (l *life) did(a *core.Action) {
	switch a.Kind {
	case core.ActSend:
		if a.Command != core.CALL {
			return
		}
		l.actions = append(l.actions, core.Action{Kind: core.ActSend, Command: core.CALL, Peer: a.Peer})
		return
	case core.ActDial, core.ActHangUp:
		return
	}
	c := *a
	c.Method, c.Body, c.Err, c.Head = clone(a.Method), clone(a.Body), clone(a.Err), clone(a.Head)
	if own, ok := l.calls[a.Call]; ok {
		c.Call = own
		if a.Kind == core.ActDone || a.Kind == core.ActRefuse {
			delete(l.calls, a.Call)
			delete(l.ours, own)
		}
	}
	l.actions = append(l.actions, c)
}

// clone copies bytes; none stay none.
func clone(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return append([]byte(nil), b...)
}

// see notes what a step is about, before its actions are performed.
func (l *life) see(s *check.Step) {
	l.stepped = true
	if s.Event.Kind == core.EvLinkLost {
		ev := *s.Event
		l.lost = &ev
	}
}

// tell has the driver do what is left of a step that the world has taken by itself.
func (l *life) tell() {
	if !l.stepped || l.over {
		return
	}
	actions, lost := l.left(), l.lost
	l.stepped, l.lost = false, nil
	if lost != nil && l.matters(lost, actions) {
		l.driver.Failed(lost.Link, lost.Peer, lost.Cause)
	}
	// Also where there is nothing to do: those who look at the machine next take the same
	// lock, by which the race detector knows that the step came before.
	l.driver.Perform(actions)
}

// matters says whether the end of a link says something about its peer.
func (l *life) matters(lost *core.Event, actions []core.Action) bool {
	for i := range actions {
		if actions[i].Kind == core.ActPeerDown && actions[i].Peer == lost.Peer {
			return true
		}
	}
	return lost.Link.Half == core.Dialling
}

// die ends the life: nothing of it reaches the world any more.
func (l *life) die() {
	if l.over {
		return
	}
	l.actions, l.lost = nil, nil
	// Those who wait hear of it as of any other end, by a copy of the machine that is
	// stopped. The world knows nothing of that.
	stopped := l.node.Machine.Clone()
	last := stopped.Step(nil, &core.Event{Kind: core.EvStop})
	for i := range last {
		l.did(&last[i])
	}
	l.driver.Die(stopped, l.left())
	l.over = true
	l.engine().hand(l.end)
}

// The transport.

// schemes are all that there are: whatever addresses a program uses, they are the world's.
var schemes = []string{"tcp", "ipc", "inproc", "world"}

// Schemes implements zmqio.Transport.
func (l *life) Schemes() []string { return schemes }

// Open implements zmqio.Transport.
func (l *life) Open(zmqio.Sink, zmqio.TransportConfig) (zmqio.Carrier, error) {
	return &carrier{l}, nil
}

// carrier carries nothing: the world does. It knows addresses.
type carrier struct{ *life }

// Listen implements zmqio.Carrier. In the place of a wildcard, and of the machine itself,
// stands the host's name, and any port will do.
func (c *carrier) Listen(address string) (string, error) {
	if err := c.CheckAddress(address); err != nil {
		return "", err
	}
	scheme, place, _ := strings.Cut(address, "://")
	name, port := splitPort(place)
	switch name {
	case "*", "0.0.0.0", "127.0.0.1", "localhost", "[::]", "[::1]", "":
		name = c.host.name
	}
	if port == "*" || port == "0" {
		port = "5555"
	}
	bound := scheme + "://" + name
	if port != "" {
		bound += ":" + port
	}
	c.world.listening(bound, c.host.name)
	return bound, nil
}

// CheckAddress implements zmqio.Carrier.
func (c *carrier) CheckAddress(address string) error {
	if _, place, ok := strings.Cut(address, "://"); !ok || place == "" {
		return fmt.Errorf("%w %q: want scheme://host, for example tcp://%s:5555", bilateralrpc.ErrBadAddress, address, c.host.name)
	}
	return nil
}

// Dial implements zmqio.Carrier.
func (c *carrier) Dial(core.Link, string, string) {}

// HangUp implements zmqio.Carrier.
func (c *carrier) HangUp(core.Link) {}

// Send implements zmqio.Carrier.
func (c *carrier) Send(core.Link, core.Command, []byte, []byte) error { return zmqio.ErrUnroutable }

// Flush implements zmqio.Carrier.
func (c *carrier) Flush() {}

// splitPort splits the place of an address into a name and a port, which may be missing.
func splitPort(place string) (name, port string) {
	i := strings.LastIndexByte(place, ':')
	if i < 0 || strings.Trim(place[i+1:], "0123456789*") != "" {
		return place, ""
	}
	return place[:i], place[i+1:]
}

// Close implements zmqio.Carrier.
func (c *carrier) Close(time.Duration) error { return nil }
