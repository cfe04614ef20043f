package reality

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/faultproxy"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// node is a node of a run, through its lives.
type node struct {
	st           *stage
	peer         *sim.Peer
	name, called string // in the scenario, and on its wire
	process      *process
	spare        *process      // for the next life; may be nil
	mayRestart   bool          // some line begins a new life
	life         int           // counts processes
	restarted    time.Duration // when this life was asked for; zero for the first one
	up           bool          // the process runs, as far as is known
	stopped      bool          // it was told to stop
	address      string        // that it listens on; empty until it says so
	waiting      []*order
	pauses       int                 // in force, of this life
	resumes      int                 // so far; the end of a pause from before one does nothing
	deaf         int                 // how many faults in force have it refuse connections
	slow         []time.Duration     // handlers take at least this long, by each such fault in force
	wanted       []sim.Connect       // what its user has connected, for a life that remembers
	holes        []*faultproxy.Fault // behind which it vanished
	active       map[string]bool     // peers that it lists, by their names in the scenario's wire
	history      []change            // of active, in all lives
	drops        map[string]uint64   // when it was last looked at
	views        map[string]view     // the same, of its peers; by their names
	seen         uint64              // the look at which that was
}

// change is a peer that came or went.
type change struct {
	at     time.Duration // since the start of the run
	peer   string        // its name on the scenario's wire
	active bool
}

func newNode(st *stage, p *sim.Peer) *node {
	n := &node{st: st, peer: p, name: p.Name, called: calledOf(p), active: map[string]bool{}}
	for f := range st.s.Faults() {
		x, ok := f.(sim.Restart)
		n.mayRestart = n.mayRestart || ok && x.Node == n.name
	}
	return n
}

// begin starts a process for the node.
func (n *node) begin() error {
	n.life++
	life := n.life
	n.up, n.stopped, n.address, n.waiting, n.pauses = true, false, "", nil, 0
	n.drops, n.views = nil, nil
	post := func(f func()) {
		n.st.post(func() {
			if n.life == life {
				f()
			}
		})
	}
	p, err := n.take()
	if err != nil {
		n.up = false
		return err
	}
	n.process = p
	p.begin(n.setup(), func(r *report) { post(func() { n.hear(r) }) }, func() { post(n.ended) })
	if d := n.slowBy(); d > 0 {
		n.order(&order{Do: doSlow, For: d})
	}
	return nil
}

// take returns the process that is there for the next life, or one that is started now, and
// has another one started if there may be a life after that.
func (n *node) take() (p *process, err error) {
	if p, n.spare = n.spare, nil; p == nil {
		if p, err = spawn(n.st.o.Program); err != nil {
			return nil, err
		}
	}
	if n.mayRestart {
		n.spare, err = spawn(n.st.o.Program)
	}
	return p, err
}

// setup is what the node's process is told first.
func (n *node) setup() *setup {
	s, st := n.st.s, n.st
	network := s.Network
	if n.peer.Network != nil {
		network = *n.peer.Network
	}
	timing := bilateralrpc.Timing(s.Timing)
	interval, timeout := heartbeats(s.Heartbeat)
	x := &setup{
		Name: st.names.wire[n.called], Called: n.called, Network: network, Transport: st.o.Transport, Old: n.peer.Old, Seed: seed(),
		Timing: timing, HandshakeTimeout: timing.Join, HeartbeatInterval: interval, HeartbeatTimeout: timeout,
		Queue: int(s.Queue), Handler: (s.Handler.Min + s.Handler.Max) / 2,
	}
	l := &s.Limits
	x.Limits = bilateralrpc.Limits{
		PeersMax: l.PeersMax, CallsMax: l.CallsMax, ServingMax: l.ServingMax, ServingPeerMax: l.ServingPeerMax, BodyBytesMax: l.BodyBytesMax,
		MethodBytesMax: l.MethodBytesMax, HeadBytesMax: l.HeadBytesMax, TickBytesMax: l.TickBytesMax, TimersStepMax: l.TimersStepMax,
	}
	if st.o.Curve {
		x.Public, x.Secret = x.Name, st.names.secret[n.called]
	}
	return x
}

// heartbeats returns what of a Config makes a silence of that length end a connection; a
// negative one never does.
func heartbeats(silence time.Duration) (interval, timeout time.Duration) {
	if silence < 0 {
		return -1, 0 // off: zero would be what is usual
	}
	return silence / 3, silence * 2 / 3
}

// order has the node do something, once it listens.
func (n *node) order(o *order) {
	if !n.up {
		return
	}
	if n.address == "" {
		n.waiting = append(n.waiting, o)
		return
	}
	if err := n.process.order(o); err != nil {
		n.st.fail(fmt.Errorf("%s: %w", n.name, err))
	}
}

// hear takes a report.
func (n *node) hear(r *report) {
	at := time.Unix(0, r.At).Sub(n.st.start)
	switch r.Is {
	case isReady:
		n.address = r.Address
		if n.restarted > 0 {
			n.st.result.Restart = max(n.st.result.Restart, at-n.restarted)
		}
		n.retarget()
		for _, o := range n.waiting {
			n.order(o)
		}
		n.waiting = nil
	case isUp, isDown:
		n.note(at, n.st.names.of(r.Peer), r.Is == isUp)
	case hasRow, isDone, hasRun:
		n.st.heardOfCall(n, at, r)
	case looked:
		n.seen, n.drops, n.views = max(n.seen, r.Call), r.Drops, map[string]view{}
		for _, v := range r.Peers {
			n.views[n.st.names.of(v.Name)] = v
		}
	}
}

// note notes that a peer came or went.
func (n *node) note(at time.Duration, peer string, active bool) {
	if n.active[peer] != active {
		n.active[peer] = active
		n.history = append(n.history, change{at, peer, active})
	}
}

// ended: the process has ended.
func (n *node) ended() {
	if n.up && !n.stopped {
		n.st.fail(fmt.Errorf("the process of %s has ended by itself: %s", n.name, n.process.errors.String()))
	}
	n.gone()
}

// gone: the node does not run any more.
func (n *node) gone() {
	n.up, n.address, n.waiting, n.pauses = false, "", nil, 0
	for peer := range n.active {
		n.note(n.st.since(), peer, false)
	}
	n.retarget()
}

// kill ends the process, if it runs.
func (n *node) kill() {
	if n.process == nil {
		return
	}
	n.life++ // nothing that it has said since counts
	n.process.kill()
	n.process = nil
	n.gone()
}

// retarget has the node's proxies lead to where it listens.
func (n *node) retarget() {
	to := deadEnd
	if n.up && !n.stopped && n.address != "" && n.deaf == 0 {
		to = n.address
	}
	for w, p := range n.st.proxies {
		if w.to == n.name {
			p.SetTarget(to)
		}
	}
}

// connect has the node connect, and remembers it.
func (n *node) connect(c sim.Connect) {
	if !slices.ContainsFunc(n.wanted, func(w sim.Connect) bool { return n.st.called(w.To) == n.st.called(c.To) }) {
		n.wanted = append(n.wanted, c)
	}
	n.dial(c)
}

func (n *node) dial(c sim.Connect) {
	address := deadEnd
	if p := n.st.proxies[way{c.From, addressOf(c)}]; p != nil {
		address = p.Address()
	}
	n.order(&order{Do: doConnect, Peer: n.st.names.wire[n.st.called(c.To)], Address: address})
}

// called returns the name on the scenario's wire of the node of that name, which may be none.
func (st *stage) called(name string) string {
	if n := st.byName[name]; n != nil {
		return n.called
	}
	return name
}

// slowBy is how long the node's handlers take at least.
func (n *node) slowBy() time.Duration {
	if len(n.slow) == 0 {
		return 0
	}
	return slices.Max(n.slow)
}

// fail ends the run.
func (st *stage) fail(err error) { st.failure = errors.Join(st.failure, err) }
