package sim

import "time"

// A way is what one node sends another: a pair. A fault of one lasts until it is
// taken back as often as it was put in force, or all are healed.

// ways returns every way from a node of a to a node of b. A name that no node has
// leads nowhere.
func (w *World) ways(a, b []string) []*pair {
	var ways []*pair
	for _, x := range a {
		for _, y := range b {
			if from, to := w.Node(x), w.Node(y); from != nil && to != nil && from != to {
				ways = append(ways, w.net.pairs.of(from, to))
			}
		}
	}
	return ways
}

// block stops everything on some ways for a while. The end of that is a heal for
// those who expect something of one.
func (w *World) block(ways []*pair, d time.Duration, name string) {
	for _, p := range ways {
		w.net.block(p)
	}
	w.plan.later(d, name, func(w *World) {
		for _, p := range ways {
			w.net.unblock(p)
		}
		w.expected.heal()
	})
}

// block stops everything on a way.
func (nw *network) block(p *pair) {
	before := nw.silent(p)
	p.blocked++
	nw.silenced(p, before)
}

// silent says whether no heartbeats arrive on a way.
func (nw *network) silent(p *pair) bool { return p.blocked > 0 || p.clogged > 0 && nw.inOrder() }

// silenced notes that none arrive from now on, unless that was so before.
func (nw *network) silenced(p *pair, before bool) {
	if nw.silent(p) && !before {
		p.silentSince = nw.time.now
		nw.expectSilence(p.from)
	}
}

// unblock takes back one block.
func (nw *network) unblock(p *pair) {
	p.blocked--
	nw.frames.burst(p)
}

// clog holds back everything on a way.
func (nw *network) clog(p *pair) {
	before := nw.silent(p)
	p.clogged++
	nw.silenced(p, before)
}

// unclog takes back one clog.
func (nw *network) unclog(p *pair) {
	p.clogged--
	nw.frames.burst(p)
}

// fill makes the send queue of a way full.
func (nw *network) fill(p *pair) { p.full++ }

// unfill takes back one fill.
func (nw *network) unfill(p *pair) { p.full-- }

// heal ends the faults of every pair.
func (nw *network) heal() {
	for _, p := range nw.pairs.list {
		p.blocked, p.clogged, p.full = 0, 0, 0
		nw.frames.burst(p)
	}
}
