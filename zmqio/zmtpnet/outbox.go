package zmtpnet

import (
	"sync"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// outbox is the sending side of a link. A goroutine that sets writing is the
// link's one writer until it clears it again: it alone touches sealer, current and
// try.
//
// What it holds is counted in the peer's account before it is there: the buffers of
// batches larger than batchFree, bodies that are not copied, and with CURVE the room
// to seal the largest of those.
type outbox struct {
	link    *link
	sealer  *zmtp.Sealer
	account *zmqio.Account // set before anything is queued
	try     attempt
	// current is the batch that is being written.
	current *batch

	mu          sync.Mutex
	first, last *batch // queued behind current, linked by batch.next
	messages    int    // queued, current included
	control     int    // bytes of the engine's own frames, current included
	sealRoom    int64  // counted for the sealed copy of a body
	writing     bool
	used        bool // a message was queued since the newest PING
	closing     bool // end the sending half once everything is written
	broken      bool // nothing can be sent any more

	// The list of links to flush.
	dirty     bool // guarded by the list
	nextDirty *link
}

func (o *outbox) attach(l *link) {
	o.link, o.sealer = l, l.conn.Sealer()
	o.try.init()
}

// queue takes one message, or says why not.
func (o *outbox) queue(command core.Command, head, payload []byte) error {
	c := o.link.carrier
	o.mu.Lock()
	switch {
	case o.broken || o.closing:
		o.mu.Unlock()
		return zmqio.ErrUnroutable
	case o.messages >= c.cfg.SendQueueMax:
		o.mu.Unlock()
		return zmqio.ErrWouldBlock
	}
	first := o.first == nil
	o.used = true
	ok := o.append(command.String(), head, payload)
	o.mu.Unlock()
	if !ok {
		return zmqio.ErrWouldBlock
	}
	if first { // or a flush is due already
		c.dirty.push(o.link)
	}
	return nil
}

// append adds a message to the last batch, or returns false if the account has no
// room for it. Requires mu.
func (o *outbox) append(command string, head, payload []byte) bool {
	if len(payload) < zmqio.KeepBytes {
		b := o.room(zmtp.MessageBytes(command, len(head)+len(payload)))
		if b == nil {
			return false
		}
		b.frames = zmtp.AppendMessage(b.frames, command, head, payload)
		o.count(b, 1, 0)
		return true
	}
	charge := zmqio.HeapBytes(int64(len(payload)))
	if !o.account.Take(charge) {
		return false
	}
	var b *batch
	if o.reserve(len(head) + len(payload)) {
		b = o.room(zmtp.MessageBytes(command, len(head)))
	}
	if b == nil {
		o.account.Give(charge)
		return false
	}
	b.charged += charge
	b.frames = zmtp.AppendMessageHead(b.frames, command, head, len(payload))
	b.bodies = append(b.bodies, body{at: len(b.frames), bytes: payload})
	o.count(b, 1, 0)
	return true
}

// queueControl takes frames of the engine. A peer that asks for more answers than
// it reads gets none.
func (o *outbox) queueControl(frames []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken || o.closing || o.control+len(frames) > controlBytesMax {
		return
	}
	if b := o.room(len(frames)); b != nil {
		b.frames = append(b.frames, frames...)
		o.count(b, 0, len(frames))
	}
}

// room returns the last batch with room for so many bytes of frames, or nil if the
// account has none. Requires mu.
func (o *outbox) room(need int) *batch {
	b := o.last
	switch {
	case b == nil:
	case len(b.frames)+need <= cap(b.frames):
		return b
	case len(b.frames)+need > batchMax:
		b = nil // which is full
	}
	size := sizeFor(need)
	if b != nil {
		size = sizeFor(len(b.frames) + need)
	}
	charge := batchBytes(size, o.sealer.Plain())
	if !o.account.Take(charge) {
		return nil
	}
	larger := batches.get(size)
	larger.charged = charge
	if b == nil {
		o.push(larger)
		return larger
	}
	larger.move(b)
	bodies := b.charged - batchBytes(cap(b.frames), o.sealer.Plain())
	larger.charged += bodies
	o.replaceLast(larger)
	b.charged -= bodies
	o.release(b)
	return larger
}

// push adds b to the batches that wait. Requires mu.
func (o *outbox) push(b *batch) {
	if o.last == nil {
		o.first = b
	} else {
		o.last.next = b
	}
	o.last = b
}

// replaceLast puts b in the place of the last batch. Requires mu.
func (o *outbox) replaceLast(b *batch) {
	at := &o.first
	for *at != o.last {
		at = &(*at).next
	}
	*at, o.last = b, b
}

// reserve counts the room to seal a body of n bytes, unless it is counted already.
// Requires mu.
func (o *outbox) reserve(n int) bool {
	charge := zmqio.HeapBytes(int64(n + zmtp.SealBytesMax))
	if o.sealer.Plain() || charge <= o.sealRoom {
		return true
	}
	if !o.account.Take(charge - o.sealRoom) {
		return false
	}
	o.sealRoom = charge
	return true
}

// count notes what was added to b. Requires mu.
func (o *outbox) count(b *batch, messages, control int) {
	b.messages, b.control = b.messages+messages, b.control+control
	o.messages, o.control = o.messages+messages, o.control+control
}

// release gives back what b counts, and b itself. Nobody else may have it.
func (o *outbox) release(b *batch) {
	o.account.Give(b.charged)
	batches.put(b)
}

// close lets what is queued leave, and then ends the sending half.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closing = true
	if !o.writing && o.first == nil {
		_ = o.link.socket.CloseWrite()
	}
}

// abandon drops what is queued. A writer that is at work finds out from its
// socket, which is closed next, and gives back what it holds.
func (o *outbox) abandon() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.breakOff()
	if !o.writing {
		o.rest()
	}
}

// breakOff drops what waits. Nothing is taken in any more. Requires mu.
func (o *outbox) breakOff() {
	o.broken = true
	for b := o.first; b != nil; b = o.first {
		o.first = b.next
		o.release(b)
	}
	o.last = nil
	o.messages, o.control = 0, 0
}

// rest ends the work of the writer, if there is one, and gives back what that had.
// Requires mu.
func (o *outbox) rest() {
	o.writing = false
	if o.current != nil {
		o.release(o.current)
		o.current = nil
	}
	o.account.Give(o.sealRoom)
	o.sealRoom = 0
}

// claim makes the caller the link's writer, if there is something to write and
// no writer yet.
func (o *outbox) claim() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writing || o.broken || o.first == nil {
		return false
	}
	o.writing = true
	return true
}

// advance makes the next bytes to write those of current.todo. When none are
// left, the caller is no longer the writer.
func (o *outbox) advance() bool {
	if o.current != nil && o.current.advance(o.sealer, o.account) {
		return true
	}
	return o.nextBatch() && o.current.advance(o.sealer, o.account)
}

// nextBatch makes current the next batch that waits. When there is none, the caller
// is no longer the writer, and it returns false.
func (o *outbox) nextBatch() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if done := o.current; done != nil {
		if !o.broken {
			o.messages, o.control = o.messages-done.messages, o.control-done.control
		}
		o.current = nil
		o.release(done)
	}
	next := o.first
	if next == nil { // also when it is broken
		o.rest()
		if o.closing && !o.broken {
			_ = o.link.socket.CloseWrite()
		}
		return false
	}
	if o.first, next.next = next.next, nil; o.first == nil {
		o.last = nil
	}
	o.current = next
	return true
}
