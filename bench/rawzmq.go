//go:build cgo && libzmq

package main

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/pebbe/zmq4"
)

// rawZMQ is what libzmq and pebbe/zmq4 cost without any protocol or codec: one
// goroutine at each end, blocking calls, 16 bytes each way. Its callers are not
// goroutines, since a socket has one owner, but requests on their way.
var rawZMQ = contender{
	name:  "raw zmq",
	what:  "DEALER and ROUTER by pebbe/zmq4, no codec, a window instead of callers",
	serve: serveRawZMQ,
	dial:  dialRawZMQ,
}

func serveRawZMQ() (string, func(), error) {
	ctx, router, err := newSocket(zmq4.ROUTER)
	if err != nil {
		return "", nil, err
	}
	if err := router.Bind("tcp://127.0.0.1:*"); err != nil {
		return "", nil, err
	}
	target, err := router.GetLastEndpoint()
	if err != nil {
		return "", nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer router.Close()
		for {
			message, err := receive(router, 2)
			if err != nil {
				return
			}
			reply, err := sumDiff(message[1])
			if err != nil || send(router, message[0], reply) != nil {
				return
			}
		}
	}()
	return target, func() { ctx.Term(); <-done }, nil
}

type rawZMQClient struct {
	ctx    *zmq4.Context
	dealer *zmq4.Socket
}

func dialRawZMQ(target string) (client, error) {
	ctx, dealer, err := newSocket(zmq4.DEALER)
	if err != nil {
		return nil, err
	}
	return rawZMQClient{ctx, dealer}, dealer.Connect(target)
}

func newSocket(kind zmq4.Type) (*zmq4.Context, *zmq4.Socket, error) {
	ctx, err := zmq4.NewContext()
	if err != nil {
		return nil, nil, err
	}
	socket, err := ctx.NewSocket(kind)
	if err != nil {
		return nil, nil, err
	}
	return ctx, socket, socket.SetLinger(0)
}

func (c rawZMQClient) load(callers int, done func(int) bool) (int, error) {
	calls, waiting := 0, make([]bool, callers)
	pending := 0
	for caller := range callers {
		if !done(caller) {
			if err := c.request(caller, calls); err != nil {
				return calls, err
			}
			waiting[caller] = true
			pending++
		}
	}
	for pending > 0 {
		message, err := receive(c.dealer, 1)
		if err != nil {
			return calls, err
		}
		reply, err := results16(message[0])
		if err != nil {
			return calls, err
		}
		caller := (reply.S + reply.D) / 2 // A of the request
		if caller < 0 || caller >= callers || !waiting[caller] {
			return calls, fmt.Errorf("a reply nobody waits for: %+v", reply)
		}
		calls++
		if !done(caller) {
			err = c.request(caller, calls)
		} else {
			waiting[caller] = false
			pending--
		}
		if err != nil {
			return calls, err
		}
	}
	return calls, nil
}

func (c rawZMQClient) request(caller, number int) error {
	return send(c.dealer, encode(caller, number))
}

func (c rawZMQClient) close() {
	c.dealer.Close()
	c.ctx.Term()
}

// send sends one message. Go's preemption signals interrupt libzmq's calls;
// each is repeated then, since giving up in between would tear the message.
func send(socket *zmq4.Socket, parts ...[]byte) error {
	for i, part := range parts {
		flags := zmq4.SNDMORE
		if i == len(parts)-1 {
			flags = 0
		}
		for {
			_, err := socket.SendBytes(part, flags)
			if err == nil {
				break
			}
			if !interrupted(err) {
				return err
			}
		}
	}
	return nil
}

// receive waits for one message of the given number of parts.
func receive(socket *zmq4.Socket, parts int) ([2][]byte, error) {
	var message [2][]byte
	for i := range parts {
		for {
			part, err := socket.RecvBytes(0)
			if err == nil {
				message[i] = part
				break
			}
			if !interrupted(err) {
				return message, err
			}
		}
	}
	return message, nil
}

func interrupted(err error) bool { return errors.Is(err, zmq4.Errno(syscall.EINTR)) }
