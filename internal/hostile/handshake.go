package main

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// handshakeAttacks are about who one is.
func handshakeAttacks() []Attack {
	return []Attack{
		{Name: "wrong server key", What: "20 connections begin CURVE handshakes for another node's key", Only: "curve",
			Run: func(ctx context.Context, t *Target) error {
				other := named("another node", true)
				return t.each(ctx, 20, func(ctx context.Context, i int) error {
					t.did(1)
					l, err := t.openTo(ctx, t.attacker(i), &other.keys.Public)
					if err == nil {
						l.close()
					}
					return err
				})
			}},
		{Name: "key not admitted", What: "20 connections do the whole handshake with keys that are not allowed", Only: "curve",
			Run: func(ctx context.Context, t *Target) error {
				return t.each(ctx, 20, func(ctx context.Context, i int) error {
					t.did(1)
					l, err := t.join(ctx, named("stranger "+strconv.Itoa(i), true))
					if err == nil {
						l.close()
						return fmt.Errorf("stranger %d was let in", i)
					}
					return err
				})
			}},
		{Name: "other mechanism", What: "20 connections speak NULL to a node with CURVE, or CURVE to one without",
			Run: func(ctx context.Context, t *Target) error {
				other := &Target{Address: t.Address, Curve: !t.Curve, begin: t.begin}
				return t.each(ctx, 20, func(ctx context.Context, i int) error {
					t.did(1)
					l, err := other.join(ctx, other.attacker(i))
					if err == nil {
						l.close()
					}
					return err
				})
			}},
		{Name: "handshake length", What: "50 connections promise a handshake command of 2^62 bytes and send it", Run: handshakeLength},
		{Name: "own name", What: "20 connections claim the node's own name", Key: true, Run: ownName},
		{Name: "new names", What: "20 connections join under a new name or the next of 256 keys, again and again", Key: true, Run: newNames},
	}
}

func handshakeLength(ctx context.Context, t *Target) error {
	bytes := t.engine(t.attacker(0), new([zmtp.KeyBytes]byte)).Start(nil)
	bytes = append(bytes, frameHeader(4, 1<<62)...) // 4 is a command
	body := make([]byte, 64<<10)
	return t.each(ctx, 50, func(ctx context.Context, _ int) error {
		return t.with(ctx, func(conn net.Conn) error {
			_, err := conn.Write(bytes)
			for err == nil {
				_, err = conn.Write(body)
				t.did(1)
			}
			return err
		})
	})
}

func ownName(ctx context.Context, t *Target) error {
	return t.each(ctx, 20, func(ctx context.Context, i int) error {
		who := t.attacker(i)
		who.claim = t.node().claim
		l, err := t.open(ctx, who)
		t.did(1)
		if err != nil {
			return err
		}
		defer l.close()
		for range 100 {
			if err := l.send("JOIN", []byte(network)); err != nil {
				return err
			}
		}
		return nil
	})
}

func newNames(ctx context.Context, t *Target) error {
	return t.each(ctx, 20, func(ctx context.Context, _ int) error {
		who := t.attacker(int(t.calls.Add(1)))
		if !t.Curve {
			who.claim = fmt.Sprintf("name %d", t.calls.Load())
		}
		l, err := t.join(ctx, who)
		if err != nil {
			return err
		}
		t.did(1)
		l.close()
		return nil
	})
}
