package main

import (
	"errors"
	"time"
)

// Service is what the node under attack offers: quick methods, slow ones, and those
// whose arguments or replies invite abuse.
type Service struct{}

// Nap is a time to sleep, and bytes that are held meanwhile.
type Nap struct {
	Millis int
	Body   []byte
}

// Wide is a struct of many fields: all zero it takes a byte on the wire.
type Wide struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P string }

// Node is a list.
type Node struct {
	Next *Node
}

// Short has no field of Node's, so that a list is passed over.
type Short struct{ X int }

// anyArg is an argument that may be anything.
type anyArg struct{ V any }

// Anything is anyArg as the node knows it.
type Anything struct{ V any }

// Echo gives back what it gets.
func (Service) Echo(b []byte, reply *[]byte) error {
	*reply = b
	return nil
}

// Sleep holds a request.
func (Service) Sleep(n Nap, reply *int) error {
	time.Sleep(time.Duration(min(n.Millis, 10_000)) * time.Millisecond)
	*reply = len(n.Body)
	return nil
}

// Keep holds a request with a large decoded argument.
func (Service) Keep(list []string, n *int) error {
	time.Sleep(5 * time.Second)
	return count(len(list), n)
}

// Big gives a reply of n bytes.
func (Service) Big(n int, reply *[]byte) error {
	if n < 0 || n > 4<<20 {
		return errors.New("at most 4 MiB")
	}
	*reply = make([]byte, n)
	return nil
}

// Panic panics.
func (Service) Panic(n int, _ *int) error { panic("as it was asked to") }

// Strings takes a list of strings.
func (Service) Strings(list []string, n *int) error { return count(len(list), n) }

// Wides takes a list of structs.
func (Service) Wides(list []Wide, n *int) error { return count(len(list), n) }

// Maps takes a list of maps.
func (Service) Maps(list []map[string]string, n *int) error { return count(len(list), n) }

// Deep takes a list of nodes.
func (Service) Deep(Node, *int) error { return nil }

// Skip takes none of what is sent to it.
func (Service) Skip(Short, *int) error { return nil }

// Any takes anything.
func (Service) Any(Anything, *int) error { return nil }

func count(n int, reply *int) error {
	*reply = n
	return nil
}

// Sentinel is what the peer offers that the node dials.
type Sentinel struct{}

// Echo gives back what it gets.
func (Sentinel) Echo(b []byte, reply *[]byte) error {
	*reply = b
	return nil
}
