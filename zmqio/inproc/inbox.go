package inproc

import (
	"sync"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/buffers"
	"github.com/bitmark-inc/bilateralrpc/internal/pieces"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// inbox holds what other nodes have for one node, in order. Its lock is never
// held while another one is taken.
type inbox struct {
	read func()         // the goroutine that reads it, until take returns takeNone
	all  sync.WaitGroup // those goroutines: at most one at a time does not end

	mu      sync.Mutex
	mail    mail
	reading bool // read runs
	asleep  bool // it waits for mail
	closed  bool
	wake    chan struct{} // of the goroutine
	idle    idle          // ends it
}

// mail is a batch of an inbox's items, with the memory of small payloads.
type mail struct {
	items []item
	bytes []byte
}

type itemKind uint8

const (
	dialItem  itemKind = iota + 1 // somebody dials this node: end is its end of the link
	upItem                        // the dial of end was accepted
	lostItem                      // end is over: cause
	frameItem                     // a message for end
)

type item struct {
	kind    itemKind
	command core.Command
	cause   core.Cause
	why     error // of lostItem, for people
	end     *end
	// A payload is mail.bytes[from:to], or large where that is set.
	from, to int
	large    []byte
}

// start starts the goroutine that reads. Requires the lock.
func (in *inbox) start() {
	in.reading, in.wake = true, make(chan struct{}, 1)
	in.all.Add(1)
	go func() {
		defer in.all.Done()
		in.read()
	}()
}

// put adds an item, and says whether anybody will ever read it.
func (in *inbox) put(it item) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return false
	}
	in.mail.items = append(in.mail.items, it)
	in.rouse()
	return true
}

// putFrame adds a message for e, unless queueMax wait for e already, or what waits is
// more than the account has room for.
func (in *inbox) putFrame(e *end, command core.Command, head, body []byte, queueMax int) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.closed:
		return zmqio.ErrUnroutable
	case e.waiting >= queueMax:
		return zmqio.ErrWouldBlock
	}
	if !e.hold(len(head) + len(body)) {
		return zmqio.ErrWouldBlock
	}
	e.waiting++
	it := item{kind: frameItem, end: e, command: command}
	if len(head)+len(body) >= zmqio.KeepBytes {
		it.large = pieces.Append(append(buffers.Process.Get(len(head)+len(body)), head...), body)
	} else {
		it.from = len(in.mail.bytes)
		in.mail.bytes = append(append(in.mail.bytes, head...), body...)
		it.to = len(in.mail.bytes)
	}
	in.mail.items = append(in.mail.items, it)
	in.rouse()
	return nil
}

// rouse sees to it that somebody reads. Requires the lock.
func (in *inbox) rouse() {
	switch {
	case in.asleep:
		in.asleep = false
		in.wake <- struct{}{} // never blocks: one token a sleep
	case !in.reading && !in.closed:
		in.start()
	}
}

// taken says whether there is more to take.
type taken uint8

const (
	takeMore taken = iota
	takeLast       // the inbox is closed
	takeNone       // nothing came for long: who reads is to end
)

// take waits for mail and returns it, with read in exchange for the next batch.
// What is in an inbox that is closed is returned nevertheless.
func (in *inbox) take(read mail) (mail, taken) {
	in.mu.Lock()
	read.release()
	for len(in.mail.items) == 0 && !in.closed {
		if in.idle.over {
			in.idle.over, in.reading = false, false
			in.mail, in.wake = mail{}, nil
			in.mu.Unlock()
			return mail{}, takeNone
		}
		in.asleep = true
		in.expectIdle()
		wake := in.wake
		in.mu.Unlock()
		<-wake
		in.mu.Lock()
	}
	in.idle.over = false
	batch := in.mail
	in.mail = read
	for i := range batch.items {
		if it := &batch.items[i]; it.kind == frameItem {
			it.end.waiting--
		}
	}
	what := takeMore
	if in.closed {
		what = takeLast
	}
	in.mu.Unlock()
	return batch, what
}

// close lets nothing more in.
func (in *inbox) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	in.idle.stop()
	in.rouse()
}

// hold counts n bytes more that wait for e, beyond LinkFreeBytes in the account of
// the peer, and returns false if that has no room. Requires the lock of the inbox.
func (e *end) hold(n int) bool {
	charge := int64(0)
	if e.bytes+n > zmqio.LinkFreeBytes {
		charge = zmqio.HeapBytes(int64(e.bytes + n))
	}
	if charge > e.charged && !e.account.Take(charge-e.charged) {
		return false
	}
	if charge < e.charged {
		e.account.Give(e.charged - charge)
	}
	e.bytes, e.charged = e.bytes+n, charge
	return true
}

// release takes off what the messages of m count, which were reported, and empties it
// for another use. Requires the lock of the inbox.
func (m *mail) release() {
	for i := range m.items {
		if it := &m.items[i]; it.kind == frameItem {
			it.end.hold(-(it.to - it.from + len(it.large)))
		}
	}
	m.forget()
}

// released does the same for the last mail.
func (in *inbox) released(m *mail) {
	in.mu.Lock()
	defer in.mu.Unlock()
	m.release()
}

// mailKeptMax bounds the memory that a batch leaves behind, in items and in bytes.
const mailKeptMax = 1 << 16

// forget empties m for another use.
func (m *mail) forget() {
	clear(m.items)
	m.items, m.bytes = m.items[:0], m.bytes[:0]
	if cap(m.items) > mailKeptMax/64 {
		m.items = nil
	}
	if cap(m.bytes) > mailKeptMax {
		m.bytes = nil
	}
}

// payload returns the bytes of a message, and whether they may be kept.
func (m *mail) payload(it *item) (payload []byte, keep bool) {
	if it.large != nil {
		return it.large, true
	}
	return m.bytes[it.from:it.to:it.to], false
}

// over says whether the inbox is closed.
func (in *inbox) over() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.closed
}
