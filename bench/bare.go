package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
)

// Bare is the least that a system of this kind has to do: requests with an id
// and 16 bytes go over one connection, many in one write, and replies wake
// their callers. It has no names, methods, codec, timeouts or limits.

var (
	bareInline = bare("bare-inline", "the least a batched RPC has to do, handlers on the reading goroutine", false)
	barePool   = bare("bare", "the least a batched RPC has to do, handlers on other goroutines", true)
)

const bareFrame = 4 + 16

type bareOut struct {
	mu       sync.Mutex
	conn     net.Conn
	staged   []byte
	writing  []byte
	sends    atomic.Uint64
	yielding atomic.Bool
	busy     bool
}

func (o *bareOut) queue(id uint32, a, b int) {
	o.mu.Lock()
	o.staged = binary.BigEndian.AppendUint32(o.staged, id)
	o.staged = binary.BigEndian.AppendUint64(o.staged, uint64(a))
	o.staged = binary.BigEndian.AppendUint64(o.staged, uint64(b))
	o.mu.Unlock()
	o.sends.Add(1)
}

func (o *bareOut) flush(yield bool) {
	if yield {
		if !o.yielding.CompareAndSwap(false, true) {
			return
		}
		runtime.Gosched()
		o.yielding.Store(false)
	}
	o.mu.Lock()
	if o.busy {
		o.mu.Unlock()
		return
	}
	o.busy = true
	for len(o.staged) > 0 {
		o.staged, o.writing = o.writing[:0], o.staged
		o.mu.Unlock()
		o.conn.Write(o.writing)
		o.mu.Lock()
	}
	o.busy = false
	o.mu.Unlock()
}

type bareClient struct {
	out     bareOut
	mu      sync.Mutex
	pending map[uint32]*bareCall
	next    uint32
	pool    sync.Pool
}

type bareCall struct {
	s, d int
	wake chan struct{}
}

func (c *bareClient) read() {
	r := bufio.NewReaderSize(c.out.conn, 64<<10)
	var frame [bareFrame]byte
	var done []*bareCall
	for {
		if _, err := io.ReadFull(r, frame[:]); err != nil {
			return
		}
		c.mu.Lock()
		for {
			id := binary.BigEndian.Uint32(frame[:])
			call := c.pending[id]
			delete(c.pending, id)
			call.s, call.d = int(binary.BigEndian.Uint64(frame[4:])), int(binary.BigEndian.Uint64(frame[12:]))
			done = append(done, call)
			if r.Buffered() < bareFrame {
				break
			}
			io.ReadFull(r, frame[:])
		}
		c.mu.Unlock()
		for _, call := range done {
			call.wake <- struct{}{}
		}
		done = done[:0]
	}
}

func (c *bareClient) load(callers int, done func(int) bool) (int, error) {
	return parallel(callers, done, func(args Operands) (Results, error) {
		call := c.pool.Get().(*bareCall)
		c.mu.Lock()
		c.next++
		id := c.next
		c.pending[id] = call
		c.mu.Unlock()
		c.out.queue(id, args.A, args.B)
		c.out.flush(callers > 1)
		<-call.wake
		r := Results{call.s, call.d}
		c.pool.Put(call)
		return r, nil
	})
}

func (c *bareClient) close() { c.out.conn.Close() }

func bare(name, what string, pool bool) contender {
	return contender{name: name, what: what,
		serve: func() (string, func(), error) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return "", nil, err
			}
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					go bareServe(conn, pool)
				}
			}()
			return l.Addr().String(), func() { l.Close() }, nil
		},
		dial: func(target string) (client, error) {
			conn, err := net.Dial("tcp", target)
			if err != nil {
				return nil, err
			}
			c := &bareClient{pending: map[uint32]*bareCall{}}
			c.pool.New = func() any { return &bareCall{wake: make(chan struct{}, 1)} }
			c.out.conn = conn
			go c.read()
			return c, nil
		},
	}
}

func bareServe(conn net.Conn, pool bool) {
	out := &bareOut{conn: conn}
	r := bufio.NewReaderSize(conn, 64<<10)
	type request struct {
		id   uint32
		a, b int
	}
	work := make(chan request, 1024)
	defer close(work)
	if pool {
		for range 64 {
			go func() {
				for q := range work {
					out.queue(q.id, q.a+q.b, q.a-q.b)
					out.flush(true)
				}
			}()
		}
	}
	var frame [bareFrame]byte
	for {
		if _, err := io.ReadFull(r, frame[:]); err != nil {
			return
		}
		q := request{binary.BigEndian.Uint32(frame[:]), int(binary.BigEndian.Uint64(frame[4:])), int(binary.BigEndian.Uint64(frame[12:]))}
		if pool {
			work <- q
			continue
		}
		out.queue(q.id, q.a+q.b, q.a-q.b)
		if r.Buffered() < bareFrame {
			out.flush(false)
		}
	}
}
