package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// applicationAttacks are legal calls whose arguments or replies are made to hurt.
func applicationAttacks() []Attack {
	return []Attack{
		{Name: "sleeping bodies, one key", What: "256 calls of 4 MiB to a method that sleeps", Key: true,
			Run: func(ctx context.Context, t *Target) error { return sleepingBodies(ctx, t, 1) }},
		{Name: "sleeping bodies, 8 keys", What: "8 x 64 calls of 4 MiB to a method that sleeps", Key: true,
			Run: func(ctx context.Context, t *Target) error { return sleepingBodies(ctx, t, 8) }},
		{Name: "six keys", What: "six keys fill the node's 1,024 requests with calls that sleep", Key: true, Run: sixKeys},
		{Name: "panics", What: "two keys call a method that panics", Key: true, Run: func(ctx context.Context, t *Target) error {
			return calling(ctx, t, 2, "Service.Panic", encode(1))
		}},
		{Name: "no such method", What: "two keys call methods that don't exist", Key: true, Run: func(ctx context.Context, t *Target) error {
			return calling(ctx, t, 2, "Nobody.Knows", encode(1))
		}},
		{Name: "no gob", What: "two keys call with arguments that are not gob", Key: true, Run: func(ctx context.Context, t *Target) error {
			return calling(ctx, t, 2, "Service.Wides", []byte("\xff\xff\xff\xffno gob at all"))
		}},
		bomb("strings", "4 Mi empty strings", "Service.Strings", func(n int) []byte { return encode(make([]string, n)) }),
		bomb("structs", "4 Mi structs of 16 strings", "Service.Wides", func(n int) []byte { return encode(make([]thin, n)) }),
		bomb("maps", "4 Mi empty maps", "Service.Maps", emptyMaps),
		bomb("interfaces", "4 Mi nil interfaces", "Service.Any", func(n int) []byte { return encode(anyArg{V: make([]any, n)}) }),
		bomb("deep", "a list of 2 Mi nodes", "Service.Deep", func(n int) []byte { return deepList(n / 2) }),
		bomb("deep, skipped", "a list of 2 Mi nodes in a field that the node has not", "Service.Skip", func(n int) []byte { return deepList(n / 2) }),
		bomb("deep interfaces", "2,000 interfaces in one another", "Service.Any", func(int) []byte { return nestedInterfaces(2000) }),
		{Name: "bombs in replies", What: "four keys answer the node's calls with 4 Mi structs of 16 strings", Key: true, Asks: true,
			Run: func(ctx context.Context, t *Target) error {
				return answering(ctx, t, 4, encode(make([]thin, t.size(4<<20-8<<10))))
			}},
		{Name: "wide replies", What: "64 keys answer the node's calls with 15,000 structs: 15 KB on the wire, 4 MB in memory", Key: true, Asks: true,
			Run: func(ctx context.Context, t *Target) error {
				return answering(ctx, t, t.size(64), encode(make([]thin, 15_000)))
			}},
		{Name: "large replies", What: "256 keys answer the node's calls with 4 MiB each", Key: true, Asks: true,
			Run: func(ctx context.Context, t *Target) error {
				return answering(ctx, t, t.size(keysMax), make([]byte, 4<<20-8<<10))
			}},
		{Name: "values kept", What: "4 x 64 calls with 250,000 strings, 250 KB on the wire and 4 MB in memory, to a method that sleeps", Key: true, Run: valuesKept},
	}
}

// thin is what the node knows as Wide, with one field: it costs its sender less.
type thin struct{ A string }

// bomb is an attack with arguments that are larger in memory than on the wire, made
// for messages of n bytes.
func bomb(name, what, method string, args func(n int) []byte) Attack {
	return Attack{Name: "bomb: " + name, What: "four keys call with " + what, Key: true, Run: func(ctx context.Context, t *Target) error {
		gob.Register([]any{})
		return calling(ctx, t, 4, method, args(t.size(4<<20-8<<10)))
	}}
}

// emptyMaps returns n maps without entries.
func emptyMaps(n int) []byte {
	maps := make([]map[string]string, n)
	for i := range maps {
		maps[i] = map[string]string{}
		if i > 0 {
			maps[i] = maps[0]
		}
	}
	return encode(maps)
}

// deepList returns a list of n nodes, each in the one before it: a byte that names
// the field for each, and one that ends it.
func deepList(n int) []byte {
	value := append(bytes.Repeat([]byte{1}, n), make([]byte, n+1)...)
	return forged(Node{Next: new(Node)}, value)
}

func nestedInterfaces(n int) []byte {
	var v any = 1
	for range n {
		v = []any{v}
	}
	return encode(anyArg{V: v})
}

// calling makes calls with the same arguments, as fast as the node takes them.
func calling(ctx context.Context, t *Target, keys int, method string, args []byte) error {
	if err := oncePossible(ctx, t); err != nil {
		return err
	}
	return t.each(ctx, keys, func(ctx context.Context, i int) error {
		l, err := t.join(ctx, t.attacker(i))
		if err != nil {
			return err
		}
		defer l.close()
		t.listen(l)
		for err == nil {
			err = l.send("CALL", t.call(core.CALL, method, args))
			t.did(1)
		}
		return err
	})
}

func sleepingBodies(ctx context.Context, t *Target, keys int) error {
	args := encode(Nap{Millis: 8000, Body: make([]byte, 4<<20-8<<10)})
	calls := t.size(max(256/keys, 64))
	t.until(keys * calls)
	if err := oncePossible(ctx, t); err != nil {
		return err
	}
	return t.each(ctx, keys, func(ctx context.Context, i int) error {
		return t.asks(ctx, t.attacker(i), calls, "Service.Sleep", args)
	})
}

// valuesKept makes calls whose arguments are within the limit of one value, but not
// many of them within that of the node.
func valuesKept(ctx context.Context, t *Target) error {
	args := encode(make([]string, 250_000))
	calls := t.size(64)
	t.until(4 * calls)
	if err := oncePossible(ctx, t); err != nil {
		return err
	}
	return t.each(ctx, 4, func(ctx context.Context, i int) error {
		return t.asks(ctx, t.attacker(i), calls, "Service.Keep", args)
	})
}

// listen reads, in a goroutine of its own, and leaves for the report what error the
// node has answered last.
func (t *Target) listen(l *link) {
	go func() {
		_ = l.each(func(command string, payload []byte) { // ends with the link
			if p, _, _ := core.ParsePayload(core.BACK, payload); command == "BACK" && len(p.Err) > 0 {
				t.say("answer: %s", p.Err)
			}
		})
	}()
}

// asks joins as who, makes n calls and waits for nothing but the end.
func (t *Target) asks(ctx context.Context, who identity, n int, method string, args []byte) error {
	l, err := t.join(ctx, who)
	if err != nil {
		return err
	}
	defer l.close()
	t.listen(l)
	for range n {
		if err := l.send("CALL", t.call(core.CALL, method, args)); err != nil {
			return err
		}
		t.did(1)
	}
	<-ctx.Done()
	return nil
}

// sixKeys has each key keep as many requests at the node as that takes: one more
// for each reply, and for each refusal after a while.
func sixKeys(ctx context.Context, t *Target) error {
	args := encode(Nap{Millis: 500})
	t.until(6 * 300)
	if err := oncePossible(ctx, t); err != nil {
		return err
	}
	return t.each(ctx, 6, func(ctx context.Context, i int) error {
		l, err := t.join(ctx, t.attacker(i))
		if err != nil {
			return err
		}
		defer l.close()
		ask := func() {
			t.did(1)
			_ = l.send("CALL", t.call(core.CALL, "Service.Sleep", args)) // each ends when the link has ended
		}
		for range 300 {
			ask()
		}
		return l.each(func(command string, payload []byte) {
			if command != "BACK" {
				return
			}
			if p, _, _ := core.ParsePayload(core.BACK, payload); len(p.Err) > 0 {
				pause(ctx, time.Millisecond)
			}
			ask()
		})
	})
}

// answering has so many keys answer what the node asks, each with the same reply.
func answering(ctx context.Context, t *Target, keys int, reply []byte) error {
	t.until(2 * keys)
	return t.each(ctx, keys, func(ctx context.Context, i int) error {
		l, err := t.join(ctx, t.attacker(i))
		if err != nil {
			return err
		}
		defer l.close()
		return l.each(func(command string, payload []byte) {
			if command != "CALL" {
				return
			}
			p, _, _ := core.ParsePayload(core.CALL, payload)
			a := core.Action{Command: core.BACK, ID: p.ID, Method: p.Method, Body: reply}
			_ = l.send("BACK", core.AppendPayload(nil, &a)) // each ends when the link has ended
			t.did(1)
		})
	})
}
