package main

import (
	"errors"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// natsRequest goes through a broker, as NATS does; the broker and the service
// share the served process.
var natsRequest = contender{
	name:  "nats",
	what:  "NATS request-reply through its broker, no codec",
	serve: serveNATS,
	dial: func(target string) (client, error) {
		conn, err := nats.Connect(target)
		return natsClient{conn}, err
	},
}

const natsSubject = "arith.sumdiff"

func serveNATS() (string, func(), error) {
	broker, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true})
	if err != nil {
		return "", nil, err
	}
	broker.Start()
	if !broker.ReadyForConnections(5 * time.Second) {
		return "", nil, errors.New("the broker did not start")
	}
	service, err := nats.Connect(broker.ClientURL())
	if err != nil {
		return "", nil, err
	}
	_, err = service.Subscribe(natsSubject, func(m *nats.Msg) {
		if reply, err := sumDiff(m.Data); err == nil {
			m.Respond(reply)
		}
	})
	if err != nil {
		return "", nil, err
	}
	return broker.ClientURL(), func() { service.Close(); broker.Shutdown() }, service.Flush()
}

type natsClient struct{ conn *nats.Conn }

func (c natsClient) load(callers int, done func(int) bool) (int, error) {
	return parallel(callers, done, func(args Operands) (Results, error) {
		m, err := c.conn.Request(natsSubject, encode(args.A, args.B), 5*time.Second)
		if err != nil {
			return Results{}, err
		}
		return results16(m.Data)
	})
}

func (c natsClient) close() { c.conn.Close() }
