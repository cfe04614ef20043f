package sim

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/events"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// Options is what a World is made from. The same Options, nodes and plans give
// the same run, to the byte.
type Options struct {
	// Seed decides everything that is random.
	Seed uint64
	// Model is what connections may do to frames.
	Model Model
	// Network is the network that nodes belong to unless they say otherwise.
	Network string
	// Latency is how long a frame takes, and each leg of a handshake. Zero means 1 ms.
	Latency Delay
	// Handler is how long a handler takes. Zero means that it finishes at once.
	Handler Delay
	// Wake is how late a driver's timer wakes it. Zero means that it never is.
	Wake Delay
	// Timing and Limits are those of every machine; zero fields take the defaults.
	Timing core.Timing
	Limits core.Limits
	// Rates are the probabilities of faults; the zero Rates has none.
	Rates Rates
	// Keys says that connections are authenticated: one that reaches another
	// node than the one that was dialled fails in its handshake.
	Keys bool
	// Heartbeat is the silence after which a transport of ours takes a connection
	// for dead. Zero means 12 s, less than zero that there are no heartbeats.
	Heartbeat time.Duration
	// Queue is the length of a send queue: ZeroMQ's high-water mark. Zero means 1000.
	Queue int32
	// Checkers watch every step; nil means none. Checkers returns all of ours.
	Checkers []Checker
	// Digest has the digest of the run computed, at some 100 ns a step.
	Digest bool
	// Trace is called with every line of the trace, which is valid during the call.
	Trace func(line []byte)
	// Double, if not nil, stands in for every machine of ours.
	Double Double
}

func (o *Options) setDefaults() {
	if o.Latency == (Delay{}) {
		o.Latency = Fixed(time.Millisecond)
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 12 * time.Second
	}
	if o.Queue == 0 {
		o.Queue = 1000
	}
	// The core knows what a zero field stands for. What it refuses, Add reports.
	if m, err := core.New(core.Config{Name: "any", Timing: o.Timing}); err == nil {
		o.Timing = m.Config().Timing
	}
}

// World is many nodes, the connections between them, and what happens to both.
// It is used by one goroutine, starts none, and opens nothing.
type World struct {
	opts  Options
	now   time.Duration
	queue events.Queue
	nodes []*Node

	byName     map[string]int32
	pairs      []pair
	pairIndex  map[uint64]int32
	conns      []conn
	flights    []flight
	freeFlight int32

	services    []service
	freeService int32
	befores     []Before
	audits      []auditor
	plans       []planned
	watchers    []func(FrameName, *Fate)
	calls       []*Call
	taken       []Taken
	recording   bool

	step      Step
	ev        core.Event // the one that is being fed
	actions   []core.Action
	refused   []core.Event
	events    uint64
	marks     [markCount]uint64
	digest    digest
	line      []byte
	violation *Violation
	statuses  []core.PeerStatus // scratch of audits
	liars     bool              // frames have been forged or corrupted: some checks speak of honest pairs only
	hasRates  bool
	corrupted bool            // a frame has been corrupted
	latest    time.Duration   // the longest delay that befell a frame
	lied      map[uint64]bool // pairs between which frames were made up
	observers []func(w *World, s *Step, f Fault)
	outsider  *Node
	onHeal    []healCheck
	atEnd     []func(w *World)
	ran       map[run]int // how often handlers ran, by call and callee
	lastHeal  time.Duration
	calm      bool          // no fault befalls a frame any more
	era       uint32        // counts heals: what began before one is over
	healedAt  time.Duration // when faults stopped, forever before
}

// New returns an empty world at time zero.
func New(o Options) *World {
	o.setDefaults()
	w := &World{
		opts: o, byName: map[string]int32{}, pairIndex: map[uint64]int32{},
		ran: map[run]int{}, lied: map[uint64]bool{}, flights: make([]flight, 1), services: make([]service, 1), healedAt: forever,
	}
	w.pairs = make([]pair, 1)
	w.hasRates = o.Rates != Rates{}
	if o.Digest {
		w.digest.Digest = report.NewDigest()
	}
	for _, c := range o.Checkers {
		if b, ok := c.(Before); ok {
			w.befores = append(w.befores, b)
		}
		if a, ok := c.(Audits); ok {
			w.audits = append(w.audits, auditor{c.Property(), a})
		}
	}
	if len(w.audits) > 0 {
		w.queue.Push(o.Timing.Live/4, itemAudit, 0)
	}
	return w
}

// Add puts nodes into the world, running. A name is legal once.
func (w *World) Add(peers ...Peer) error {
	for _, p := range peers {
		if !core.LegalName(p.Name) {
			return fmt.Errorf("sim: peer name %q: want 1 to 255 bytes, the first not zero", p.Name)
		}
		if _, dup := w.byName[p.Name]; dup {
			return fmt.Errorf("sim: there are two peers named %q", p.Name)
		}
		n := &Node{Peer: p, index: int32(len(w.nodes)), key: dice.HashName(p.Name)}
		if err := w.start(n); err != nil {
			return err
		}
		w.byName[p.Name] = n.index
		w.nodes = append(w.nodes, n)
	}
	return nil
}

// AddPeers adds nodes of ours by name.
func (w *World) AddPeers(names ...string) error {
	for _, name := range names {
		if err := w.Add(Peer{Name: name}); err != nil {
			return err
		}
	}
	return nil
}

// Node returns the node of that name, or nil.
func (w *World) Node(name string) *Node {
	if i, ok := w.byName[name]; ok {
		return w.nodes[i]
	}
	return nil
}

// Nodes returns every node in the order of their addition.
func (w *World) Nodes() []*Node {
	nodes := make([]*Node, 0, len(w.nodes))
	for _, n := range w.nodes {
		if !n.foreign {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// Now is the world's time since its start.
func (w *World) Now() time.Duration { return w.now }

// Events counts the steps that machines have taken.
func (w *World) Events() uint64 { return w.events }

// Violation is the first property that was found broken, or nil.
func (w *World) Violation() *Violation { return w.violation }

// RunUntil lets time pass until t, or until a property is broken.
func (w *World) RunUntil(t time.Duration) *Violation {
	for w.queue.Len() > 0 && w.violation == nil && w.queue.First().At <= t {
		w.next()
	}
	if w.violation == nil {
		w.now = max(w.now, t)
	}
	return w.violation
}

// Next has the next thing happen, whenever that is. It reports false when there
// is nothing left to happen, or a property has been broken.
func (w *World) Next() bool {
	if w.queue.Len() == 0 || w.violation != nil {
		return false
	}
	w.next()
	return w.violation == nil
}

// next takes the earliest item of the queue.
func (w *World) next() {
	it := w.queue.Pop()
	w.now = it.At
	if n := w.concerned(&it); n != nil && n.paused {
		n.deferred = append(n.deferred, it)
		return
	}
	switch it.Kind {
	case itemFrame:
		w.deliver(it.Ref)
	case itemWake:
		w.wake(w.nodes[it.Ref])
	case itemServed:
		w.served(it.Ref)
	case itemFault:
		w.happen(&it)
	case itemArrive:
		w.arrive(it.Ref)
	case itemUp:
		w.comeUp(it.Ref)
	case itemFailed:
		w.dialFailed(it.Ref)
	case itemExpire:
		w.expire(it.Ref)
	case itemRedial:
		w.redial(it.Ref)
	case itemAudit:
		w.audit(it.Ref)
	}
}

// concerned returns the node that an item happens to, for those that a paused
// node is told of later.
func (w *World) concerned(it *events.Item) *Node {
	switch it.Kind {
	case itemFrame:
		f := &w.flights[it.Ref]
		return w.nodes[w.conns[f.conn].nodes[1-f.side]]
	case itemServed:
		return w.nodes[w.services[it.Ref].node]
	case itemUp, itemFailed, itemRedial:
		return w.nodes[w.conns[it.Ref].nodes[dialEnd]]
	}
	return nil
}

// event returns ev at a place of its own in the world, so that feeding it does
// not allocate. No two are fed at a time.
func (w *World) event(ev core.Event) *core.Event {
	w.ev = ev
	return &w.ev
}

// feed steps a node with one event and carries out what comes of it. Sends that
// are refused are fed back before anything else happens.
func (w *World) feed(n *Node, ev *core.Event) {
	if n.foreign {
		return
	}
	w.stepOnce(n, ev)
	for len(w.refused) > 0 && w.violation == nil {
		ev := w.event(w.refused[0])
		w.refused = w.refused[:copy(w.refused, w.refused[1:])]
		w.stepOnce(n, ev)
	}
	if n.Up() {
		w.arm(n)
	}
}

func (w *World) stepOnce(n *Node, ev *core.Event) {
	if !n.Up() {
		return
	}
	ev.At = n.clock.at(w.now)
	w.events++
	s := &w.step
	s.Node, s.Event, s.Now, s.N, s.Actions = n, ev, w.now, w.events, nil
	for _, b := range w.befores {
		b.Before(w, s)
	}
	if ev.Kind == core.EvFrame && ev.Command == core.PART && n.core != nil {
		if st, ok := n.core.Status(ev.Peer); ok {
			w.markPart(ev, st)
		}
	}
	acts, panicked := stepSafely(n.machine, w.actions[:0], ev)
	w.actions, s.Actions, s.peer = acts, acts, ""
	w.digest.step(s)
	if w.opts.Trace != nil {
		w.line = AppendStep(w.line[:0], s)
		w.opts.Trace(w.line)
	}
	w.tell(s, nil)
	if panicked != "" {
		w.fail(PropNoPanic, n.Name+" panicked: "+panicked)
		return
	}
	w.markStep(s)
	for _, c := range w.opts.Checkers {
		if wrong := c.Step(w, s); wrong != "" {
			w.fail(c.Property(), wrong)
		}
	}
	for i := range acts {
		w.perform(n, &acts[i])
	}
}

// stepSafely turns a panic of the machine into a violation: no bytes from
// outside may cause one.
func stepSafely(m Machine, dst []core.Action, ev *core.Event) (acts []core.Action, panicked string) {
	defer func() {
		if r := recover(); r != nil {
			panicked = fmt.Sprint(r)
		}
	}()
	return m.Step(dst, ev), ""
}

// perform carries out one action.
func (w *World) perform(n *Node, a *core.Action) {
	switch a.Kind {
	case core.ActSend:
		if cause := w.send(n, a); cause != 0 && !n.Old {
			w.refused = append(w.refused, core.Event{
				Kind: core.EvSendRefused, Peer: a.Peer, Link: a.Link, Command: a.Command, ID: a.ID, Cause: cause,
			})
		}
	case core.ActDial:
		w.dial(n, a.Peer, a.Link, a.Address)
	case core.ActHangUp:
		if ci, end, ok := n.connOf(a); ok {
			w.hangUp(ci, end)
		}
	case core.ActServe:
		w.serve(n, a)
	case core.ActResult, core.ActDone, core.ActRefuse:
		w.callAction(n, a)
	case core.ActStopped:
		w.stopped(n)
	}
}

// stopped: the machine waits for nothing more; its process closes what is left.
func (w *World) stopped(n *Node) {
	n.stopped = true
	for len(n.conns) > 0 {
		ci := n.conns[0]
		end := acceptEnd
		if w.conns[ci].nodes[dialEnd] == n.index && w.conns[ci].open[dialEnd] {
			end = dialEnd
		}
		w.closeEnd(ci, end)
		w.sendEnd(ci, end)
	}
}

// fail ends the run with a violation. Once frames have been corrupted only some
// properties hold: the others speak of honest pairs.
func (w *World) fail(p Property, what string) {
	if w.corrupted && !evenCorrupted(p) {
		return
	}
	if w.violation == nil {
		w.violation = &Violation{Property: p, At: w.now, Step: w.events, What: what}
	}
}
