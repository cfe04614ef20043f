package main

import (
	"net"
	"time"

	"go.nanomsg.org/mangos/v3"
	"go.nanomsg.org/mangos/v3/protocol/rep"
	"go.nanomsg.org/mangos/v3/protocol/req"
	_ "go.nanomsg.org/mangos/v3/transport/tcp" // registers tcp://
)

// mangosReqRep shares one socket; each caller has a context of its own on it.
var mangosReqRep = contender{
	name:  "mangos",
	what:  "mangos REQ and REP, no codec, a context for each caller",
	serve: serveMangos,
	dial:  dialMangos,
}

// mangosContexts is how many requests the served end works on at once.
const mangosContexts = 64

func serveMangos() (string, func(), error) {
	address, err := freeAddress()
	if err != nil {
		return "", nil, err
	}
	socket, err := rep.NewSocket()
	if err != nil {
		return "", nil, err
	}
	if err := socket.Listen("tcp://" + address); err != nil {
		return "", nil, err
	}
	for range mangosContexts {
		ctx, err := socket.OpenContext()
		if err != nil {
			return "", nil, err
		}
		go answerMangos(ctx)
	}
	return "tcp://" + address, func() { socket.Close() }, nil
}

// freeAddress finds a port, as mangos can't be asked which one it was given.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

func answerMangos(ctx mangos.Context) {
	for {
		body, err := ctx.Recv()
		if err != nil {
			return
		}
		if reply, err := sumDiff(body); err == nil {
			err = ctx.Send(reply)
			if err != nil {
				return
			}
		}
	}
}

type mangosClient struct {
	socket   mangos.Socket
	contexts []mangos.Context // of each caller
}

func dialMangos(target string) (client, error) {
	socket, err := req.NewSocket()
	if err != nil {
		return nil, err
	}
	return &mangosClient{socket: socket}, socket.Dial(target)
}

func (c *mangosClient) load(callers int, done func(int) bool) (int, error) {
	for len(c.contexts) < callers {
		ctx, err := c.socket.OpenContext()
		if err != nil {
			return 0, err
		}
		if err := ctx.SetOption(mangos.OptionRecvDeadline, 5*time.Second); err != nil {
			return 0, err
		}
		c.contexts = append(c.contexts, ctx)
	}
	return parallelFor(callers, done, func(caller int, args Operands) (Results, error) {
		if err := c.contexts[caller].Send(encode(args.A, args.B)); err != nil {
			return Results{}, err
		}
		body, err := c.contexts[caller].Recv()
		if err != nil {
			return Results{}, err
		}
		return results16(body)
	})
}

func (c *mangosClient) close() { c.socket.Close() }
