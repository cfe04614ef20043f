package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/faultproxy"
)

// forms are the shapes of rigs: who dials whom.
var forms = []struct {
	name  string
	nodes int
	dials [][2]int
}{
	{"hub", 4, [][2]int{{1, 0}, {2, 0}, {3, 0}}},
	{"mesh", 3, [][2]int{{0, 1}, {0, 2}, {1, 2}}},
	{"pair", 2, [][2]int{{0, 1}, {1, 0}}},
}

// rig is some nodes that belong together, and all that befalls them.
type rig struct {
	name      string
	transport string
	curve     bool
	form      int
	dice      *rand.Rand
	members   []*member
	cables    []*cable

	mu       sync.Mutex
	waiting  map[int]chan served
	awaits   int
	counts   counts
	runs     int
	results  []result
	troubles []string
}

// cable is a connection that one member keeps to another, and its proxy.
type cable struct {
	dialler, listener *member
	proxy             *faultproxy.Proxy
}

// pair is a caller and who it calls.
type pair struct{ from, to *member }

// result is one fault and what came of it.
type result struct {
	fault *fault
	took  []time.Duration // until the calls of each pair were served again
}

// A pair that has not come together again stuckAfter its target is stuck: what else brings
// it together, the protocol's own TICK, takes 30 s and more. Only what the machine was up to
// counts: ticks of tickEvery that come in time.
const (
	stuckAfter = 15 * time.Second
	tickEvery  = 500 * time.Millisecond
)

// newRig makes a rig and starts its nodes.
func newRig(o *options, transport string, number int, dir string) (*rig, error) {
	r := &rig{
		transport: transport, form: number % len(forms), curve: number/len(forms)%2 == 1,
		dice:    rand.New(rand.NewPCG(o.seed, uint64(number))),
		waiting: map[int]chan served{},
	}
	r.name = fmt.Sprintf("%s %d", forms[r.form].name, number)
	for i := range forms[r.form].nodes {
		m := &member{rig: r, config: nodeConfig{
			Name: fmt.Sprintf("node-%d-%d", number, i), Network: r.name, Transport: transport,
			Untimed: o.untimed, Ledger: filepath.Join(dir, fmt.Sprintf("%s-%d-%d", transport, number, i)), Seed: r.dice.Uint64(),
		}}
		if r.curve {
			var err error
			if m.config.Name, m.config.Secret, err = bilateralrpc.NewKeypair(); err != nil {
				return r, err
			}
		}
		r.members = append(r.members, m)
	}
	for _, d := range forms[r.form].dials {
		c := &cable{dialler: r.members[d[0]], listener: r.members[d[1]]}
		var err error
		if c.proxy, err = faultproxy.New(faultproxy.Config{Seed: r.dice.Uint64()}); err != nil {
			return r, err
		}
		r.cables = append(r.cables, c)
		c.dialler.config.Dials = append(c.dialler.config.Dials, dial{c.listener.config.Name, c.proxy.Address()})
	}
	for _, p := range r.pairs(r.cables) {
		p.from.config.Calls = append(p.from.config.Calls, p.to.config.Name)
	}
	for _, m := range r.members {
		if err := m.start("tcp://127.0.0.1:*"); err != nil {
			return r, err
		}
	}
	return r, nil
}

// close ends the nodes and the proxies, and judges what is left.
func (r *rig) close() {
	var leaving sync.WaitGroup
	for _, m := range r.members {
		if m.child != nil {
			leaving.Go(m.leave)
		}
	}
	leaving.Wait()
	for _, c := range r.cables {
		c.proxy.Close()
	}
	for _, m := range r.members {
		twice, runs, err := doubled(m.config.Ledger)
		if err != nil {
			r.trouble("%v", err)
		}
		r.runs += runs
		for _, call := range twice {
			r.trouble("%s has run call %s more than once", m.config.Name, call)
		}
	}
}

// pairs returns who calls whom by some cables, each once.
func (r *rig) pairs(cables []*cable) (pairs []pair) {
	seen := map[pair]bool{}
	for _, c := range cables {
		for _, p := range []pair{{c.dialler, c.listener}, {c.listener, c.dialler}} {
			if !seen[p] {
				pairs = append(pairs, p)
			}
			seen[p] = true
		}
	}
	return pairs
}

// around returns the cables of a member.
func (r *rig) around(m *member) (cables []*cable) {
	for _, c := range r.cables {
		if c.dialler == m || c.listener == m {
			cables = append(cables, c)
		}
	}
	return cables
}

// recovered waits until those that a fault has hit are served again, and keeps how long that took.
func (r *rig) recovered(f *fault, hit []pair, since time.Time) {
	took := r.await(f.name, hit, since, f.target+stuckAfter)
	r.results = append(r.results, result{f, took})
	if late := slices.Max(append(took, 0)); late > f.target {
		fmt.Printf("slow: %s over %s, curve %v: %q took %v\n", r.name, r.transport, r.curve, f.name, late.Round(time.Millisecond))
	}
}

// await waits until each pair has had a call served that began at since or later, and
// returns how long after since that was.
func (r *rig) await(what string, pairs []pair, since time.Time, patience time.Duration) (took []time.Duration) {
	answers := make(chan served, len(pairs))
	open := map[int]*member{} // by what is awaited, who was asked
	peers := map[*member][]string{}
	for _, p := range pairs {
		peers[p.from] = append(peers[p.from], p.to.config.Name)
	}
	r.mu.Lock()
	for from := range peers {
		r.awaits++
		r.waiting[r.awaits] = answers
		open[r.awaits] = from
	}
	r.mu.Unlock()
	for id, from := range open {
		from.child.Tell(order{Await: &await{ID: id, Since: since.UnixNano(), Peers: peers[from]}})
	}
	for waited := time.Duration(0); len(took) < len(pairs); {
		tick := time.Now()
		select {
		case s := <-answers:
			took = append(took, s.Took)
			continue
		case <-time.After(tickEvery):
		}
		if time.Since(tick) < tickEvery+tickEvery/5 {
			waited += tickEvery
		}
		if waited >= patience {
			r.trouble("%s: after %q %d of %d pairs do not call each other within %v", r.name, what, len(pairs)-len(took), len(pairs), patience)
			return took
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range open {
		delete(r.waiting, id)
	}
	return took
}

func (r *rig) served(s served) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if answers := r.waiting[s.ID]; answers != nil {
		answers <- s // there is room for all
	}
}

func (r *rig) counted(c *counts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.add(c)
}

func (r *rig) trouble(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.troubles = append(r.troubles, fmt.Sprintf("%s over %s: ", r.name, r.transport)+fmt.Sprintf(format, args...))
	fmt.Println("TROUBLE:", r.troubles[len(r.troubles)-1])
}
