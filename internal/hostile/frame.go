package main

import (
	"context"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// frameAttacks send what is no message, or never becomes one, on connections that are up.
func frameAttacks() []Attack {
	return []Attack{
		{Name: "frame length", What: "50 links promise a frame of 2^62 bytes and send it", Key: true, Run: frameLength},
		{Name: "endless message", What: "10 links send a message whose parts never end", Key: true, Run: endlessMessage},
		{Name: "many frames", What: "4 links flood messages of 1, 3 and 40 frames", Key: true, Run: manyFrames},
		{Name: "partial, one key", What: "200 links of one key send all but the end of 4 MiB messages", Key: true,
			Run: func(ctx context.Context, t *Target) error { return partial(ctx, t, 1) }},
		{Name: "partial, 50 keys", What: "200 links of 50 keys send all but the end of 4 MiB messages", Key: true,
			Run: func(ctx context.Context, t *Target) error { return partial(ctx, t, 50) }},
	}
}

func frameLength(ctx context.Context, t *Target) error {
	body := make([]byte, 64<<10)
	return t.each(ctx, t.size(50), func(ctx context.Context, i int) error {
		l, err := t.join(ctx, t.attacker(i))
		if err != nil {
			return err
		}
		defer l.close()
		l.drain()
		err = l.raw(frameHeader(0, 1<<62))
		for err == nil {
			err = l.raw(body)
			t.did(1)
		}
		return err
	})
}

func endlessMessage(ctx context.Context, t *Target) error {
	t.until(t.size(20_000)) // 1.2 GB
	part := append(frameHeader(frameMore, 60<<10), make([]byte, 60<<10)...)
	return t.each(ctx, 10, func(ctx context.Context, i int) error {
		l, err := t.join(ctx, t.attacker(i))
		if err != nil {
			return err
		}
		defer l.close()
		l.drain()
		for err == nil {
			err = l.frames(part)
			t.did(1)
		}
		return err
	})
}

func manyFrames(ctx context.Context, t *Target) error {
	var frames []byte
	for _, n := range []int{1, 3, 40} {
		for i := range n {
			var flags byte
			if i < n-1 {
				flags = frameMore
			}
			frames = append(frames, flags, 4)
			frames = append(frames, "CALL"...)
		}
	}
	return t.each(ctx, 4, func(ctx context.Context, i int) error {
		l, err := t.join(ctx, t.attacker(i))
		if err != nil {
			return err
		}
		defer l.close()
		l.drain()
		for err == nil {
			err = l.frames(frames)
			t.did(3)
		}
		return err
	})
}

// partial sends, on 200 links of so many keys, a command and a payload without its
// last bytes. With CURVE the payload's box is never opened, so anything will do. None
// of them joins: a node drops the JOIN of a link if a newer one was faster.
func partial(ctx context.Context, t *Target, keys int) error {
	const bytes = 4<<20 - 4<<10
	body := make([]byte, bytes-100)
	links := t.sockets(200)
	t.until(links)
	if err := oncePossible(ctx, t); err != nil {
		return err
	}
	return t.each(ctx, links, func(ctx context.Context, i int) error {
		l, err := t.open(ctx, t.attacker(i%keys))
		if err != nil {
			return err
		}
		defer l.close()
		head := frameHeader(0, bytes)
		if t.Curve {
			head = append(frameHeader(0, bytes), curveMessage...)
			head = append(head, 0, 0, 0, 0, 0, 0, 0, 5)
		}
		if err := l.frames(append([]byte{frameMore, 4}, "CALL"...)); err != nil {
			return err
		}
		if err := l.raw(head); err != nil {
			return err
		}
		err = l.raw(body)
		t.did(1) // if the node hangs up before the end, that is its answer
		if err != nil {
			return err
		}
		return l.each(func(string, []byte) {})
	})
}

// oncePossible says whether an attacker can join and be answered at all: otherwise
// what follows would be no attack.
func oncePossible(ctx context.Context, t *Target) error {
	l, err := t.join(ctx, t.attacker(0))
	if err != nil {
		return fmt.Errorf("an attacker can't join: %w", err)
	}
	defer l.close()
	if err := l.send("CALL", t.call(core.CALL, "Service.Echo", encode([]byte("x")))); err != nil {
		return err
	}
	return l.await("BACK")
}
