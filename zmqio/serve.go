package zmqio

import (
	"fmt"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/buffers"
)

// Handler serves one request of a peer: it appends the encoded reply to dst and
// returns the extended slice, or the error to send instead. It runs concurrently
// with others, up to the machine's limits on requests, on a goroutine that Config.Handlers
// is about, and may take as long as it likes. The bytes of r and dst are its own until it returns, no longer. The
// reply to a CAST is not used.
type Handler func(dst []byte, r *Request) ([]byte, error)

// Request is a request of a peer. It belongs to the handler until that returns.
type Request struct {
	Command core.Command // CALL or CAST
	Peer    string       // authenticated with CURVE, claimed without
	Method  []byte
	Body    []byte // the encoded argument; not to be sent on as it is, but copied
	Head    []byte // what goes with the request, if the peer is one of ours and has sent any

	// ReplyHead goes with the reply, or the error, to a peer that reads it; others get the
	// reply without. The handler sets it, to at most Limits.HeadBytesMax bytes, which stay
	// as they are until the request is answered.
	ReplyHead []byte

	driver   *Driver
	life     lifetime     // of its handler
	speed    *speed       // of its method
	turns    bool         // it comes from another process, where heavy handlers take turns
	lease    *lease       // of its handler; nil if it needs none
	inside   bool         // its handler has entered the gate for itself
	deadline core.Instant // when the caller stops waiting; Never if that was not told
	ticket   core.Ticket
	memory   []byte // what Method, Head and Body were copied into
	payload  []byte // what Head and Body lie in, if they were not copied
	reply    []byte
	text     []byte   // an error text to send instead of the reply, if not empty
	claim    claim    // of its peer's share of memory
	op       op       // to answer it
	next     *Request // in requests
}

// Charge counts n bytes of memory, which the handler is about to use because of what
// the peer sent, to the peer until the request is answered. If that would be more than
// the peer's share it counts nothing and returns ErrOverloaded, whose text the handler
// should answer with.
func (r *Request) Charge(n int64) error { return r.claim.add(n) }

// served is the requests of its peers that a node has taken. Its methods require
// the lock.
type served struct {
	running int        // how many are with the pool and not answered yet
	bySlot  []*Request // those, by the slots of their tickets
	away    requests   // to be turned away, by the step that brought them
}

// takeRequest copies what an ActServe says, unless keep says that its bytes belong
// to the node, and has the handler started once the node is unlocked. Requires the
// lock.
func (d *Driver) takeRequest(a *core.Action, keep bool) {
	r := d.served.newRequest(a)
	r.driver, r.deadline = d, d.deadlineOf(a)
	switch {
	case d.phase >= phaseDraining:
		d.served.turnAway(r, textClosing)
		return
	case !r.hold(a, keep, d.config.Node.Budget):
		d.served.turnAway(r, ErrOverloaded.Error())
		return
	}
	if keep {
		r.payload = d.takePayload()
	}
	r.speed, r.turns = d.speeds.of(r.Method), d.config.Handlers != HandlersPooled && d.router.isRemote(a.Link)
	d.effects.start(r)
	d.served.begin(r)
}

// begin notes that r is with the pool.
func (s *served) begin(r *Request) {
	slot := r.ticket.Slot()
	for len(s.bySlot) <= slot {
		s.bySlot = append(s.bySlot, nil)
	}
	s.bySlot[slot] = r
	s.running++
}

// at returns the request of that ticket which is with the pool, nil if there is none.
func (s *served) at(t core.Ticket) *Request {
	if slot := t.Slot(); slot < len(s.bySlot) && s.bySlot[slot] != nil && s.bySlot[slot].ticket == t {
		return s.bySlot[slot]
	}
	return nil
}

// end notes that r has been answered.
func (s *served) end(r *Request) {
	s.bySlot[r.ticket.Slot()] = nil
	s.running--
}

// textClosing is the error text for a request that comes too late.
const textClosing = "the node is closing"

// turnAway has r answered with text, by the step that brought it.
func (s *served) turnAway(r *Request, text string) {
	r.text = append(r.text[:0], text...)
	s.away.push(r)
}

// answerAway answers the requests that are not served. Requires the lock.
func (d *Driver) answerAway() {
	for d.served.away.first != nil {
		r := d.served.away.pop()
		d.step(&core.Event{Kind: core.EvReply, Ticket: r.ticket, Method: r.Method, Err: r.text}, false)
		d.served.free(r)
	}
}

// newRequest returns a request that has of a what is not in the memory of the frame,
// and the method, which every answer repeats.
func (s *served) newRequest(a *core.Action) *Request {
	r := requestPool.Get().(*Request)
	r.Command, r.Peer, r.ticket = a.Command, a.Peer, a.Ticket
	r.memory = append(r.memory[:0], a.Method...)
	r.Method = r.memory[:len(a.Method):len(a.Method)]
	return r
}

// hold counts the arguments and the head to the peer and keeps them, a copy unless keep is
// set. It says false if they are more than the peer's share.
func (r *Request) hold(a *core.Action, keep bool, budget *Budget) bool {
	r.claim = claim{budget: budget, peer: a.Peer}
	if r.claim.add(int64(len(a.Method)+len(a.Head)+len(a.Body))) != nil {
		return false
	}
	if keep {
		r.Head, r.Body = a.Head, a.Body
		return true
	}
	method, head := len(a.Method), len(a.Method)+len(a.Head)
	r.memory = append(r.memory, a.Head...)
	r.memory = append(r.memory, a.Body...)
	r.Method, r.Head, r.Body = r.memory[:method:method], r.memory[method:head:head], r.memory[head:]
	return true
}

// free keeps r and its memory for another request, of any node: of many nodes in a process,
// most serve none.
func (s *served) free(r *Request) {
	r.claim.release()
	*r = Request{memory: recycle(r.memory, requestBytesPooled), reply: recycle(r.reply, requestBytesPooled)}
	requestPool.Put(r)
}

// requestPool keeps requests, each with less than twice requestBytesPooled of memory, until
// the garbage collector empties it.
var requestPool = sync.Pool{New: func() any { return new(Request) }}

const requestBytesPooled = 4 << 10

// serve runs the handler for r on a goroutine of the pool, and answers.
func (d *Driver) serve(r *Request) {
	speed, began := r.speed, d.overseer.now()
	r.watch()
	d.run(r)
	speed.note(d.overseer.now() - began)
	d.submitAnswer(r)
}

// run runs the handler for r, and has the answer made, also when the handler panics. Where it
// ends its goroutine, r is answered too.
func (d *Driver) run(r *Request) {
	returned := false
	defer func() {
		if returned {
			return
		}
		panicked := recover()
		r.ReplyHead = nil
		d.conclude(r, nil, endText(panicked))
		if panicked == nil {
			d.submitAnswer(r) // as the caller of run never gets to it
		}
	}()
	reply, err := d.config.Handler(r.reply[:0], r)
	d.conclude(r, reply, errorText(err))
	returned = true
}

// conclude makes r's answer of what its handler has returned. In place of the
// arguments, and of what the handler has charged, the peer is charged for the answer; if
// that is more than its share the answer is that it is.
func (d *Driver) conclude(r *Request, reply []byte, text string) {
	r.lease.returned()
	if text == "" { // an error, as for want of memory, says nothing of what the handler has made
		r.speed.noteReply(len(reply))
	}
	if cancel := r.life.end(ErrReturned); cancel != nil {
		cancel(ErrReturned)
	}
	if fits := d.fit(r, reply, text); fits != text {
		text, r.ReplyHead = fits, nil
	}
	if text != "" {
		reply = nil
	}
	r.Head, r.Body = nil, nil
	if !overlap(r.payload, reply) && !overlap(r.payload, r.ReplyHead) {
		buffers.Process.Put(r.payload)
	}
	r.payload = nil
	if size := len(reply) + len(text) + len(r.ReplyHead); size > SmallBytes || r.claim.bytes > SmallBytes {
		if r.claim.set(int64(len(r.memory)+size)) != nil {
			reply, text, r.ReplyHead = nil, textReplyOverloaded, nil
			_ = r.claim.set(int64(len(r.memory))) // no more than the arguments were
		}
	}
	if reply != nil {
		r.reply = reply
	}
	r.text = append(r.text[:0], text...)
}

// textReplyOverloaded is the error text in place of a reply for which there is no memory.
const textReplyOverloaded = "overloaded: the handler has run, but no memory is left for the reply"

// submitAnswer has r answered. Its memory may be used again at once.
func (d *Driver) submitAnswer(r *Request) {
	r.op = op{kind: opAnswer, request: r}
	d.submit(&r.op)
}

// publishAnswer has r answered by the next pass, which is the caller's to make. A large
// answer is sent at once.
func (d *Driver) publishAnswer(r *Request) {
	r.op = op{kind: opAnswer, request: r}
	if _, size := r.op.bulk(); size >= KeepBytes {
		d.submit(&r.op)
		return
	}
	d.combiner.published.push(&r.op)
}

func endText(panicked any) string {
	if panicked == nil {
		return "the handler ended without a reply"
	}
	return fmt.Sprintf("the handler panicked: %v", panicked)
}

// errorText returns the text that is sent for err. On the wire, an empty text means
// success.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	if text := err.Error(); text != "" {
		return text
	}
	return "error without a text"
}

// fit returns the error text to send: text, unless it or the reply is larger
// than a message may be.
func (d *Driver) fit(r *Request, reply []byte, text string) string {
	const headBytesMax = 64 // id, lengths and types
	room := d.limits.BodyBytesMax - len(r.Method) - len(r.ReplyHead) - headBytesMax
	switch {
	case len(r.ReplyHead) > d.limits.HeadBytesMax:
		return fmt.Sprintf("the head of the reply has %d bytes, more than this node sends", len(r.ReplyHead))
	case len(text) > 0 && len(text) > room:
		return text[:max(room, 1)]
	case len(text) == 0 && len(reply) > room:
		return fmt.Sprintf("the reply has %d bytes, more than this node sends", len(reply))
	}
	return text
}

// requests is a queue of requests, linked by Request.next.
type requests struct{ first, last *Request }

func (q *requests) push(r *Request) {
	r.next = nil
	if q.first == nil {
		q.first, q.last = r, r
		return
	}
	q.last.next = r
	q.last = r
}

func (q *requests) pop() *Request {
	r := q.first
	q.first = r.next
	r.next = nil
	return r
}
