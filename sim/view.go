package sim

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// view is what one node thinks of another, small enough to be compared and
// kept at every look.
type view struct {
	gone, stopped, old, known bool
	dial, listen              core.State
	entry                     oldState
	backoff                   int
}

func (w *World) view(a, b string) view {
	n := w.Node(a)
	switch {
	case n == nil || n.down || n.stopped:
		return view{gone: true, stopped: n != nil && n.stopped}
	case n.Old:
		e := n.machine.(*OldPeer).entries[b]
		if e == nil {
			return view{old: true}
		}
		return view{old: true, known: true, entry: e.state}
	}
	st, known := n.core.Status(b)
	return view{known: known, dial: st.Dialling, listen: st.Listening, backoff: st.Backoff}
}

// describe says it in words.
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

// pairState describes what two nodes think of each other.
func (w *World) pairState(a, b string) string {
	return w.view(a, b).describe(a, b) + "; " + w.view(b, a).describe(b, a)
}
