package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// link is an attacker's end of a connection to the node: ZMTP by package zmtp, but
// on a bare socket and with frames of the attacker's own making. Its writing side
// may be used by several goroutines, its reading side by one.
type link struct {
	conn   net.Conn
	engine *zmtp.Conn
	in     []byte // read and not used yet

	mu sync.Mutex // guards the order in which frames are sealed and written
}

// timedConn is a connection on which everything ends with a context.
type timedConn struct {
	net.Conn
	stop func() bool
}

// pieceBytes is how much is written at a time. A system that preempts nothing in itself would
// let who writes megabytes have a processor for milliseconds, though it gives way to all
// others; and from a network they come in pieces.
const pieceBytes = 16 << 10

// Write implements net.Conn.
func (c *timedConn) Write(b []byte) (n int, err error) {
	for err == nil && n < len(b) {
		var m int
		m, err = c.Conn.Write(b[n:min(len(b), n+pieceBytes)])
		n += m
	}
	return n, err
}

// Close implements net.Conn.
func (c *timedConn) Close() error {
	c.stop()
	return c.Conn.Close()
}

// dial opens a bare connection, on which everything ends with ctx. The first one
// starts the clock.
func (t *Target) dial(ctx context.Context) (net.Conn, error) {
	t.begin()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return nil, err
	}
	return &timedConn{conn, context.AfterFunc(ctx, func() { _ = conn.Close() })}, nil
}

// engine returns a dialling end of ZMTP for who.
func (t *Target) engine(who identity, server *[zmtp.KeyBytes]byte) *zmtp.Conn {
	config := &zmtp.Config{Identity: who.claim, PayloadBytesMax: 64 << 20}
	if t.Curve {
		config.Curve = &who.keys
	}
	var entropy zmtp.Entropy
	_, _ = rand.Read(entropy[:]) // never fails
	return zmtp.Dial(config, server, &entropy, 0)
}

// open makes a connection and does the handshake as who.
func (t *Target) open(ctx context.Context, who identity) (*link, error) {
	node := t.node()
	return t.openTo(ctx, who, &node.keys.Public)
}

// openTo is open with what the attacker takes for the node's key.
func (t *Target) openTo(ctx context.Context, who identity, server *[zmtp.KeyBytes]byte) (*link, error) {
	conn, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	l := &link{conn: conn, engine: t.engine(who, server)}
	if _, err := conn.Write(l.engine.Start(nil)); err != nil {
		l.close()
		return nil, err
	}
	for !l.engine.Up() {
		if _, err := l.receive(); err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

// join makes a connection and joins the network as who.
func (t *Target) join(ctx context.Context, who identity) (*link, error) {
	l, err := t.open(ctx, who)
	if err != nil {
		return nil, err
	}
	if err = l.send("JOIN", []byte(network)); err == nil {
		err = l.await("STAY")
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *link) close() { _ = l.conn.Close() }

// await reads until a message with that command.
func (l *link) await(command string) error {
	for {
		got, err := l.receive()
		if err != nil {
			return err
		}
		if got.Kind != zmtp.Message {
			continue
		}
		switch said := string(got.Command.Bytes()); said {
		case command:
			return nil
		case "PART":
			return fmt.Errorf("waiting for %s: PART", command)
		}
	}
}

// receive reads until there is something to tell, and answers what ZMTP wants answered.
func (l *link) receive() (zmtp.Input, error) {
	for {
		up := l.engine.Up()
		got, out, err := l.engine.Receive(0, nil, l.in)
		if err == nil && len(out) > 0 {
			if up {
				err = l.frames(out)
			} else {
				_, err = l.conn.Write(out)
			}
		}
		if err != nil {
			return got, err
		}
		if got.Kind != zmtp.None {
			got.Payload = append([]byte(nil), got.Payload...)
		}
		if l.in = l.in[got.N:]; got.Kind != zmtp.None {
			return got, nil
		}
		if room := l.engine.Space(); room != nil && len(l.in) == 0 {
			n, err := l.conn.Read(room)
			if err != nil {
				return got, err
			}
			l.engine.Filled(n)
			continue
		}
		more := make([]byte, 64<<10)
		n, err := l.conn.Read(more)
		if err != nil {
			return got, err
		}
		l.in = append(l.in, more[:n]...)
	}
}

// each calls f for every message of the node until the connection ends, and
// returns why it has.
func (l *link) each(f func(command string, payload []byte)) error {
	for {
		got, err := l.receive()
		if err != nil {
			return err
		}
		if got.Kind == zmtp.Message {
			f(string(got.Command.Bytes()), got.Payload)
		}
	}
}

// drain reads and forgets, in a goroutine of its own.
func (l *link) drain() { go func() { _ = l.each(func(string, []byte) {}) }() }

// send sends a message.
func (l *link) send(command string, payload []byte) error {
	return l.frames(zmtp.AppendMessage(nil, command, nil, payload))
}

// frames sends whole plain frames, sealed if the connection is.
func (l *link) frames(frames []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.conn.Write(l.engine.Sealer().Seal(nil, frames, nil))
	return err
}

// raw sends bytes as they stand.
func (l *link) raw(b []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.conn.Write(b)
	return err
}

// call returns the payload of a CALL or CAST.
func (t *Target) call(command core.Command, method string, args []byte) []byte {
	a := core.Action{Command: command, ID: t.calls.Add(1), Method: []byte(method), Body: args}
	return core.AppendPayload(nil, &a)
}
