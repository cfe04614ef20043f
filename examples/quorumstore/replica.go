package main

import (
	"context"
	"errors"
	"sync"

	"github.com/bitmark-inc/bilateralrpc"
)

// Version orders the values of a key. Two writers may count to the same number; then their
// names decide, at all replicas alike.
type Version struct {
	Number uint64
	Writer string
}

// Newer says whether v comes after w.
func (v Version) Newer(w Version) bool {
	if v.Number != w.Number {
		return v.Number > w.Number
	}
	return v.Writer > w.Writer
}

// Value is what a replica has of a key. One that it does not have is the zero Value.
type Value struct {
	Text    string
	Version Version
}

// Key and Entry are what the methods take.
type (
	Key   struct{ Key string }
	Entry struct {
		Key   string
		Value Value
	}
)

// The methods of a replica, which both ends use.
var (
	get = bilateralrpc.NewMethod[Key, Value]("Replica.Get")
	put = bilateralrpc.NewMethod[Entry, struct{}]("Replica.Put")
)

// Replica is one node and what it has. It has it in memory: one that comes back is empty.
type Replica struct {
	node *bilateralrpc.Bilateral

	mutex  sync.Mutex
	values map[string]Value
}

// newReplica makes a replica that serves the front at address, and nobody else: it does
// not listen.
func newReplica(own keys, front, address string) (*Replica, error) {
	node, err := bilateralrpc.New(bilateralrpc.Config{Network: "quorumstore", PublicKey: own.public, PrivateKey: own.private})
	if err != nil {
		return nil, err
	}
	r := &Replica{node: node, values: map[string]Value{}}
	err = errors.Join(get.Handle(node, r.get), put.Handle(node, r.put), node.ConnectTo(front, address))
	if err != nil {
		node.Close()
		return nil, err
	}
	return r, nil
}

func (r *Replica) get(_ context.Context, args Key) (Value, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.values[args.Key], nil
}

// put keeps the newest value. Writes may arrive in any order, and more than once.
func (r *Replica) put(_ context.Context, args Entry) (struct{}, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if args.Value.Version.Newer(r.values[args.Key].Version) {
		r.values[args.Key] = args.Value
	}
	return struct{}{}, nil
}
