package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/cmd/bilateral/internal/dynamic"
	"github.com/bitmark-inc/bilateralrpc/internal/shape"
)

var listMethods = bilateralrpc.NewMethod[shape.Query, shape.Listing](shape.MethodName)

// told is what a peer has said of its methods.
type told struct {
	listing *shape.Listing
	err     error
}

// ask asks peers for their methods. Those that don't answer in half of the time that is left
// have an error.
func (s *session) ask(ctx context.Context, peers []string) map[string]told {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	answers := map[string]told{}
	if len(peers) == 0 {
		return answers // an empty list would be everybody
	}
	for r := range listMethods.Each(ctx, s.node, peers, shape.Query{Version: shape.Version}) {
		answer := told{listing: &r.Value, err: r.Err}
		if r.Err == nil {
			if err := r.Value.Check(); err != nil {
				answer.err = fmt.Errorf("what it tells of its methods can't be used: %w", err)
			}
		} else if isUntold(r.Err) {
			answer.err = errUntold
		}
		answers[r.From] = answer
	}
	return answers
}

// isUntold says whether a peer has answered, by what it did, that it does not tell.
func isUntold(err error) bool {
	return errors.Is(err, bilateralrpc.ErrNoService) || errors.Is(err, bilateralrpc.ErrNoMethod) || errors.Is(err, bilateralrpc.ErrUnserved)
}

// plan is how a peer is called.
type plan struct {
	args    any
	listing *shape.Listing
	method  shape.Method
	err     error // why it can't be
	final   bool  // it has told its methods, and this is none of them
}

// plans returns how each of these peers is called. A peer that does not tell its methods is
// called as another one that does, if there is one: of one network they should agree.
// Arguments that don't fit one of them are an error, and then nothing should be sent.
func (s *session) plans(ctx context.Context, peers []string, method string, text []byte) (map[string]*plan, error) {
	if err := checkMethod(method); err != nil {
		return nil, err
	}
	answers := s.ask(ctx, peers)
	plans := make(map[string]*plan, len(peers))
	var model *plan
	for _, peer := range peers {
		p, err := planOf(answers[peer], method, text)
		if err != nil {
			return nil, usage("%s at %s: %w", method, s.book.called(peer), err)
		}
		plans[peer] = p
		if p.err == nil && model == nil {
			model = p
		}
	}
	for _, p := range plans {
		if p.err != nil && !p.final && model != nil {
			*p = *model
		}
	}
	return plans, nil
}

// checkMethod says what is wrong with the name of a method.
func checkMethod(method string) error {
	if dot := strings.LastIndexByte(method, '.'); dot < 1 || dot == len(method)-1 {
		return usage("%q is no method: want one of the form Service.Method", method)
	}
	return nil
}

// planOf makes a plan from what a peer has told. The error is about the arguments.
func planOf(t told, method string, text []byte) (*plan, error) {
	if t.listing == nil && t.err == nil {
		t.err = bilateralrpc.ErrNoReply // it was asked, and the time was over
	}
	if t.err != nil {
		return &plan{err: t.err}, nil
	}
	m, ok := t.listing.Find(method)
	if !ok {
		return &plan{err: noMethod(t.listing, method), final: true}, nil
	}
	args, err := dynamic.Args(t.listing, m.Args, text)
	if err != nil {
		return nil, err
	}
	return &plan{args: args, listing: t.listing, method: m}, nil
}

func noMethod(l *shape.Listing, method string) error {
	var names []string
	for _, m := range l.Methods {
		names = append(names, m.Name)
	}
	hint := "bilateral methods tells those that there are"
	if near := dynamic.Nearest(method, names); near != "" {
		hint = fmt.Sprintf("do you mean %s?", near)
	}
	return &failure{exitNoMethod, fmt.Errorf("no such method %s: %s", method, hint)}
}

// call calls one peer.
func (s *session) call(ctx context.Context, peer, method string, p *plan) (json.RawMessage, error) {
	if p.err != nil {
		return nil, p.err
	}
	reply, err := dynamic.NewReply(p.listing, p.method.Reply)
	if err != nil {
		return nil, err
	}
	outcomes, err := s.node.CallContext(ctx, []string{peer}, method, p.args, reply.Results())
	switch {
	case err != nil:
	case len(outcomes) == 0:
		err = bilateralrpc.ErrNotConnected
	default:
		err = outcomes[0].Err
	}
	if err != nil && (isOver(ctx) || errors.Is(err, bilateralrpc.ErrNoReply)) {
		err = &failure{exitNoReply, fmt.Errorf("no reply in time, which is %v, and the method may have run: allow more by --timeout", s.timeout)}
	}
	if err != nil {
		return nil, err
	}
	return reply.JSON()
}

// overSoon is how close to the deadline a call is over: the peer knows the deadline, by whole
// milliseconds, and may say a moment before it that its time is over.
const overSoon = 10 * time.Millisecond

func isOver(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < overSoon
}

// jsonBytesMax bounds what is read as arguments: far more than a message may have.
const jsonBytesMax = 64 << 20

// argsText returns the JSON of a command line: {} if there is none, and what comes in if it
// is a dash.
func (a *app) argsText(words []string) ([]byte, error) {
	switch {
	case len(words) == 0:
		return []byte("{}"), nil
	case words[0] != "-":
		return []byte(words[0]), nil
	}
	text, err := io.ReadAll(io.LimitReader(a.in, jsonBytesMax))
	if err != nil {
		return nil, usage("standard input: %w", err)
	}
	return text, nil
}
