package faultproxy

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// flow is one direction of a link: one goroutine reads, decides and puts on the way,
// another one writes what has come to its end.
type flow struct {
	link      *link
	direction Direction
	src, dst  *net.TCPConn
	back      *flow // the other direction
	queue     *queue
	failed    atomic.Bool // writing has

	// The reader's.
	tap  zmtp.Tap
	dice *rand.Rand
	last time.Time // when the newest of what keeps the order is due
	left int       // of the piece that is being split off
	held []byte    // a message that the next one overtakes

	next time.Time // the writer's: when the rate lets it write again
}

// newFlows returns both directions of a link.
func newFlows(l *link, dialler, listener *net.TCPConn) (there, back *flow) {
	one := func(d Direction, src, dst *net.TCPConn) *flow {
		dice := rand.New(rand.NewPCG(l.p.config.Seed, uint64(l.n)<<8|uint64(d)))
		return &flow{link: l, direction: d, src: src, dst: dst, queue: newQueue(l.ctx.Done()), dice: dice}
	}
	there, back = one(ToListener, dialler, listener), one(ToDialler, listener, dialler)
	there.back, back.back = back, there
	return there, back
}

const readBytes = 64 << 10

// read takes what comes until it ends.
func (f *flow) read() {
	buffer := make([]byte, readBytes)
	var kept []byte // what is no whole piece yet
	for {
		n, err := f.src.Read(buffer)
		if f.link.ctx.Err() == nil && n > 0 {
			if f.link.p.config.Plain {
				kept = f.pieces(append(kept, buffer[:n]...))
			} else {
				f.send(bytes.Clone(buffer[:n]), 0)
			}
		}
		if err == nil {
			continue
		}
		end := ended
		if err != io.EOF || f.back.failed.Load() { // after a failed write the reader is told of an end only
			end = reset
		}
		if len(kept) > 0 {
			f.send(kept, 0)
		}
		f.queue.put(item{due: f.last, end: end})
		return
	}
}

// pieces sends on what of in is whole, and returns the rest.
func (f *flow) pieces(in []byte) []byte {
	for {
		piece := f.tap.Next(in)
		if piece.Kind == zmtp.TapNone {
			return in
		}
		whole := bytes.Clone(in[:piece.N])
		in = in[piece.N:]
		switch piece.Kind {
		case zmtp.TapMessage:
			f.message(whole, piece)
			continue
		case zmtp.TapHandshake:
			if id := f.tap.Identity(); id != "" && f.direction == ToListener {
				f.link.p.named(f.link, id)
			}
		}
		f.send(whole, 0)
	}
}

// message has its fate befall a message.
func (f *flow) message(whole []byte, piece zmtp.Piece) {
	p := f.link.p
	m := Message{
		Link: f.link.n, Dialler: p.diallerOf(f.link), Direction: f.direction,
		Command: inside(piece.Command, piece.Payload), Payload: piece.Payload,
	}
	hold, then := p.judge(&m)
	if p.config.Seen != nil {
		p.config.Seen(m)
	}
	switch {
	case m.Action == Drop:
	case m.Action == Reorder && hold > 0:
		f.queue.put(item{due: time.Now().Add(hold), bytes: whole})
	case m.Action == Reorder && f.held == nil:
		f.held = whole
	case m.Action == Delay:
		f.send(whole, hold)
		f.release()
	default:
		f.send(whole, 0)
		if m.Action == Double {
			f.send(whole, 0)
		}
		f.release()
	}
	if then != nil {
		then()
	}
}

// release sends on the message that was held until another one had passed.
func (f *flow) release() {
	f.send(f.held, 0)
	f.held = nil
}

// send puts bytes on the way, in pieces if they are to be split. They are due later by
// what delays there are, and by hold.
func (f *flow) send(b []byte, hold time.Duration) {
	w := f.link.p.look(f.link, f.direction)
	for len(b) > 0 {
		n := len(b)
		if w.piece > 0 {
			if f.left <= 0 {
				f.left = 1 + f.dice.IntN(w.piece)
			}
			n = min(n, f.left)
			f.left -= n
		}
		later := hold + w.low
		if w.top > w.low {
			later += time.Duration(f.dice.Int64N(int64(w.top - w.low)))
		}
		if due := time.Now().Add(later); due.After(f.last) {
			f.last = due
		}
		f.queue.put(item{due: f.last, bytes: b[:n]})
		b = b[n:]
	}
}

// write writes what is due until the direction ends, or the link.
func (f *flow) write() {
	for {
		it, ok := f.queue.take()
		if !ok {
			return
		}
		for end := false; !end; {
			rate, ok := f.wait()
			if !ok {
				return
			}
			n := len(it.bytes)
			if rate > 0 {
				n = min(n, max(1, rate/ratePieces))
				f.next = time.Now().Add(time.Duration(n) * time.Second / time.Duration(rate))
			}
			if _, err := f.dst.Write(it.bytes[:n]); err != nil {
				f.failed.Store(true) // of which the reader of dst tells
			}
			it.bytes = it.bytes[n:]
			end = len(it.bytes) == 0
		}
		switch it.end {
		case ended:
			_ = f.dst.CloseWrite() // it may have failed, of which its reader tells
			return
		case reset:
			f.link.end(reset)
			return
		}
	}
}

// ratePieces is how many pieces a second what is limited is written in.
const ratePieces = 20

// wait waits until something may pass, and returns the rate of the moment. It returns
// false if the link is over.
func (f *flow) wait() (rate int, ok bool) {
	for {
		w := f.link.p.look(f.link, f.direction)
		pause := time.Until(f.next)
		if w.rate == 0 {
			pause = 0
		}
		var timer <-chan time.Time
		switch {
		case f.link.ctx.Err() != nil:
			return 0, false
		case w.blocked:
		case pause > 0:
			timer = time.After(pause)
		default:
			return w.rate, true
		}
		select {
		case <-f.link.ctx.Done():
		case <-w.changed:
		case <-timer:
		}
	}
}
