package bilateraltest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strconv"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// Host is what the process of a host has in one of its lives. When that ends, by a crash or
// at the end of the run, Context is done and the node and the disk answer every call
// with [bilateralrpc.ErrClosed]: what goroutines of a former life do reaches nobody. One
// that does not return is named at the end of the run.
//
// All methods may be called concurrently.
type Host struct {
	host *host
	life uint32
	node *bilateralrpc.Bilateral
	disk *Disk
	ctx  context.Context
}

// Name is the host's, and its node's unless that has keys.
func (h *Host) Name() string { return h.host.name }

// Life is the number of this life, from 0.
func (h *Host) Life() int { return int(h.life) }

// Node returns the host's node. It listens, and is connected as World.Connect says; a
// program may as well do so for itself.
func (h *Host) Node() *bilateralrpc.Bilateral { return h.node }

// Disk returns the host's disk, with what the lives before have left there.
func (h *Host) Disk() *Disk { return h.disk }

// Context is done when the life ends.
func (h *Host) Context() context.Context { return h.ctx }

// Address returns where ConnectTo finds a host.
func (h *Host) Address(name string) string {
	if r := h.host.world.real; r != nil {
		return r.address(name)
	}
	return "tcp://" + name + ":5555"
}

// Rand returns random numbers that the seed and the life decide. It is for one goroutine.
func (h *Host) Rand() *rand.Rand {
	return h.host.world.Rand(h.host.name + " " + strconv.Itoa(h.Life()))
}

// host is a host through all of its lives. It is the program of its node.
type host struct {
	world  *World
	name   string
	start  func(h *Host) error
	config bilateralrpc.Config
	store  *store
	life   *life // the latest one
	latest *Host // of that life; guarded by World.mu
}

// Begins implements sim.Program.
func (h *host) Begins() {
	w := h.world
	if h.life != nil && !h.life.over { // it was stopped, and lost nothing
		h.end(false)
	}
	l := &life{
		world: w, host: h, node: w.sim.Node(h.name),
		calls: map[core.CallID]core.CallID{}, ours: map[core.CallID]core.CallID{},
	}
	l.number = l.node.Life
	node, err := bilateralrpc.New(h.settings(l))
	if err != nil {
		w.sim.Fail(propFails, fmt.Sprintf("host %s: %v", h.name, err))
		return
	}
	api := &Host{host: h, life: l.number, node: node, disk: &Disk{store: h.store}}
	api.ctx, l.end = context.WithCancel(context.Background())
	l.api, h.life = api, l
	w.mu.Lock()
	h.latest = api
	w.mu.Unlock()
	l.labels = w.labels(api.label())
	l.Hand(func() { go h.run(api) })
}

// settings are what the node of a life is made from.
func (h *host) settings(l *life) bilateralrpc.Config {
	c := h.config
	return bilateralrpc.Config{
		Network: "net", Name: h.name, Transport: l, Seed: 1, Logger: c.Logger, Alias: c.Alias,
		CallInterceptors: c.CallInterceptors, ServeInterceptors: c.ServeInterceptors,
		Limits: bilateralrpc.Limits{ValueBytesMax: c.Limits.ValueBytesMax},
	}
}

// run is the process of a life.
func (h *host) run(api *Host) {
	err := guardedStack(func() error { return h.start(api) })
	if err != nil && api.ctx.Err() == nil {
		h.world.failed(fmt.Sprintf("%s: its function has returned: %v", api.label(), err))
	}
}

// guardedStack is guarded that says where the panic was.
func guardedStack(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// label says whose goroutines those of the life are.
func (h *Host) label() string { return fmt.Sprintf("host %s, life %d", h.host.name, h.life) }

// Did implements sim.Program.
func (h *host) Did(a *core.Action) {
	if h.life != nil && !h.life.over {
		h.life.did(a)
	}
}

// Serve implements sim.Program.
func (h *host) Serve(a *core.Action) {
	if h.life != nil && !h.life.over {
		h.life.driver.Serve(a)
	}
}

// Ended implements sim.Program.
func (h *host) Ended() { h.end(true) }

// aboutDisk is the subject of the decision on what a crash leaves on a disk.
const aboutDisk dice.Aspect = 1001

// end ends the latest life. With lose, its disk loses what was not synced.
func (h *host) end(lose bool) {
	l := h.life
	if l == nil || l.over {
		return
	}
	l.die()
	decision := dice.Decide(h.world.seed, aboutDisk, dice.HashName(h.name), uint64(l.number))
	if what := l.api.disk.end(lose, decision); what != "" {
		h.world.sim.Note("the disk of " + h.name + " " + what)
	}
}

var _ sim.Program = (*host)(nil)
