package zmtpnet

import (
	"sync"
	"syscall"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// outbox is the sending side of a link. A goroutine that sets writing is the
// link's one writer until it clears it again: it alone touches sealer, current and
// try.
type outbox struct {
	link   *link
	sealer *zmtp.Sealer
	raw    syscall.RawConn
	try    attempt
	// current is the batch that is being written.
	current *batch

	mu       sync.Mutex
	staged   *batch // nil when nothing is queued behind current
	messages int    // queued, current included
	bytes    int
	writing  bool
	closing  bool // end the sending half once everything is written
	broken   bool // nothing can be sent any more

	// The list of links to flush.
	dirty     bool // guarded by the list
	nextDirty *link
}

func (o *outbox) attach(l *link) {
	o.link, o.sealer = l, l.conn.Sealer()
	if c, ok := l.socket.stream.(syscall.Conn); ok {
		o.raw, _ = c.SyscallConn() // fails only for a closed socket: writes will tell
	}
	o.try.init()
}

// queue takes one message, or says why not.
func (o *outbox) queue(command core.Command, head, payload []byte) error {
	c := o.link.carrier
	size := len(head) + len(payload)
	o.mu.Lock()
	switch {
	case o.broken || o.closing:
		o.mu.Unlock()
		return zmqio.ErrUnroutable
	case o.messages >= c.cfg.SendQueueMax || o.bytes+size > c.queueMax:
		o.mu.Unlock()
		return zmqio.ErrWouldBlock
	}
	first := o.staged == nil
	b := o.stage()
	if len(payload) < zmqio.KeepBytes {
		b.frames = zmtp.AppendMessage(b.frames, command.String(), head, payload)
	} else {
		b.frames = zmtp.AppendMessageHead(b.frames, command.String(), head, len(payload))
		b.bodies = append(b.bodies, body{at: len(b.frames), bytes: payload})
	}
	o.count(b, 1, size)
	o.mu.Unlock()
	if first { // or a flush is due already
		c.dirty.push(o.link)
	}
	return nil
}

// control takes frames of the engine. A peer that asks for more answers than
// it reads gets none.
func (o *outbox) control(frames []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken || o.closing || o.bytes+len(frames) > o.link.carrier.queueMax+controlBytesMax {
		return
	}
	b := o.stage()
	b.frames = append(b.frames, frames...)
	o.count(b, 0, len(frames))
}

// stage returns the batch that is being filled. Requires mu.
func (o *outbox) stage() *batch {
	if o.staged == nil {
		o.staged = o.link.carrier.batches.Get().(*batch)
	}
	return o.staged
}

// count notes what was added to b. Requires mu.
func (o *outbox) count(b *batch, messages, bytes int) {
	b.messages, b.bytes = b.messages+messages, b.bytes+bytes
	o.messages, o.bytes = o.messages+messages, o.bytes+bytes
}

// close lets what is queued leave, and then ends the sending half.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closing = true
	if !o.writing && o.staged == nil {
		_ = o.link.socket.CloseWrite()
	}
}

// abandon drops what is queued. A writer that is at work finds out from its
// socket, which is closed next.
func (o *outbox) abandon() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.broken = true
	o.staged = nil
	o.messages, o.bytes = 0, 0
}

// claim makes the caller the link's writer, if there is something to write and
// no writer yet.
func (o *outbox) claim() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writing || o.broken || o.staged == nil {
		return false
	}
	o.writing = true
	return true
}

// advance makes the next bytes to write those of current.todo. When none are
// left, the caller is no longer the writer.
func (o *outbox) advance() bool {
	if o.current != nil && o.current.advance(o.sealer) {
		return true
	}
	o.mu.Lock()
	done := o.current
	if done != nil && !o.broken {
		o.messages, o.bytes = o.messages-done.messages, o.bytes-done.bytes
	}
	o.current, o.staged = o.staged, nil
	if o.current == nil || o.broken {
		o.current, o.writing = nil, false
		if o.closing && !o.broken {
			_ = o.link.socket.CloseWrite()
		}
	}
	next := o.current
	o.mu.Unlock()
	if done != nil {
		done.reset()
		o.link.carrier.batches.Put(done)
	}
	return next != nil && next.advance(o.sealer)
}

// fail ends the link from its writing side; its reader does the rest.
func (o *outbox) fail() {
	o.mu.Lock()
	o.broken, o.writing = true, false
	o.current, o.staged = nil, nil
	o.mu.Unlock()
	_ = o.link.socket.Close()
}

// flush writes what is queued without blocking, and leaves the rest to a
// goroutine, as it does with bodies that are not copied: to seal one of them, or
// to write it along with its head, takes longer than a reader should be away.
func (o *outbox) flush() {
	if !o.claim() {
		return
	}
	for round := 0; ; round++ {
		if round == flushRounds || o.heavy() {
			o.handOff()
			return
		}
		if !o.advance() {
			return
		}
		if !o.try.write(o.raw, &o.current.todo) {
			o.handOff()
			return
		}
	}
}

// flushRounds bounds how long the caller of a flush writes what others go on
// to send.
const flushRounds = 8

// heavy says whether the next batch has bodies that were not copied.
func (o *outbox) heavy() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.staged != nil && len(o.staged.bodies) > 0
}

// handOff leaves the rest to a goroutine. The caller is the writer.
func (o *outbox) handOff() {
	o.mu.Lock()
	if o.broken { // the link's goroutine is ending, or has ended
		o.writing = false
		o.mu.Unlock()
		return
	}
	// The link's goroutine counts in wg until it has taken mu to set broken.
	o.link.carrier.wg.Add(1)
	o.mu.Unlock()
	go o.drain()
}

// drain writes, waiting for the socket, until nothing is queued.
func (o *outbox) drain() {
	defer o.link.carrier.wg.Done()
	s, wait := o.link.socket, o.link.carrier.writeWait
	for o.unwritten() || o.advance() {
		s.writeBy(time.Now().Add(wait))
		// A write that was cut short by its deadline has made progress if it wrote
		// anything, and may go on.
		n, err := o.current.todo.WriteTo(s.stream)
		if err != nil && !(n > 0 && timedOut(err) && !s.ending()) {
			o.fail()
			return
		}
		s.writeBy(time.Time{}) // while nobody else is the writer
	}
}

// unwritten says whether the writer has bytes in hand.
func (o *outbox) unwritten() bool { return o.current != nil && len(o.current.todo) > 0 }
