package main

import (
	"context"
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// Question and Load are what an agent is asked, and what it says.
type (
	Question struct{}
	Load     struct{ Percent int }
)

// load is the method that agents serve.
var load = bilateralrpc.NewMethod[Question, Load]("Agent.Load")

// crew is the hub and its agents.
type crew struct {
	hub    *bilateralrpc.Bilateral
	agents []*bilateralrpc.Bilateral
	gaveUp chan string // the names of agents whose work was given up
}

// newCrew makes a hub with n agents that it can call. Late agents take that much time.
func newCrew(ctx context.Context, n int, late time.Duration) (c *crew, err error) {
	c = &crew{gaveUp: make(chan string, n)}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if c.hub, err = newNode("hub"); err != nil {
		return c, err
	}
	if err = c.hub.ListenOn("inproc://*"); err != nil {
		return c, err
	}
	for i := range n {
		agent, err := newNode(fmt.Sprintf("agent-%03d", i))
		if err != nil {
			return c, err
		}
		c.agents = append(c.agents, agent)
		if err = load.Handle(agent, c.work(i, late)); err != nil {
			return c, err
		}
		// The agents dial the hub, which need not know them; and the hub calls.
		if err = agent.ConnectTo("hub", c.hub.ListenAddresses()[0]); err != nil {
			return c, err
		}
	}
	return c, c.hub.WaitPeers(ctx, n)
}

func newNode(name string) (*bilateralrpc.Bilateral, error) {
	return bilateralrpc.New(bilateralrpc.Config{Network: "hub", Name: name, Transport: bilateralrpc.Memory})
}

// work returns the handler of agent i.
func (c *crew) work(i int, late time.Duration) func(context.Context, Question) (Load, error) {
	return func(ctx context.Context, _ Question) (Load, error) {
		switch {
		case i%50 == 25:
			return Load{}, bilateralrpc.NewError("no-sensor", "there is no sensor")
		case i%40 == 10:
			select {
			case <-time.After(late): // this stands for work
			case <-ctx.Done(): // nobody waits for it any more
				c.gaveUp <- fmt.Sprintf("agent-%03d", i)
				return Load{}, ctx.Err()
			}
		}
		return Load{Percent: i * 37 % 101}, nil
	}
}

// close ends all nodes. The handlers' contexts end, and gaveUp is closed once they have returned.
func (c *crew) close() {
	for _, agent := range c.agents {
		agent.Shutdown(context.Background())
	}
	if c.hub != nil {
		c.hub.Close()
	}
	close(c.gaveUp)
}
