package sim

import (
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// Actions of users. A node that is down performs none, but its next life remembers
// connects and disconnects, unless it forgets.

// Connect has From's user connect to To.
type Connect struct {
	From, To string // names of nodes; To may be of none
	// Address is the name of the node that the dial leads to; empty means To. With
	// another one it is as if an address were wrong, or taken by another node.
	Address string
}

func (f Connect) user() string { return f.From }

func (f Connect) String() string {
	at := ""
	if f.Address != "" {
		at = "at " + text.FormatName(f.Address)
	}
	return text.Words("connect", text.FormatName(f.From), "->", text.FormatName(f.To), at)
}

// Do connects.
func (f Connect) Do(w *World) {
	n := w.Node(f.From)
	if n == nil {
		return
	}
	address := f.Address
	if address == "" {
		address = f.To
	}
	peer := w.called(f.To)
	n.want(peer, address)
	if at := w.Node(address); at != nil && at.Called != peer && !w.opts.Keys {
		w.lies.strays = append(w.lies.strays, stray{n, peer, at})
	}
	if n.Up() {
		w.feed(n, &core.Event{Kind: core.EvConnect, Peer: peer, Address: address})
	}
}

// called returns the name on the wire of the node of that name, which may be none.
func (w *World) called(name string) string {
	if n := w.Node(name); n != nil {
		return n.Called
	}
	return name
}

// Disconnect has From's user forget To.
type Disconnect struct{ From, To string }

func (f Disconnect) user() string { return f.From }

func (f Disconnect) String() string {
	return text.Words("disconnect", text.FormatName(f.From), "->", text.FormatName(f.To))
}

// Do disconnects.
func (f Disconnect) Do(w *World) {
	n := w.Node(f.From)
	if n == nil {
		return
	}
	peer := w.called(f.To)
	n.unwant(peer)
	if n.Up() {
		w.feed(n, &core.Event{Kind: core.EvDisconnect, Peer: peer})
	}
}

// Redial has From's user know that the way to To is free again. An original has no such
// thing.
type Redial struct{ From, To string }

func (f Redial) user() string { return f.From }

func (f Redial) String() string {
	return text.Words("redial", text.FormatName(f.From), "->", text.FormatName(f.To))
}

// Do redials.
func (f Redial) Do(w *World) {
	if n := w.Node(f.From); n != nil && n.Up() && !n.Old {
		w.feed(n, &core.Event{Kind: core.EvRedial, Peer: w.called(f.To)})
	}
}

// Calling has a node's user call.
type Calling struct {
	Node string // the caller's name
	Request
}

func (f Calling) user() string { return f.Node }

func (f Calling) String() string {
	return text.Words("call", text.FormatName(f.Node), "->", formatTo(f.To), f.Method, formatBytes("size", f.Size), formatBytes("head", f.Head),
		"timeout", text.FormatDuration(f.Timeout), text.If(f.Tell, "tell"), text.If(f.Idempotent, "idempotent"), formatAs(f.Name))
}

func (f Calling) lasts() time.Duration { return f.Timeout }

func (f Calling) rounded(to rounding) Fault {
	f.Timeout = to(f.Timeout)
	return f
}

// Do calls.
func (f Calling) Do(w *World) { w.Call(f.Node, f.Request) }

// Casting has a node's user cast: nobody hears what comes of it.
type Casting struct {
	Node string // the caller's name
	Request
}

func (f Casting) user() string { return f.Node }

func (f Casting) String() string {
	return text.Words("cast", text.FormatName(f.Node), "->", formatTo(f.To), f.Method, formatBytes("size", f.Size), formatBytes("head", f.Head), formatAs(f.Name))
}

// Do casts.
func (f Casting) Do(w *World) { w.Cast(f.Node, f.Request) }

// Cancel has a user give up the call of that name.
type Cancel struct{ Call string }

func (f Cancel) String() string { return "cancel " + text.FormatName(f.Call) }

// Do cancels.
func (f Cancel) Do(w *World) {
	if c := w.CallNamed(f.Call); c != nil {
		w.Cancel(c)
	}
}

// Stop has a node's user close it. The machine says farewell and ends what is
// pending. The node stays stopped, through a Heal too, until a Restart.
type Stop struct{ Node string }

func (f Stop) user() string { return f.Node }

func (f Stop) String() string { return "stop " + text.FormatName(f.Node) }

// Do stops.
func (f Stop) Do(w *World) {
	if n := w.Node(f.Node); n != nil && n.Up() {
		w.feed(n, &core.Event{Kind: core.EvStop})
	}
}

// formatTo writes the addressed peers, "all" if there are none.
func formatTo(to []string) string {
	if len(to) == 0 {
		return "all"
	}
	s := text.FormatName(to[0])
	for _, name := range to[1:] {
		s += "," + text.FormatName(name)
	}
	return s
}

// formatBytes writes how long the arguments or the head are, if a call says so.
func formatBytes(word string, size int) string {
	if size == 0 {
		return ""
	}
	return word + " " + strconv.Itoa(size)
}

// formatAs writes the name of a call, if it has one.
func formatAs(name string) string {
	if name == "" {
		return ""
	}
	return "as " + text.FormatName(name)
}
