package sim

import (
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// A FrameName names one frame of a run: the nth of its command from one node
// to another. It means the same after faults elsewhere are taken away.
type FrameName struct {
	Command  core.Command // of the frame
	From, To string       // names of nodes
	Ordinal  uint32       // from 1
}

// String returns for example "STAY b->a #1".
func (f FrameName) String() string {
	return f.Command.String() + " " + f.From + "->" + f.To + " #" + strconv.FormatUint(uint64(f.Ordinal), 10)
}

// A Fate is what happens to one frame. The zero Fate is to arrive in time.
type Fate struct {
	Drop    bool          // it never arrives
	Copies  int           // and so many more of it do
	Delay   time.Duration // in addition to the latency
	Reorder bool          // it may be overtaken (adversarial only)
	Corrupt bool          // one bit of it is flipped
	Refuse  bool          // the sender is told that its queue is full
	Break   bool          // the connection breaks at it
}

// add puts another fate on top.
func (f *Fate) add(g *Fate) {
	f.Drop = f.Drop || g.Drop
	f.Copies += g.Copies
	f.Delay += g.Delay
	f.Reorder = f.Reorder || g.Reorder
	f.Corrupt = f.Corrupt || g.Corrupt
	f.Refuse = f.Refuse || g.Refuse
	f.Break = f.Break || g.Break
}

// Rates are the probabilities with which faults befall single frames. The
// physical model heeds Delay, Refuse and Break only.
type Rates struct {
	Drop, Duplicate, Delay, Reorder, Corrupt, Refuse, Break Ratio // as the fields of a Fate
	// DelayBy is how long a delayed or reordered frame is late.
	DelayBy Delay
}

// A FrameRule says what happens to certain frames: the First to the Last of a
// command from one node to another.
type FrameRule struct {
	Command     core.Command // of the frames
	From, To    string       // names of nodes
	First, Last uint32       // ordinals; Last 0 means no end
	Fate        Fate         // in addition to what else befalls them
	Then        Fault        // what happens as the frame leaves; may be nil
	// Maybe says that no such frame may ever be sent. Without it, a run of a scenario in
	// which none is fails.
	Maybe bool

	met bool // such a frame was sent
}

// covers says whether the rule speaks of a frame of its pair.
func (r *FrameRule) covers(command core.Command, ordinal uint32) bool {
	return r.Command == command && ordinal >= r.First && (r.Last == 0 || ordinal <= r.Last)
}

// Taken is a decision to harm a frame, as it was taken.
type Taken struct {
	Frame FrameName // the frame that was harmed
	Fate  Fate      // what befell it, of all causes
}

// fates decides what happens to frames: by the rates, then by the rules of their
// pair, then by what the world's user has to say.
type fates struct {
	opts      *Options                 // of the world
	plan      *plan                    // for what follows on a frame
	rates     bool                     // some rate is not zero
	watchers  []func(FrameName, *Fate) // of OnFrame
	calm      bool                     // nothing befalls a frame any more
	recording bool                     // taken is kept
	taken     []Taken                  // decisions other than the zero Fate, by age
}

// decide returns the fate of a frame that is about to be sent. The usual case,
// that nothing can happen to it, is the fast one.
func (f *fates) decide(p *pair, command core.Command, ordinal uint32) Fate {
	if f.calm || !f.rates && len(p.rules) == 0 && len(f.watchers) == 0 {
		return Fate{}
	}
	var fate Fate
	if f.rates {
		fate = f.chance(p, command, ordinal)
	}
	for _, r := range p.rules {
		if r.covers(command, ordinal) {
			r.met = true
			fate.add(&r.Fate)
			if r.Then != nil {
				f.plan.at(f.plan.time.now, r.Then)
			}
		}
	}
	if len(f.watchers) == 0 && !f.recording {
		return fate
	}
	name := FrameName{command, p.from.Name, p.to.Name, ordinal}
	for _, watch := range f.watchers {
		watch(name, &fate)
	}
	if f.recording && fate != (Fate{}) {
		f.taken = append(f.taken, Taken{name, fate})
	}
	return fate
}

// chance takes the decisions that rates leave open. Each is a hash of what it
// is about.
func (f *fates) chance(p *pair, command core.Command, ordinal uint32) Fate {
	r := &f.opts.Rates
	key := frameKey(command, ordinal)
	holds := func(ratio Ratio, about dice.Aspect) bool {
		return ratio.Num > 0 && ratio.Holds(dice.Decide(f.opts.Seed, about, p.key, key))
	}
	fate := Fate{Refuse: holds(r.Refuse, aboutRefuse), Break: holds(r.Break, aboutBreak)}
	// Every kind has an aspect of its own, so that one rate more or less leaves what
	// the others decide as it was.
	late := holds(r.Delay, aboutDelay)
	if f.opts.Model == Adversarial {
		fate.Drop = holds(r.Drop, aboutDrop)
		fate.Corrupt = holds(r.Corrupt, aboutCorrupt)
		fate.Reorder = holds(r.Reorder, aboutReorder)
		if holds(r.Duplicate, aboutDuplicate) {
			fate.Copies = 1
		}
	}
	if late || fate.Reorder || fate.Copies > 0 {
		fate.Delay = r.DelayBy.Pick(dice.Decide(f.opts.Seed, aboutDelayBy, p.key, key))
	}
	return fate
}

// lies remembers what faults have made up: properties that speak of honest nodes
// and networks say nothing of it.
type lies struct {
	any       bool            // a frame was forged, injected or corrupted
	corrupted bool            // a frame was corrupted
	pairs     map[uint64]bool // nodes between which that was, whichever way, by nodePair
	strays    []stray         // wrong addresses
}

// stray is a wrong address: a user connected a node to a name where another node
// answers. Where connections are authenticated that one is told apart, and nothing
// comes of it.
type stray struct {
	node *Node  // that was told the address
	peer string // the name on the wire that it was told with it
	at   *Node  // that answers there
}

// strayed says whether a wrong address concerns what n thinks of the peer of a name, or
// that peer of n: two names may lead to one node, and one name to two.
func (l *lies) strayed(n *Node, peer string) bool {
	for _, s := range l.strays {
		if s.node == n && (s.peer == peer || s.at.Called == peer) || s.node.Called == peer && (s.at == n || s.peer == n.Called) {
			return true
		}
	}
	return false
}

// note remembers that a frame between two nodes is made up. Either may be nil: one
// that is in no world.
func (l *lies) note(a, b *Node) {
	l.any = true
	if a != nil && b != nil {
		l.pairs[nodePair(a, b)] = true
	}
}

// between says whether any frame between two nodes was made up.
func (l *lies) between(a, b *Node) bool { return l.pairs[nodePair(a, b)] }

// nodePair is the same for both orders.
func nodePair(a, b *Node) uint64 {
	return uint64(min(a.Index, b.Index))<<32 | uint64(max(a.Index, b.Index))
}
