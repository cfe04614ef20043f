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

// The bare contender is the least that a system of this kind has to do: requests
// with an id and 16 bytes go over one connection, many in one write, handlers
// run on other goroutines than the one that reads, and replies wake their
// callers. It has no names, methods, codec, timeouts or limits.
var bare = contender{
	name:  "bare",
	what:  "the least that such a system has to do: no names, methods, codec, timeouts or limits",
	serve: serveBare,
	dial: func(target string) (client, error) {
		conn, err := net.Dial("tcp", target)
		if err != nil {
			return nil, err
		}
		c := &bareClient{pending: make(map[uint32]*bareCall)}
		c.calls.New = func() any { return &bareCall{wake: make(chan struct{}, 1)} }
		c.out.conn = conn
		go c.read()
		return c, nil
	},
}

// bareFrame is an id and two numbers.
const bareFrame = 4 + 16

// bareOut is the sending side of a connection.
type bareOut struct {
	conn     net.Conn
	yielding atomic.Bool
	mu       sync.Mutex
	staged   []byte
	spare    []byte
	writing  bool
}

// send queues a message and writes it, or leaves it to who is about to write.
func (o *bareOut) send(id uint32, a, b int) {
	o.mu.Lock()
	o.staged = binary.BigEndian.AppendUint32(o.staged, id)
	o.staged = append(o.staged, encode(a, b)...)
	o.mu.Unlock()
	if !o.yielding.CompareAndSwap(false, true) {
		return
	}
	runtime.Gosched() // so that others send in the same write
	o.yielding.Store(false)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writing {
		return
	}
	o.writing = true
	for len(o.staged) > 0 {
		batch := o.staged
		o.staged = o.spare[:0]
		o.mu.Unlock()
		_, _ = o.conn.Write(batch) // the reader finds out
		o.mu.Lock()
		o.spare = batch
	}
	o.writing = false
}

type bareCall struct {
	results Results
	err     error
	wake    chan struct{}
}

type bareClient struct {
	out     bareOut
	calls   sync.Pool
	mu      sync.Mutex
	pending map[uint32]*bareCall
	lastID  uint32
}

func (c *bareClient) read() {
	r := bufio.NewReaderSize(c.out.conn, 64<<10)
	var frame [bareFrame]byte
	for {
		if _, err := io.ReadFull(r, frame[:]); err != nil {
			return
		}
		id := binary.BigEndian.Uint32(frame[:])
		c.mu.Lock()
		call := c.pending[id]
		delete(c.pending, id)
		c.mu.Unlock()
		call.results, call.err = results16(frame[4:])
		call.wake <- struct{}{}
	}
}

func (c *bareClient) load(callers int, done func(int) bool) (int, error) {
	return parallel(callers, done, func(args Operands) (Results, error) {
		call := c.calls.Get().(*bareCall)
		defer c.calls.Put(call)
		c.mu.Lock()
		c.lastID++
		id := c.lastID
		c.pending[id] = call
		c.mu.Unlock()
		c.out.send(id, args.A, args.B)
		<-call.wake
		return call.results, call.err
	})
}

func (c *bareClient) close() { c.out.conn.Close() }

func serveBare() (string, func(), error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerBare(conn)
		}
	}()
	return listener.Addr().String(), func() { listener.Close() }, nil
}

// answerBare answers the requests of one connection.
func answerBare(conn net.Conn) {
	out := &bareOut{conn: conn}
	requests := make(chan [bareFrame]byte, 1024)
	defer close(requests)
	for range 64 {
		go func() {
			for frame := range requests {
				a, b, _ := decode(frame[4:])
				out.send(binary.BigEndian.Uint32(frame[:]), a+b, a-b)
			}
		}()
	}
	r := bufio.NewReaderSize(conn, 64<<10)
	for {
		var frame [bareFrame]byte
		if _, err := io.ReadFull(r, frame[:]); err != nil {
			return
		}
		requests <- frame
	}
}
