package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// How a node calls. The pauses between calls are drawn from half to one and a half.
const (
	callEvery  = 200 * time.Millisecond
	awaitEvery = 40 * time.Millisecond // while somebody waits for a success, for awaitFor
	awaitFor   = 2 * time.Second       // after which recoveries are not told apart so finely
	askEvery   = time.Second           // all peers at once

	timeoutMin, timeoutMax = 300 * time.Millisecond, 2 * time.Second
	waitMax                = 60 * time.Millisecond // of a handler
	againOneIn             = 8
	largeOneIn             = 40
	largeBytes             = 100 << 10
)

// keepCalling calls a peer, and does not wait for one call before it makes the next.
func (n *node) keepCalling(done <-chan struct{}, peer string, dice *rand.Rand) {
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		pause, nudge := callEvery, n.nudged()
		if n.awaited(peer) {
			pause, nudge = awaitEvery, nil
		}
		select {
		case <-done:
			return
		case <-nudge:
		case <-time.After(pause/2 + draw(dice, pause)):
		}
		r := n.request(dice)
		timeout := timeoutMin + draw(dice, timeoutMax-timeoutMin)
		method := echo
		if dice.IntN(againOneIn) == 0 {
			method = again
		}
		calls.Go(func() { n.call(peer, method, r, timeout) })
	}
}

// request draws the next request.
func (n *node) request(dice *rand.Rand) Request {
	n.mu.Lock()
	n.n++
	r := Request{Life: n.life, N: n.n}
	n.mu.Unlock()
	if dice.IntN(2) == 0 {
		r.Wait = draw(dice, waitMax)
	}
	size := 1 + dice.IntN(100)
	if dice.IntN(largeOneIn) == 0 {
		size = 1 + dice.IntN(largeBytes)
	}
	r.Payload = bytes.Repeat([]byte{byte(r.N)}, size)
	return r
}

// call makes a call of one peer and judges what comes of it.
func (n *node) call(peer string, method bilateralrpc.Method[Request, Reply], r Request, timeout time.Duration) {
	options := []bilateralrpc.CallOption{bilateralrpc.WithTimeout(timeout)}
	if method.Name() == again.Name() {
		options = append(options, bilateralrpc.Idempotent())
	}
	began := time.Now()
	reply, err := method.One(context.Background(), n.node, peer, r, options...)
	ended := time.Now()
	n.judgeTime(peer, ended.Sub(began)-timeout)
	n.count(err)
	if err != nil {
		return
	}
	n.judgeReply(peer, &r, &reply)
	n.succeeded(peer, began, ended)
}

// judgeReply says what is wrong with a reply.
func (n *node) judgeReply(peer string, r *Request, reply *Reply) {
	switch {
	case reply.Life != r.Life || reply.N != r.N:
		n.trouble("the reply to call %x/%d at %s is that to %x/%d", r.Life, r.N, peer, reply.Life, reply.N)
	case reply.By != peer:
		n.trouble("the reply to call %x/%d at %s is by %s", r.Life, r.N, peer, reply.By)
	case !bytes.Equal(reply.Payload, r.Payload):
		n.trouble("the reply to call %x/%d at %s has other bytes", r.Life, r.N, peer)
	}
}

// judgeTime says if a call was late, by so much after its timeout.
func (n *node) judgeTime(peer string, late time.Duration) {
	if late <= lateMax || n.config.Untimed {
		return
	}
	allowed := n.late.allowance()
	if late > allowed { // the control timer, too, may have yet to wake
		time.Sleep(max(2*controlEvery, threadsPause))
		allowed = n.late.allowance()
	}
	n.mu.Lock()
	n.counts.LateCalls++
	n.counts.LateMost = max(n.counts.LateMost, late)
	if allowed > machineLateMax {
		n.counts.Unjudged++
	}
	n.mu.Unlock()
	if late > allowed && allowed <= machineLateMax {
		n.trouble("a call of %s is back %v after its timeout; by the machine it may be %v", peer, late, allowed)
	}
}

// count counts a call by what became of it.
func (n *node) count(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.counts.Calls++
	if err == nil {
		n.counts.Replies++
		return
	}
	if n.counts.Outcomes == nil {
		n.counts.Outcomes = map[string]int{}
	}
	n.counts.Outcomes[kindOf(err)]++
}

// kindOf returns the kind of an error; anything that has none is by its text.
func kindOf(err error) string {
	for _, known := range []struct {
		err  error
		name string
	}{
		{bilateralrpc.ErrNotConnected, "not connected"}, {bilateralrpc.ErrNoReply, "no reply"},
		{bilateralrpc.ErrRestarted, "restarted"}, {bilateralrpc.ErrDisconnected, "disconnected"},
		{bilateralrpc.ErrReplyLost, "reply lost"}, {bilateralrpc.ErrLeaving, "leaving"},
		{bilateralrpc.ErrWouldBlock, "would block"}, {bilateralrpc.ErrUnroutable, "unroutable"},
		{bilateralrpc.ErrOverloaded, "overloaded"},
	} {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	return err.Error()
}

// keepAskingAll calls all peers at once, and takes the replies as they come.
func (n *node) keepAskingAll(done <-chan struct{}) {
	dice := rand.New(rand.NewPCG(n.config.Seed, 1<<32))
	for {
		select {
		case <-done:
			return
		case <-time.After(askEvery/2 + draw(dice, askEvery)):
		}
		r := n.request(dice)
		var answered []string
		began := time.Now()
		for got := range echo.Each(context.Background(), n.node, n.config.Calls, r, bilateralrpc.WithTimeout(timeoutMax)) {
			if slices.Contains(answered, got.From) {
				n.trouble("two outcomes of call %x/%d at %s", r.Life, r.N, got.From)
			}
			answered = append(answered, got.From)
			n.count(got.Err)
			if got.Err == nil {
				n.judgeReply(got.From, &r, &got.Value)
			}
		}
		n.judgeTime("all", time.Since(began)-timeoutMax)
		if len(answered) != len(n.config.Calls) {
			n.trouble("call %x/%d of %d peers has %d outcomes", r.Life, r.N, len(n.config.Calls), len(answered))
		}
	}
}

// draw returns a time below d.
func draw(dice *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(dice.Int64N(int64(d)))
}

// nudged is closed when somebody begins to wait for a success.
func (n *node) nudged() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.nudge
}

// awaited says whether somebody waits for a success at a peer, and not for long.
func (n *node) awaited(peer string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	lately := time.Now().Add(-awaitFor).UnixNano()
	return slices.ContainsFunc(n.awaits, func(a *await) bool { return a.Since > lately && slices.Contains(a.Peers, peer) })
}

// succeeded answers those who wait for a success at a peer.
func (n *node) succeeded(peer string, began, ended time.Time) {
	n.mu.Lock()
	var answers []served
	for _, a := range n.awaits {
		if at := slices.Index(a.Peers, peer); at >= 0 && began.UnixNano() >= a.Since {
			a.Peers = slices.Delete(a.Peers, at, at+1)
			answers = append(answers, served{a.ID, peer, time.Duration(ended.UnixNano() - a.Since)})
		}
	}
	n.awaits = slices.DeleteFunc(n.awaits, func(a *await) bool { return len(a.Peers) == 0 })
	n.mu.Unlock()
	for i := range answers {
		n.say(report{Served: &answers[i]})
	}
}
