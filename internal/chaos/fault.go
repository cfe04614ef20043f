package main

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/faultproxy"
)

// fault is a kind of fault.
type fault struct {
	name   string
	weight int           // how often it is drawn, beside the others
	target time.Duration // within what time calls are to be served again; 0 is none
	// original is how long the original package takes, as far as it was measured.
	original string
	// low and high bound how long it lasts, and long is the bound of one in eight.
	low, high, long time.Duration
	// strike has it befall a rig. It returns which cables are concerned, and from when the
	// recovery counts.
	strike func(r *rig, hold time.Duration) ([]*cable, time.Time, error)
}

// What a dead peer is noticed by is a heartbeat each 4 s and 8 s of silence.
const noticed = 12 * time.Second

// ofProxies are faults of connections.
var ofProxies = []*fault{
	{name: "cut", weight: 20, target: time.Second, strike: atOnce((*faultproxy.Proxy).Cut)},
	{name: "reset", weight: 20, target: time.Second, strike: atOnce((*faultproxy.Proxy).Reset)},
	{name: "refused for a while", weight: 5, target: time.Second, high: 2 * time.Second, strike: lasting(func(_ *rig, p *faultproxy.Proxy) *faultproxy.Fault {
		f := p.Refuse()
		p.Cut()
		return f
	})},
	{name: "connection forgotten, one way", weight: 3, target: noticed + time.Second, strike: forgotten(false)},
	{name: "connection forgotten, both ways", weight: 3, target: noticed + time.Second, strike: forgotten(true)},
	{name: "hole, one way", weight: 7, target: noticed + time.Second, high: 3 * time.Second, long: 18 * time.Second, strike: lasting(func(r *rig, p *faultproxy.Proxy) *faultproxy.Fault {
		return p.BlackHole(r.direction())
	})},
	{name: "hole, both ways", weight: 6, target: noticed + time.Second, high: 3 * time.Second, long: 18 * time.Second, strike: lasting(func(_ *rig, p *faultproxy.Proxy) *faultproxy.Fault {
		return p.BlackHole(faultproxy.BothWays)
	})},
	{name: "stall", weight: 8, target: time.Second, high: 3 * time.Second, strike: lasting(func(r *rig, p *faultproxy.Proxy) *faultproxy.Fault {
		return p.Stall(1 + r.direction()) // one way or both
	})},
	{name: "low rate", weight: 5, target: noticed + time.Second, low: time.Second, high: 3 * time.Second, strike: lasting(func(r *rig, p *faultproxy.Proxy) *faultproxy.Fault {
		return p.Limit(faultproxy.BothWays, 5_000+r.dice.IntN(100_000))
	})},
	{name: "split into pieces", weight: 5, target: time.Second, low: 500 * time.Millisecond, high: 2 * time.Second, strike: lasting(func(r *rig, p *faultproxy.Proxy) *faultproxy.Fault {
		return p.Split(faultproxy.BothWays, 10+r.dice.IntN(1000))
	})},
}

// faults are all kinds.
var faults = append(slices.Clone(ofProxies),
	&fault{name: "two of these at once", weight: 6, target: noticed + time.Second, strike: several},
	&fault{name: "SIGKILL, started again", weight: 5, target: time.Second, original: "119.6 (listener), 179.0 (dialler)", high: 2 * time.Second, strike: killed},
	&fault{name: "closed, started on another port", weight: 2, target: time.Second, high: 2 * time.Second, strike: moved},
	&fault{name: "SIGSTOP, continued", weight: 4, target: noticed + time.Second, original: "noticed after 59.1", high: 3 * time.Second, long: 18 * time.Second, strike: stopped},
)

// longOneIn is how often a fault that may last long does.
const longOneIn = 8

// draw returns a kind of fault by the weights of some, and how long it lasts.
func (r *rig) draw(kinds []*fault) (*fault, time.Duration) {
	sum := 0
	for _, f := range kinds {
		sum += f.weight
	}
	n := r.dice.IntN(sum)
	at := slices.IndexFunc(kinds, func(f *fault) bool { n -= f.weight; return n < 0 })
	f := kinds[at]
	hold := f.low
	if f.high > f.low {
		hold += draw(r.dice, f.high-f.low)
	}
	if f.long > 0 && r.dice.IntN(longOneIn) == 0 {
		hold = f.high + draw(r.dice, f.long-f.high)
	}
	return f, hold
}

// direction draws one of the two.
func (r *rig) direction() faultproxy.Direction { return faultproxy.Direction(1 + r.dice.IntN(2)) }

// some draws the cables that a fault is about: one or, of a pair that dials both ways, both.
func (r *rig) some() []*cable {
	if forms[r.form].name == "pair" && r.dice.IntN(3) > 0 {
		return r.cables
	}
	at := r.dice.IntN(len(r.cables))
	return r.cables[at : at+1]
}

// atOnce is a fault that does not last.
func atOnce(do func(*faultproxy.Proxy)) func(*rig, time.Duration) ([]*cable, time.Time, error) {
	return func(r *rig, _ time.Duration) ([]*cable, time.Time, error) {
		cables := r.some()
		for _, c := range cables {
			do(c.proxy)
		}
		return cables, time.Now(), nil
	}
}

// lasting is a fault of proxies, from whose end the recovery counts.
func lasting(begin func(*rig, *faultproxy.Proxy) *faultproxy.Fault) func(*rig, time.Duration) ([]*cable, time.Time, error) {
	return func(r *rig, hold time.Duration) ([]*cable, time.Time, error) {
		cables := r.some()
		var begun []*faultproxy.Fault
		for _, c := range cables {
			begun = append(begun, begin(r, c.proxy))
		}
		time.Sleep(hold)
		for _, f := range begun {
			f.End()
		}
		return cables, time.Now(), nil
	}
}

// forgotten has the connections of the moment pass nothing any more, from when on the
// recovery counts.
func forgotten(both bool) func(*rig, time.Duration) ([]*cable, time.Time, error) {
	return func(r *rig, _ time.Duration) ([]*cable, time.Time, error) {
		way := faultproxy.BothWays
		if !both {
			way = r.direction()
		}
		cables := r.some()
		for _, c := range cables {
			c.proxy.Forget(way)
		}
		return cables, time.Now(), nil
	}
}

// several has faults of proxies overlap. The recovery counts from the end of the last one.
func several(r *rig, _ time.Duration) ([]*cable, time.Time, error) {
	// All is drawn before anything begins, or the order of what happens would decide it.
	one, two := r.fork(), r.fork()
	var both sync.WaitGroup
	var cables []*cable
	for _, part := range []*rig{one, two} {
		f, hold := part.draw(ofProxies)
		both.Go(func() {
			hit, _, _ := f.strike(part, hold) // faults of proxies do not fail
			r.mu.Lock()
			defer r.mu.Unlock()
			cables = append(cables, hit...)
		})
	}
	both.Wait()
	return cables, time.Now(), nil
}

// fork returns a rig of the same cables with dice of its own.
func (r *rig) fork() *rig {
	return &rig{form: r.form, cables: r.cables, dice: rand.New(rand.NewPCG(r.dice.Uint64(), 0))}
}

// killed kills a node and starts it again at the address where it was.
func killed(r *rig, hold time.Duration) ([]*cable, time.Time, error) {
	m := r.members[r.dice.IntN(len(r.members))]
	m.kill()
	time.Sleep(hold)
	err := m.start(m.address)
	return r.around(m), time.Now(), err
}

// moved closes a node and starts it again at another address.
func moved(r *rig, hold time.Duration) ([]*cable, time.Time, error) {
	m := r.members[r.dice.IntN(len(r.members))]
	m.leave()
	time.Sleep(hold)
	err := m.start("tcp://127.0.0.1:*")
	return r.around(m), time.Now(), err
}

// stopped freezes the process of a node.
func stopped(r *rig, hold time.Duration) ([]*cable, time.Time, error) {
	m := r.members[r.dice.IntN(len(r.members))]
	if err := m.child.Freeze(); err != nil {
		return nil, time.Time{}, err
	}
	time.Sleep(hold)
	err := m.child.Thaw()
	return r.around(m), time.Now(), err
}
