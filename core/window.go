package core

import "slices"

// windowBits is how far behind the highest id a request may come and still be
// told apart from a duplicate: 4,096 ids, half a kilobyte a peer that asks for so much.
// Requests overtake one another only where two links meet, by what was in flight.
const windowBits = 4096

// windowBlock is the bits of 512 ids. Most peers of a node with many have asked for less.
type windowBlock [8]uint64

const blockBits = 512

// window remembers which call ids of one peer have been run: a bit for each of
// the windowBits ids up to the highest. Ids are compared by serial number
// arithmetic (RFC 1982), since they wrap.
type window struct {
	incarnation uint64 // the life of the peer whose ids these are
	link        Link   // in its stead, where the incarnation has not been told
	used        bool   // whether any id has been marked
	top         uint32 // the highest id marked
	// blocks have a bit for each id from top-windowBits+1 to top, at id % windowBits; nil: none is set
	blocks [windowBits / blockBits]*windowBlock
}

// mark notes id as run. It reports false if it has been run before, or may have
// been: an id at or below the window is never run.
func (w *window) mark(id uint32) bool {
	if !w.used {
		w.used, w.top = true, id
		w.set(id)
		return true
	}
	ahead := int32(id - w.top)
	if ahead > 0 {
		w.clear(w.top, uint32(ahead))
		w.top = id
		w.set(id)
		return true
	}
	if ahead <= -windowBits || w.has(id) {
		return false
	}
	w.set(id)
	return true
}

// set sets the bit of an id.
func (w *window) set(id uint32) {
	b := &w.blocks[id%windowBits/blockBits]
	if *b == nil {
		*b = new(windowBlock)
	}
	(*b)[id%blockBits/64] |= 1 << (id % 64)
}

// unset clears the bit of an id.
func (w *window) unset(id uint32) {
	if b := w.blocks[id%windowBits/blockBits]; b != nil {
		b[id%blockBits/64] &^= 1 << (id % 64)
	}
}

// has says whether the bit of an id is set.
func (w *window) has(id uint32) bool { return w.word(id)&(1<<(id%64)) != 0 }

// word returns the bits of 64 ids, of which id is one.
func (w *window) word(id uint32) uint64 {
	if b := w.blocks[id%windowBits/blockBits]; b != nil {
		return b[id%blockBits/64]
	}
	return 0
}

// unmark takes back that id was marked, if it can still be told from other ids.
func (w *window) unmark(id uint32) {
	if w.top-id < windowBits {
		w.unset(id)
	}
}

// clear forgets the n ids after top, which reuse the places of the oldest ones.
func (w *window) clear(top, n uint32) {
	if n >= windowBits {
		w.blocks = [len(w.blocks)]*windowBlock{}
		return
	}
	for id := top + 1; id != top+1+n; id++ {
		w.unset(id)
	}
}

// merge marks everything that other has.
func (w *window) merge(other *window) {
	for back := uint32(windowBits); back > 0; back-- {
		if id := other.top - (back - 1); other.used && other.has(id) {
			w.mark(id)
		}
	}
}

// firstTime notes a request of p and reports whether it has to be run.
//
// PROTOCOL 8.4: "A request is run at most once for a call id of an incarnation
// of the caller. While the incarnation is not known, at most once on a link."
func (p *peer) firstTime(link Link, id uint32) bool {
	if incarnation, told := p.toldOn(link); told {
		return p.windowOf(incarnation).mark(id)
	}
	if p.early == nil {
		p.early = new(window)
	}
	if p.early.link != link {
		*p.early = window{link: link}
	}
	return p.early.mark(id)
}

// livesMax is how many incarnations of a peer have their ids remembered. The two current
// links can lead to two, and two nodes that have the name by turns come back, each of
// them to calls that may have been run before the turn of the other; either may have been
// restarted meanwhile.
const livesMax = 4

// windowOf returns the window of an incarnation that has been told on a current
// link, making one if need be. The one that goes for it belongs to the life that has
// asked nothing for longest, of those that neither link leads to.
func (p *peer) windowOf(incarnation uint64) *window {
	at := slices.IndexFunc(p.seen[:], func(w *window) bool { return w != nil && w.incarnation == incarnation })
	if at < 0 {
		at = livesMax - 1
		for p.seen[at] != nil && p.leadsTo(p.seen[at].incarnation) {
			at--
		}
		p.seen[at] = &window{incarnation: incarnation}
	}
	w := p.seen[at]
	copy(p.seen[1:at+1], p.seen[:at]) // the latest to ask is the first
	p.seen[0] = w
	return w
}

// leadsTo says whether that incarnation has been told on a current link.
func (p *peer) leadsTo(incarnation uint64) bool {
	return p.linked() && p.dialling.stage.told() && p.dialling.told.Incarnation == incarnation ||
		p.listening.state == Serving && p.listening.met && p.listening.told.Incarnation == incarnation
}

// adoptEarly moves what was run on link before its incarnation was told to the
// window of that incarnation.
func (p *peer) adoptEarly(link Link, incarnation uint64) {
	if p.early != nil && p.early.link == link {
		p.windowOf(incarnation).merge(p.early)
		p.early = nil
	}
}
