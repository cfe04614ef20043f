package core

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// windowModel is what a window must do, slowly: a set of ids and the highest.
type windowModel struct {
	used bool
	top  uint32
	run  map[uint32]bool
}

func (w *windowModel) mark(id uint32) bool {
	if w.run == nil {
		w.run = map[uint32]bool{}
	}
	switch ahead := int32(id - w.top); {
	case !w.used || ahead > 0:
		w.used, w.top = true, id
	case -int64(ahead) >= windowBits:
		return false
	}
	first := !w.run[id]
	w.run[id] = true
	for old := range w.run { // what is behind the window is refused by its place
		if w.top-old >= windowBits {
			delete(w.run, old)
		}
	}
	return first
}

func TestWindowAgainstModel(t *testing.T) {
	for _, start := range []uint32{1, 1 << 31, 0xfffff000, 0xffffffff} {
		rng := rand.New(rand.NewPCG(uint64(start), 1))
		var w window
		var model windowModel
		id := start
		var refused, run int
		for range 20_000 {
			next := id
			switch rng.IntN(12) {
			case 0:
				next = id + rng.Uint32N(3*windowBits)
			case 1:
				next = id - rng.Uint32N(2*windowBits)
			case 2, 3, 4:
				next = id - rng.Uint32N(70)
			case 5:
				next = id - windowBits + rng.Uint32N(3) - 1
			case 6:
				if rng.IntN(50) == 0 {
					next = id + 1<<31 - rng.Uint32N(3)
				}
			default:
				next = id + 1
			}
			got, want := w.mark(next), model.mark(next)
			if got != want {
				t.Fatalf("start %d, top %d: id %d is to be run: %v, want %v", start, model.top, next, got, want)
			}
			if got {
				run++
			} else {
				refused++
			}
			id = model.top
		}
		if refused < 1000 || run < 1000 {
			t.Errorf("start %d: %d run, %d refused: the test says little", start, run, refused)
		}
	}
}

func TestWindowMerge(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var a, b window
		ids := func(w *window, n int) (marked []uint32) {
			for range n {
				if id := 0xffffff00 + rng.Uint32N(600); w.mark(id) {
					marked = append(marked, id)
				}
			}
			return marked
		}
		all := append(ids(&a, int(seed)*3), ids(&b, 40)...)
		a.merge(&b)
		for _, id := range all {
			if a.mark(id) {
				t.Fatalf("seed %d: id %d would be run again after a merge", seed, id)
			}
		}
	}
	var a, b window
	a.merge(&b)
	if a.used {
		t.Error("an empty window marked something")
	}
}

// A jump forgets the ids that fell out behind, and just those.
func TestWindowJump(t *testing.T) {
	const top, ahead = 5000, 3
	var w window
	for id := uint32(1); id <= top; id++ {
		w.mark(id)
	}
	if !w.mark(top + ahead) {
		t.Error("the highest id is not to be run")
	}
	for id := uint32(top + ahead - windowBits + 1); id <= top; id++ {
		if w.mark(id) {
			t.Errorf("id %d would be run again", id)
		}
	}
	for id := uint32(top + 1); id < top+ahead; id++ {
		if !w.mark(id) {
			t.Errorf("id %d was jumped over, and is not to be run", id)
		}
	}
}

func TestWindowMergeMarksNoOthers(t *testing.T) {
	var a, b window
	a.mark(5)
	b.mark(3)
	b.mark(windowBits) // 4,093 ids above; b's window begins at 1
	b.mark(1)
	a.merge(&b)
	for id := uint32(2); id < windowBits; id++ {
		if want := id != 3 && id != 5; a.mark(id) != want {
			t.Fatalf("id %d is to be run: %v, want %v", id, !want, want)
		}
	}
	if a.mark(1) || a.mark(windowBits) {
		t.Error("the ends of b's window are not marked")
	}
	if !a.mark(windowBits + 1) {
		t.Error("an id above b's window is marked")
	}
}

// An id that is behind the window has the place of one in it, which stays marked.
func TestUnmarkBehindTheWindow(t *testing.T) {
	const top = 5000
	var w window
	w.mark(top)
	w.mark(top - windowBits + 1)
	w.unmark(top - windowBits)
	if !w.has(top) {
		t.Error("the highest id is taken back with the one that has just fallen out")
	}
	w.unmark(top - windowBits + 1)
	if w.has(top - windowBits + 1) {
		t.Error("the last id of the window is not taken back")
	}
	w.mark(2 * windowBits)
	w.unmark(2 * windowBits)
	if w.has(2 * windowBits) {
		t.Error("the highest id is not taken back")
	}
}

// The life that a link leads to keeps its window, though it has asked nothing for longest.
func TestWindowThatALinkLeadsToMakesNoRoom(t *testing.T) {
	p := newPeer(0)
	p.listening.state, p.listening.met, p.listening.told.Incarnation = Serving, true, 1
	for life := uint64(1); life <= livesMax+1; life++ {
		p.windowOf(life)
	}
	var kept []uint64
	for _, w := range p.seen {
		kept = append(kept, w.incarnation)
	}
	if want := []uint64{5, 4, 3, 1}; !slices.Equal(kept, want) {
		t.Errorf("the windows of %d are kept, want %d: 2 makes room", kept, want)
	}
}

// A link leads to the life that it has told while it is up, and to no other one.
func TestLivesThatLinksLeadTo(t *testing.T) {
	for name, c := range map[string]struct {
		dial, listen State
		stage        linkStage
		met          bool
		of7, of9     bool // the dial has told 7, the other half 9, before if not now
	}{
		"the dial":                 {Connected, Idle, stageMet, false, true, false},
		"the other half":           {Idle, Serving, stageMet, true, false, true},
		"both":                     {Connected, Serving, stageTold, true, true, true},
		"a dial that begins anew":  {Handshake, Idle, stageNew, true, false, false},
		"an accepted one as well":  {Idle, Serving, stageMet, false, false, false},
		"one that has told before": {Waiting, Idle, stageMet, true, false, false},
	} {
		p := newPeer(0)
		p.dialling.state, p.dialling.stage, p.dialling.told.Incarnation = c.dial, c.stage, 7
		p.listening.state, p.listening.met, p.listening.told.Incarnation = c.listen, c.met, 9
		if of7, of9 := p.leadsTo(7), p.leadsTo(9); of7 != c.of7 || of9 != c.of9 || p.leadsTo(8) {
			t.Errorf("%s: 7 is led to: %v, 9: %v, 8: %v; want %v, %v and false", name, of7, of9, p.leadsTo(8), c.of7, c.of9)
		}
	}
}
