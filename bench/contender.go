package main

import (
	"fmt"
	"slices"
	"strings"
)

// contender is one system that does the same job as the others: a struct of two
// integers goes to another process, a struct of their sum and difference comes
// back.
type contender struct {
	name string
	what string
	// serve starts to answer on a free port of loopback. It returns what dial
	// needs to get there, and what ends it.
	serve func() (target string, stop func(), err error)
	// dial connects, and returns when a call would succeed.
	dial func(target string) (client, error)
}

// client is the calling end of a contender.
type client interface {
	// load makes callers calls at a time, over and over until done says so, and
	// returns how many it made. Each caller asks done between two of its calls,
	// with its own number, from 0. Every reply is checked.
	load(callers int, done func(caller int) bool) (calls int, err error)
	close()
}

var contenders = append([]contender{netRPC, bare, oursZMTP, oursZMTPCurve, grpcGo, natsRequest, mangosReqRep, drpcStorj}, onLibzmq...)

func contenderNamed(name string) (contender, error) {
	i := slices.IndexFunc(contenders, func(c contender) bool { return c.name == name })
	if i < 0 {
		return contender{}, fmt.Errorf("no contender %q; there are %s", name, strings.Join(contenderNames(), ", "))
	}
	return contenders[i], nil
}

func contenderNames() []string {
	names := make([]string, len(contenders))
	for i, c := range contenders {
		names[i] = c.name
	}
	return names
}

// Operands and Results are the job's arguments and reply.
type (
	Operands struct{ A, B int }
	Results  struct{ S, D int }
)

func check(args Operands, reply Results) error {
	if reply.S != args.A+args.B || reply.D != args.A-args.B {
		return fmt.Errorf("the reply to %+v is %+v", args, reply)
	}
	return nil
}
