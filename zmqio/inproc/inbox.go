package inproc

import (
	"sync"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// inbox holds what other nodes have for one node, in order. Its lock is never
// held while another one is taken.
type inbox struct {
	mu     sync.Mutex
	mail   mail
	asleep bool
	closed bool
	wake   chan struct{}
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
	end     *end
	// A payload is mail.bytes[from:to], or large where that is set.
	from, to int
	large    []byte
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

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

// putFrame adds a message for e, unless queueMax wait for e already.
func (in *inbox) putFrame(e *end, command core.Command, head, body []byte, queueMax int) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.closed:
		return zmqio.ErrUnroutable
	case e.waiting >= queueMax:
		return zmqio.ErrWouldBlock
	}
	e.waiting++
	it := item{kind: frameItem, end: e, command: command}
	if len(head)+len(body) >= zmqio.KeepBytes {
		it.large = append(append(make([]byte, 0, len(head)+len(body)), head...), body...)
	} else {
		it.from = len(in.mail.bytes)
		in.mail.bytes = append(append(in.mail.bytes, head...), body...)
		it.to = len(in.mail.bytes)
	}
	in.mail.items = append(in.mail.items, it)
	in.rouse()
	return nil
}

func (in *inbox) rouse() {
	if in.asleep {
		in.asleep = false
		in.wake <- struct{}{} // never blocks: one token a sleep
	}
}

// take waits for mail and returns it, with read in exchange for the next batch.
// It says false when the inbox is closed; what is in it is returned nevertheless.
func (in *inbox) take(read mail) (mail, bool) {
	read.forget()
	in.mu.Lock()
	for len(in.mail.items) == 0 && !in.closed {
		in.asleep = true
		in.mu.Unlock()
		<-in.wake
		in.mu.Lock()
	}
	batch := in.mail
	in.mail = read
	for i := range batch.items {
		if it := &batch.items[i]; it.kind == frameItem {
			it.end.waiting--
		}
	}
	open := !in.closed
	in.mu.Unlock()
	return batch, open
}

// close lets nothing more in.
func (in *inbox) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	in.rouse()
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
