// Package buffers keeps the memory of large messages for the next ones.
//
// Fresh memory is dear: it is cleared, it makes the garbage collector run, which then gives
// what it finds back to the system, and the first use of each page is the system's work
// (docs/adr/0022). A message of megabytes that arrives needs several buffers while it grows,
// and its last one for as long as its handler runs; the next message needs the same.
package buffers

import (
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"time"
)

const (
	// Min is the capacity from which a buffer is worth keeping.
	Min = 32 << 10
	// HeldMax bounds the bytes that lie in a pool. One message of 4 MiB grows through buffers
	// of 7.5 MiB, and a few arrive at a time.
	HeldMax = 32 << 20
	// A pool has its garbage collected once there is wasteMin of it, and an eighth (wasteShare)
	// of what the collector would wait for: to look through all that lives takes time.
	wasteMin, wasteShare = 32 << 20, 8
	// idleMin is how long a buffer lies idle before it is forgotten. Where little else lives, one message
	// of megabytes in new memory is enough for a collection, and that would forget the buffers which
	// the next message needs.
	idleMin = time.Second
)

// Pool keeps buffers that nobody uses. The zero value is an empty one. Its methods may be
// called concurrently.
type Pool struct {
	mu         sync.Mutex
	idle       []buffer // the oldest first
	held       int      // bytes in idle
	waste      int      // bytes that it has made garbage of, since the last collection
	limit      int      // how many of them it lets lie, if more than wasteMin
	round      int      // collections that it has been told of
	armed      bool     // it will be told of the next one
	collecting bool     // collect is at work
}

// buffer is one that lies idle.
type buffer struct {
	memory []byte
	round  int // in which it came
	since  time.Time
}

// Process is the pool of all nodes of the process.
var Process Pool

// User is a carrier whose payloads that change hands lie in buffers of Process, where the node
// puts them when it has done with them. Those of other carriers are garbage then.
type User interface{ UsesBuffers() }

// Get returns an empty buffer with room for n bytes, and for at most a quarter more.
func (p *Pool) Get(n int) []byte {
	if n < Min {
		return make([]byte, 0, n)
	}
	if b := p.take(n); b != nil {
		return b
	}
	// A payload that is opened in place begins behind the head of its box, so a buffer that is
	// put back as one has lost some bytes. With this much more it can go round for a while.
	return make([]byte, 0, n+n/64)
}

// take returns the smallest buffer that fits, nil if there is none.
func (p *Pool) take(n int) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	best := -1
	for i := range p.idle {
		size := cap(p.idle[i].memory)
		if size >= n && size <= n+n/4 && (best < 0 || size <= cap(p.idle[best].memory)) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	b := p.idle[best].memory
	p.remove(best, best+1)
	return b[:0]
}

// Put leaves b, which nobody else has or will use, to the pool. Where that is too much, the
// oldest buffers go.
func (p *Pool) Put(b []byte) {
	if cap(b) < Min || cap(b) > HeldMax {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for held := p.held; held+cap(b) > HeldMax; n++ {
		held -= cap(p.idle[n].memory)
	}
	p.dropOldest(n)
	p.idle = append(p.idle, buffer{b, p.round, time.Now()})
	p.held += cap(b)
	p.arm()
}

// remove takes idle[from:to] out. Requires mu.
func (p *Pool) remove(from, to int) {
	for i := from; i < to; i++ {
		p.held -= cap(p.idle[i].memory)
	}
	p.idle = slices.Delete(p.idle, from, to)
}

// dropOldest makes garbage of the n oldest buffers, and has it collected when that is much.
// By itself the collector waits until there is as much garbage as there is anything else: it
// can't know that this is memory which is wanted again at once. Requires mu.
func (p *Pool) dropOldest(n int) {
	before := p.held
	p.remove(0, n)
	if p.waste += before - p.held; p.waste >= max(wasteMin, p.limit) && !p.collecting {
		p.collecting = true
		go p.collect()
	}
}

// collect has garbage collected, unless that is to wait for more of it after all.
func (p *Pool) collect() {
	limit := wasteLimit()
	p.mu.Lock()
	p.limit = limit
	enough := p.waste >= limit
	p.mu.Unlock()
	if enough {
		runtime.GC()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.collecting = false
	if enough {
		p.waste = 0
	}
}

// wasteLimit is how much garbage a pool lets lie, as far as it depends on the process: on what
// lives there, and on the program's own wish (GOGC), which may be that nothing is collected.
func wasteLimit() int {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/gogc:percent"}}
	metrics.Read(samples)
	live, percent := float64(samples[0].Value.Uint64()), float64(samples[1].Value.Uint64())
	return int(min(live*percent/100/wasteShare, math.MaxInt/2))
}

// arm has the pool told of the next collection of garbage, unless it is already. Requires mu.
func (p *Pool) arm() {
	if !p.armed {
		p.armed = true
		runtime.AddCleanup(new([2]uintptr), (*Pool).collected, p)
	}
}

// collected forgets the buffers that lay idle from one collection to the next, and not only for a
// moment: a process that has become quiet keeps none.
func (p *Pool) collected() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waste = 0
	n := 0
	for n < len(p.idle) && p.idle[n].round < p.round && time.Since(p.idle[n].since) >= idleMin {
		n++
	}
	p.dropOldest(n)
	p.round++
	p.armed = false
	if len(p.idle) > 0 {
		p.arm()
	}
}
