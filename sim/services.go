package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
	"github.com/bitmark-inc/bilateralrpc/sim/original"
)

// service is a handler that runs, in some life of a node.
type service struct {
	node   *Node       // that runs it
	life   uint32      // of the node: a later one knows nothing of the request
	next   int32       // in the chain of those that are not in use
	ticket core.Ticket // of its request
	method []byte      // as the request names it
	body   []byte      // the arguments
	head   []byte      // what goes with the reply
	// Of a request that the node's program serves.
	request *core.Action // as the machine gave it, with memory of its own; nil for others
	cancel  *core.Action // nobody waits for its reply any more; nil if somebody does
}

// services are the handlers that run in a world. A record is used again, so that
// a request allocates nothing.
type services struct {
	opts  *Options    // of the world
	time  *timeline   // of the world
	marks *marks      // of the world
	list  []service   // the first one is not used
	free  int32       // a chain of those that are not in use; 0 ends it
	runs  map[run]ran // how often each handler ran
}

// run names the runs of a handler for one call at one node, in all lives of both.
type run struct {
	call   uint64 // the number of the call, which is unique in the world
	callee int    // the Index of the node where its handler runs
}

// ran says how often a handler ran.
type ran struct {
	n      int           // times
	latest time.Duration // when it began for the last time
}

// begin runs a handler: its reply comes after the node's service time.
func (ss *services) begin(n *Node, a *core.Action) {
	i := ss.free
	if i == 0 {
		ss.list = append(ss.list, service{})
		i = int32(len(ss.list) - 1)
	} else {
		ss.free = ss.list[i].next
	}
	s := &ss.list[i]
	s.node, s.life, s.ticket, s.request, s.cancel = n, n.Life, a.Ticket, nil, nil
	if n.program != nil && !isEcho(a) {
		s.request = copyOf(a)
	}
	s.method = append(s.method[:0], a.Method...)
	s.body = append(s.body[:0], a.Body...)
	s.head = echo.AppendReplyHead(s.head[:0], a.Head)
	n.handlers++ // which names the decision on how long it takes
	if call, _, ok := echo.ParseArgs(a.Body); ok && echo.Has(a.Method) {
		r := run{call, n.Index}
		ss.runs[r] = ran{ss.runs[r].n + 1, ss.time.now}
	}
	d := ss.opts.Handler.Pick(dice.Decide(ss.opts.Seed, aboutHandler, n.key, n.handlers))
	d = max(d, n.handlerMin())
	if s.request == nil && !echo.Has(a.Method) {
		d = 0 // the node itself answers, that it has no such method
	}
	if d > ss.opts.Timing.Serve {
		ss.marks.hit(markLongHandler)
	}
	ss.time.after(d, itemServed, i)
}

// finish returns what a handler that has finished has to say, to which node; nil
// if the life that it ran in is over.
func (ss *services) finish(i int32) (*Node, *core.Event) {
	s := &ss.list[i]
	if s.node.Life != s.life || !s.node.Up() {
		return nil, nil
	}
	ev := &core.Event{Kind: core.EvReply, Ticket: s.ticket, Method: s.method, Head: s.head}
	var found bool
	if ev.Body, ev.Err, found = echo.Serve(s.node.Called, s.method, s.body); !found {
		ev.Err = []byte(original.UnknownMethod)
	}
	return s.node, ev
}

// put takes back the record of a handler that has finished, once its reply has
// been taken in.
func (ss *services) put(i int32) { ss.list[i].next, ss.free = ss.free, i }

// Ran returns how often the handler of a call ran at a node, in all lives of both.
func (w *World) Ran(c *Call, node string) int { return w.ran(c, node).n }

func (w *World) ran(c *Call, node string) ran {
	n := w.Node(node)
	if n == nil {
		return ran{}
	}
	return w.services.runs[run{uint64(c.ID), n.Index}]
}
