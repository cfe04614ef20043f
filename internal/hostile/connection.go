package main

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"time"
)

// connectionAttacks need nothing but a connection.
func connectionAttacks() []Attack {
	return []Attack{
		{Name: "none", What: "nothing: what the machine does to the figures by itself", Run: func(ctx context.Context, t *Target) error {
			t.begin()
			t.did(1)
			<-ctx.Done()
			return nil
		}},
		{Name: "garbage", What: "20 connections send random bytes", Run: func(ctx context.Context, t *Target) error {
			noise := make([]byte, 64<<10)
			_, _ = rand.Read(noise) // never fails
			return t.each(ctx, 20, t.sending(noise))
		}},
		{Name: "http", What: "20 connections send HTTP requests", Run: func(ctx context.Context, t *Target) error {
			return t.each(ctx, 20, t.sending([]byte("GET / HTTP/1.1\r\nHost: node\r\nConnection: keep-alive\r\n\r\n")))
		}},
		{Name: "held", What: "2,000 connections are opened and say nothing", Run: func(ctx context.Context, t *Target) error {
			return t.each(ctx, t.sockets(2000), t.sending(nil))
		}},
		{Name: "half open", What: "500 connections send a greeting and no more", Run: func(ctx context.Context, t *Target) error {
			return t.each(ctx, t.sockets(500), t.sending(t.engine(t.attacker(0), new([32]byte)).Start(nil)))
		}},
		{Name: "slowloris", What: "500 connections send a greeting and no more than a byte each 50 ms", Run: slowloris},
		{Name: "churn", What: "2,000 connections a second are opened and closed", Run: churn},
	}
}

// sending returns work that opens a connection, writes b and waits until the node hangs up.
func (t *Target) sending(b []byte) func(context.Context, int) error {
	return func(ctx context.Context, _ int) error {
		return t.with(ctx, func(conn net.Conn) error {
			if _, err := conn.Write(b); err != nil {
				return err
			}
			t.did(1)
			_, err := io.Copy(io.Discard, conn)
			return err
		})
	}
}

// with runs f on a new bare connection and closes it.
func (t *Target) with(ctx context.Context, f func(net.Conn) error) error {
	conn, err := t.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return f(conn)
}

func slowloris(ctx context.Context, t *Target) error {
	greeting := t.engine(t.attacker(0), new([32]byte)).Start(nil)
	return t.each(ctx, t.sockets(500), func(ctx context.Context, _ int) error {
		return t.with(ctx, func(conn net.Conn) error {
			for i := 0; ctx.Err() == nil; i++ {
				if _, err := conn.Write(greeting[i%len(greeting):][:1]); err != nil {
					return err
				}
				t.did(1)
				pause(ctx, 50*time.Millisecond)
			}
			return nil
		})
	})
}

func churn(ctx context.Context, t *Target) error {
	const perSecond, workers = 2000, 20
	return t.each(ctx, workers, func(ctx context.Context, _ int) error {
		pause(ctx, time.Second*workers/perSecond)
		return t.with(ctx, func(net.Conn) error {
			t.did(1)
			return nil
		})
	})
}
