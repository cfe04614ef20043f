package sim

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/original"
)

// view is one node's view of another, small enough to be compared and kept at
// every look.
type view struct {
	gone    bool // it does not run
	stopped bool // because it was told to stop
	old     bool // it is an old peer, which has an entry for each peer
	known   bool // it knows the other
	active  bool // it lists the other as active
	// Its view of the other: states of the two halves, or of an old peer's entry.
	dial, listen core.State
	entry        original.State
	backoff      int // exponent of the wait for the next dial
}

// viewOf returns a node's view of a peer. A nil node counts as one that is
// down: an expectation may name a peer that is in no world.
func viewOf(n *Node, peer string) view {
	switch {
	case n == nil || n.down || n.stopped:
		return view{gone: true, stopped: n != nil && n.stopped}
	case n.Old:
		st, known := n.old().Status(peer)
		return view{old: true, known: known, active: st.Active, entry: st.State}
	}
	st, known := n.Machine.Status(peer)
	return view{known: known, active: st.Active, dial: st.Dialling, listen: st.Listening, backoff: st.Backoff}
}

// describe writes a's view of b.
func (v view) describe(a, b string) string {
	switch {
	case v.stopped:
		return a + " has stopped"
	case v.gone:
		return a + " is down"
	case v.old && v.known:
		return fmt.Sprintf("%s (old): %s is %v", a, b, v.entry)
	case v.old:
		return fmt.Sprintf("%s (old) does not know %s", a, b)
	case !v.known:
		return a + " does not know " + b
	}
	return fmt.Sprintf("%s: dial to %s %v, listening %v, backoff %d", a, b, v.dial, v.listen, v.backoff)
}

// describePair writes the views that two nodes have of each other.
func describePair(w *World, a, b string) string {
	return viewOf(w.Node(a), b).describe(a, b) + "; " + viewOf(w.Node(b), a).describe(b, a)
}
