package bilateraltest

import (
	"cmp"
	"context"
	"fmt"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// reality is a run on sockets of this machine.
type reality struct {
	start time.Time
	nodes map[string]*bilateralrpc.Bilateral
}

// address returns where a host listens.
func (r *reality) address(name string) string {
	if node := r.nodes[name]; node != nil {
		return node.ListenAddresses()[0]
	}
	return "tcp://" + name + ":5555"
}

// realFor is how long the functions of Go go on at most in the real world.
const realFor = 2 * time.Second

// runReal runs the hosts of setup on sockets, once.
func runReal(t *testing.T, o *Options, setup func(w *World)) {
	t.Helper()
	w := &World{options: o, marks: &marks{}, engine: &engine{}, addresses: map[string]string{}}
	w.real = &reality{start: time.Now(), nodes: map[string]*bilateralrpc.Bilateral{}}
	setup(w)
	w.begun = true
	if w.wrong != nil {
		t.Fatalf("bilateraltest: %v", w.wrong)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := w.startReal(ctx, o); err != nil {
		w.stopReal()
		t.Fatalf("bilateraltest: %v", err)
	}
	w.playReal(ctx, t)
	for _, claims := range [][]claim{w.always, w.finally} {
		for _, c := range claims {
			if err := guardedStack(c.holds); err != nil {
				t.Errorf("bilateraltest: on sockets: %q: %v", c.name, err)
			}
		}
	}
	cancel()
	w.stopReal()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, what := range w.failures {
		t.Errorf("bilateraltest: on sockets: %s", what)
	}
}

// startReal makes the nodes, starts the hosts and waits until all are connected.
func (w *World) startReal(ctx context.Context, o *Options) error {
	for _, h := range w.hosts {
		c := h.config
		c.Network, c.Name, c.Timing = "net", h.name, o.Timing
		if c.PublicKey != "" { // which then is its name
			c.Name = ""
		}
		node, err := bilateralrpc.New(c)
		if err != nil {
			return err
		}
		w.real.nodes[h.name] = node
		if err := node.ListenOn("tcp://127.0.0.1:*"); err != nil {
			return err
		}
		h.latest = &Host{host: h, node: node, disk: &Disk{store: h.store}, ctx: ctx}
	}
	for _, h := range w.hosts {
		go h.run(h.latest)
	}
	for _, l := range w.links {
		if w.hostNamed(l[0]) == nil || w.hostNamed(l[1]) == nil {
			return fmt.Errorf("Connect(%q, %q): want the names of hosts", l[0], l[1])
		}
		if err := w.real.nodes[l[0]].ConnectTo(w.hostNamed(l[1]).called(), w.real.address(l[1])); err != nil {
			return err
		}
	}
	for _, l := range w.links {
		wait, cancel := context.WithTimeout(ctx, o.Patience)
		err := w.real.nodes[l[0]].WaitFor(wait, w.hostNamed(l[1]).called())
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// playReal runs the functions of Go until they have returned.
func (w *World) playReal(ctx context.Context, t *testing.T) {
	t.Helper()
	load, cancel := context.WithTimeout(ctx, min(w.options.For, realFor))
	defer cancel()
	done := make(chan struct{})
	for _, f := range w.flows {
		go func() {
			w.flow(load, f)
			done <- struct{}{}
		}()
	}
	patience := time.After(realFor + w.options.Patience)
	for range w.flows {
		select {
		case <-done:
		case <-patience:
			t.Fatalf("bilateraltest: on sockets: %v after their context was done, %s", w.options.Patience, w.notReturned())
		}
	}
}

// called is what peers call the node of a host.
func (h *host) called() string { return cmp.Or(h.config.PublicKey, h.name) }

// stopReal closes the nodes.
func (w *World) stopReal() {
	for _, h := range w.hosts {
		if node := w.real.nodes[h.name]; node != nil {
			node.Close()
		}
	}
	pprof.SetGoroutineLabels(context.Background())
}
