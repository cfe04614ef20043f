package zmqio

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Handler serves one request of a peer: it appends the encoded reply to dst and
// returns the extended slice, or the error to send instead. It runs on a
// goroutine of its own, concurrently with others, up to the machine's limits on
// requests. The bytes of r and dst are its own until it returns, no longer. The
// reply to a CAST is not used.
type Handler func(dst []byte, r *Request) ([]byte, error)

// Request is what a peer asks for.
type Request struct {
	Command core.Command // CALL or CAST
	Peer    string       // authenticated with CURVE, claimed without
	Method  []byte
	Body    []byte // the encoded argument

	ticket core.Ticket
	memory []byte // what Method and Body were copied into
	reply  []byte
	text   []byte // what is sent instead of the reply, if not empty
	entry  entry  // while it waits to be answered
	next   *Request
}

// takeRequest puts a request aside until the ownership is let go. It requires ownership.
func (d *Driver) takeRequest(a *core.Action) {
	r := d.newRequest(a)
	if d.draining {
		d.away.push(r)
		return
	}
	d.begin.push(r)
	d.serving++
}

// textClosing is what a peer is told whose request comes too late.
const textClosing = "the node is closing"

// turnAway answers the requests that are not served. It requires ownership.
func (d *Driver) turnAway() {
	text := []byte(textClosing)
	for d.away.first != nil {
		r := d.away.pop()
		d.step(&core.Event{Kind: core.EvReply, Ticket: r.ticket, Method: r.Method, Err: text})
		d.freeRequest(r)
	}
}

// newRequest takes what an ActServe says out of the transport's memory. It
// requires ownership.
func (d *Driver) newRequest(a *core.Action) *Request {
	var r *Request
	if n := len(d.idle); n > 0 {
		r = d.idle[n-1]
		d.idle[n-1] = nil
		d.idle = d.idle[:n-1]
	} else {
		r = new(Request)
	}
	r.Command, r.Peer, r.ticket = a.Command, a.Peer, a.Ticket
	if d.kept {
		r.Method, r.Body = a.Method, a.Body
		return r
	}
	r.memory = append(append(r.memory[:0], a.Method...), a.Body...)
	r.Method, r.Body = r.memory[:len(a.Method):len(a.Method)], r.memory[len(a.Method):]
	return r
}

// serve runs the handler for r and answers, also when the handler panics or
// ends its goroutine.
func (d *Driver) serve(r *Request) {
	returned := false
	defer func() {
		if !returned {
			r.text = d.fit(r, nil, []byte(endText(recover())))
			d.giveBack(r)
		}
	}()
	reply, err := d.config.Handler(r.reply[:0], r)
	r.text = d.fit(r, reply, errorText(err))
	if reply != nil {
		r.reply = reply
	}
	returned = true
	d.giveBack(r)
}

func endText(panicked any) string {
	if panicked == nil {
		return "the handler ended without a reply"
	}
	return fmt.Sprintf("the handler panicked: %v", panicked)
}

// errorText is what goes over the wire for err, where an empty text is success.
func errorText(err error) []byte {
	if err == nil {
		return nil
	}
	if text := err.Error(); text != "" {
		return []byte(text)
	}
	return []byte("error without a text")
}

// fit returns the error text to send: text, unless it or the reply is larger
// than a message may be.
func (d *Driver) fit(r *Request, reply, text []byte) []byte {
	const headBytesMax = 64 // id, lengths and types
	room := d.limits.BodyBytesMax - len(r.Method) - headBytesMax
	switch {
	case len(text) > 0 && len(text) > room:
		return text[:max(room, 1)]
	case len(text) == 0 && len(reply) > room:
		return fmt.Appendf(nil, "the reply has %d bytes, more than this node sends", len(reply))
	}
	return text
}

// freeRequest keeps r and its memory for another request. It requires ownership.
func (d *Driver) freeRequest(r *Request) {
	if len(d.idle) == requestsKeptMax {
		return
	}
	*r = Request{memory: recycle(r.memory, requestBytesKept), reply: recycle(r.reply, requestBytesKept)}
	d.idle = append(d.idle, r)
}

// What is kept: as many requests as one peer may have by default, each with less
// than twice requestBytesKept of memory.
const (
	requestsKeptMax  = 256
	requestBytesKept = 4 << 10
)

// requests is a queue of requests, linked.
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

func (q *requests) append(more requests) {
	if q.first == nil {
		*q = more
		return
	}
	q.last.next = more.first
	q.last = more.last
}

func (q *requests) pop() *Request {
	r := q.first
	q.first = r.next
	r.next = nil
	return r
}
