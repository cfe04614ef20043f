package main

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// protocolAttacks are made of legal messages that no honest peer would send so.
func protocolAttacks() []Attack {
	var list []Attack
	for _, command := range []string{"JOIN", "STAY", "PART", "TICK", "TOCK", "CALL", "CAST", "BACK", "MEET", "VOID", "WITH", "NOPE"} {
		list = append(list, Attack{Name: "flood " + command, What: "two keys send " + command + " as fast as they can", Key: true,
			Run: func(ctx context.Context, t *Target) error { return flood(ctx, t, command) }})
	}
	return append(list,
		Attack{Name: "join and part", What: "two keys join and part as fast as they can", Key: true, Run: joinAndPart},
		Attack{Name: "forged replies", What: "four keys answer calls for others, twice, and with numbers that they guess", Key: true, Asks: true, Run: forgedReplies},
		Attack{Name: "twins", What: "two processes of one name each join again when they lose their link", Key: true, Run: twins},
		Attack{Name: "many links", What: "one key has 100 links, with 16 unread replies of 1 MiB on each", Key: true, Run: manyLinks},
		Attack{Name: "never reads", What: "ten keys ask for 64 replies of 1 MiB each and read none", Key: true, Run: neverReads},
		Attack{Name: "descriptors", What: "one key holds every connection it gets of a node with 300 descriptors", Key: true, Files: 300, Run: descriptors},
		Attack{Name: "descriptors, 50 keys", What: "50 keys hold every connection they get of a node with 300 descriptors", Key: true, Files: 300, Run: descriptorsOfMany},
	)
}

// payloadOf returns a legal payload for a command.
func (t *Target) payloadOf(command string) []byte {
	switch command {
	case "JOIN":
		return []byte(network)
	case "PART":
		return []byte{1, 3} // leaving
	case "TICK", "TOCK":
		return binary.BigEndian.AppendUint64(nil, uint64(t.calls.Add(1)))
	case "CALL":
		return t.call(core.CALL, "Service.Echo", echoArgs)
	case "CAST":
		return t.call(core.CAST, "Service.Echo", echoArgs)
	case "BACK":
		return t.call(core.BACK, "Service.Echo", nil)
	case "VOID":
		return t.call(core.VOID, "", nil)
	case "WITH":
		call := core.Action{Command: core.CALL, ID: t.calls.Add(1), Method: []byte("Service.Echo"), Head: make([]byte, 4<<10), Body: echoArgs}
		return core.AppendPayload(nil, &call)
	}
	return core.AppendMeet(nil, core.Meet{Extensions: 15, Incarnation: rand.Uint64()})
}

var echoArgs = encode([]byte("0123456789abcdef"))

// flood sends one command in batches of 64 messages, and joins again when it is cut off.
func flood(ctx context.Context, t *Target, command string) error {
	if err := oncePossible(ctx, t); err != nil {
		return err
	}
	const batch = 64
	return t.each(ctx, 2, func(ctx context.Context, i int) error {
		l, err := t.join(ctx, t.attacker(i))
		if err != nil {
			return err
		}
		defer l.close()
		l.drain()
		for err == nil {
			var frames []byte
			for range batch {
				frames = zmtp.AppendMessage(frames, command, nil, t.payloadOf(command))
			}
			err = l.frames(frames)
			t.did(batch)
		}
		return err
	})
}

// joinAndPart makes the node report a peer that comes and one that goes, by turns.
func joinAndPart(ctx context.Context, t *Target) error {
	return t.each(ctx, 2, func(ctx context.Context, i int) error {
		l, err := t.open(ctx, t.attacker(i))
		if err != nil {
			return err
		}
		defer l.close()
		l.drain()
		var frames []byte
		for _, command := range []string{"JOIN", "MEET", "PART"} {
			frames = zmtp.AppendMessage(frames, command, nil, t.payloadOf(command))
		}
		frames = []byte(strings.Repeat(string(frames), 16))
		for err == nil {
			err = l.frames(frames)
			t.did(16)
		}
		return err
	})
}

// forgedReplies answers each call that the node makes: with a lie about the number
// behind it, which is that of a call to somebody else, and twice.
func forgedReplies(ctx context.Context, t *Target) error {
	return t.each(ctx, 4, func(ctx context.Context, i int) error {
		l, err := t.join(ctx, t.attacker(i))
		if err != nil {
			return err
		}
		defer l.close()
		lie := encode([]byte("a lie"))
		return l.each(func(command string, payload []byte) {
			if command != "CALL" {
				return
			}
			p, _, _ := core.ParsePayload(core.CALL, payload)
			var frames []byte
			for id := p.ID; id < p.ID+64; id++ {
				for _, method := range []string{string(p.Method), "Sentinel.Echo", "Service.Echo", ""} {
					a := core.Action{Command: core.BACK, ID: id, Method: []byte(method), Body: lie}
					frames = zmtp.AppendMessage(frames, "BACK", nil, core.AppendPayload(nil, &a))
					t.did(1)
				}
			}
			_ = l.frames(frames) // each ends when the link has ended
		})
	})
}

// twins have one name, as a cloned machine has its original's: each calls, and joins
// again when it is told to part or has no answer.
func twins(ctx context.Context, t *Target) error {
	return t.each(ctx, 2, func(ctx context.Context, _ int) error {
		l, err := t.join(ctx, t.attacker(0))
		if err != nil {
			return err
		}
		defer l.close()
		if err := l.send("MEET", t.payloadOf("MEET")); err != nil {
			return err
		}
		for ctx.Err() == nil {
			t.did(1)
			if err := l.send("CALL", t.payloadOf("CALL")); err != nil {
				return err
			}
			if err := l.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
				return err
			}
			if err := l.await("BACK"); err != nil {
				return err
			}
		}
		return nil
	})
}

// asking joins and asks for so many replies of 1 MiB, of which it reads one byte: by
// then the node has taken the requests.
func asking(ctx context.Context, t *Target, who identity, replies int) (*link, error) {
	l, err := t.join(ctx, who)
	if err != nil {
		return nil, err
	}
	args := encode(1 << 20)
	var frames []byte
	for range replies {
		frames = zmtp.AppendMessage(frames, "CALL", nil, t.call(core.CALL, "Service.Big", args))
	}
	t.did(replies)
	if err = l.frames(frames); err == nil {
		_, err = l.conn.Read(make([]byte, 1))
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// manyLinks opens its links one after the other: what comes by a link that a newer
// one has replaced is dropped.
func manyLinks(ctx context.Context, t *Target) error {
	if err := oncePossible(ctx, t); err != nil {
		return err
	}
	links := t.sockets(100)
	t.until(links * 16)
	var one sync.Mutex
	return t.each(ctx, links, func(ctx context.Context, _ int) error {
		one.Lock()
		l, err := asking(ctx, t, t.attacker(0), 16)
		one.Unlock()
		if err != nil {
			return err
		}
		defer l.close()
		<-ctx.Done()
		return nil
	})
}

func neverReads(ctx context.Context, t *Target) error {
	if err := oncePossible(ctx, t); err != nil {
		return err
	}
	replies := t.size(64)
	t.until(10 * replies)
	return t.each(ctx, 10, func(ctx context.Context, i int) error {
		l, err := asking(ctx, t, t.attacker(i), replies)
		if err != nil {
			return err
		}
		defer l.close()
		<-ctx.Done()
		return nil
	})
}

func descriptors(ctx context.Context, t *Target) error { return hoard(ctx, t, 1) }

func descriptorsOfMany(ctx context.Context, t *Target) error { return hoard(ctx, t, 50) }

// hoard holds every connection that the node gives, and answers what keeps it.
func hoard(ctx context.Context, t *Target, keys int) error {
	links := min(400, t.FilesMax-64)
	t.until(links)
	return t.each(ctx, links, func(ctx context.Context, i int) error {
		l, err := t.open(ctx, t.attacker(i%keys))
		t.did(1) // if it is not let in, that is the node's answer
		if err != nil {
			return err
		}
		defer l.close()
		if err := l.send("JOIN", []byte(network)); err != nil {
			return err
		}
		return l.each(func(string, []byte) {})
	})
}
