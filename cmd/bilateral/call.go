package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/bitmark-inc/bilateralrpc"
)

// row is what became of a command at one peer, in JSON.
type row struct {
	Peer  string          `json:"peer"`
	Alias string          `json:"alias,omitempty"`
	Ms    *float64        `json:"ms,omitempty"` // that it took
	Reply json.RawMessage `json:"reply,omitempty"`
	Error *trouble        `json:"error,omitempty"`
}

func (a *app) callCommand() *cobra.Command {
	return &cobra.Command{
		Use: "call PEER METHOD [JSON]", Short: "Call a method, and show the replies as they come",
		Long: `Call a method, and show the replies as they come. JSON are the arguments: {} if there
are none, and standard input if it is "-". It is checked against what the peer tells of the
method before anything is sent; a peer that does not tell is called as one that does.`,
		Example: `  bilateral call alice Echo.SumDiff '{"A":1,"B":2}'
  bilateral -o json call all Echo.SumDiff '{"A":1,"B":2}' | jq .reply.Sum`,
		Args: cobra.RangeArgs(2, 3), ValidArgsFunction: a.completeMethod,
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.argsText(args[2:])
			if err != nil {
				return err
			}
			return a.each(c, args[0], func(ctx context.Context, s *session, up []string) (work, error) {
				plans, err := s.plans(ctx, up, args[1], text)
				return func(ctx context.Context, peer string) (json.RawMessage, error) {
					return s.call(ctx, peer, args[1], plans[peer])
				}, err
			})
		},
	}
}

// work is done at one peer. The result is shown, unless it is nil.
type work func(ctx context.Context, peer string) (json.RawMessage, error)

// each does some work at every peer that word means, at all of them at once, and shows the
// results as they come. prepare is given those that are up.
func (a *app) each(c *cobra.Command, word string, prepare func(ctx context.Context, s *session, up []string) (work, error)) error {
	ctx, cancel := a.bounded(c, false)
	defer cancel()
	s, err := a.open(word)
	if err != nil {
		return err
	}
	defer s.node.Close()
	up, missing, err := s.settle(ctx)
	if err != nil {
		return err
	}
	do, err := prepare(ctx, s, up)
	if err != nil {
		return err
	}
	worst := 0
	for _, e := range s.peers {
		if err := missing[e.name]; err != nil {
			worst = max(worst, s.show(&result{peer: e.name, err: err}))
		}
	}
	return s.collect(ctx, up, do, worst)
}

// result is what became of some work at a peer.
type result struct {
	peer  string
	reply json.RawMessage
	took  time.Duration
	err   error
}

// collect does the work at the peers, and shows the results as they come.
func (s *session) collect(ctx context.Context, up []string, do work, worst int) error {
	results := make(chan *result, len(up))
	for _, peer := range up {
		go func() {
			began := time.Now()
			reply, err := do(ctx, peer)
			results <- &result{peer, reply, time.Since(began), err}
		}()
	}
	var come atomic.Int64
	state := s.doing
	if state == nil {
		state = func() string { return fmt.Sprintf("%d of %d peers have answered", come.Load(), len(up)) }
	}
	stop := s.progress(state)
	defer stop()
	for range up {
		r := <-results
		come.Add(1)
		worst = max(worst, s.show(r))
	}
	stop()
	switch {
	case s.interrupt.Err() != nil:
		return &failure{exitInterrupted, errors.New("interrupted")}
	case len(up) == 0 && worst == 0:
		return &failure{exitNotConnected, errors.New("nobody is connected: name peers by --connect or --peers, or wait for those that come by --wait")}
	case worst > 0:
		return &failure{code: worst}
	}
	return nil
}

// show shows one result, and returns the exit code that it is.
func (s *session) show(r *result) int {
	code := codeOf(r.err)
	if code != exitDone && s.interrupt.Err() != nil {
		return exitInterrupted // of which there is one line
	}
	var err error
	switch {
	case r.err == nil && r.reply == nil: // it has shown itself what it had
	case s.json():
		err = s.line(s.rowOf(r, code))
	case r.err != nil:
		s.note("%s: %s", s.book.called(r.peer), textOf(r.err))
	case len(s.peers) == 1 && !s.all:
		err = s.text("%s\n", indented(r.reply))
	default:
		err = s.text("%s\t%s\n", s.book.called(r.peer), r.reply)
	}
	if err != nil {
		return exitFailed
	}
	return code
}

func (s *session) rowOf(r *result, code int) *row {
	line := &row{Peer: r.peer, Alias: s.book.alias(r.peer), Reply: r.reply}
	if r.err != nil {
		line.Error = troubleOf(r.err, code)
		return line
	}
	line.Ms = ms(r.took)
	return line
}

func troubleOf(err error, code int) *trouble {
	t := &trouble{Kind: kinds[code], Text: textOf(err)}
	if own := (*bilateralrpc.Error)(nil); errors.As(err, &own) {
		t.Code = own.Code
	}
	return t
}

// ms returns a duration in milliseconds, to the microsecond.
func ms(d time.Duration) *float64 {
	n := float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
	return &n
}

// indented returns JSON for people.
func indented(text json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return string(text)
	}
	return b.String()
}
