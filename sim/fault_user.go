package sim

import (
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// What the users of nodes do. A node that does not run does none of it, but
// for connects and disconnects, which its next life with memory knows of.

// Connect has From's user connect to To, which lives at Address (empty: where
// the node of that name lives).
type Connect struct{ From, To, Address string }

func (f Connect) actor() string { return f.From }

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
	n.want(f.To, address)
	if n.Up() {
		w.feed(n, &core.Event{Kind: core.EvConnect, Peer: f.To, Address: address})
	}
}

// Disconnect has From's user forget To.
type Disconnect struct{ From, To string }

func (f Disconnect) actor() string { return f.From }

func (f Disconnect) String() string {
	return text.Words("disconnect", text.FormatName(f.From), "->", text.FormatName(f.To))
}

// Do disconnects.
func (f Disconnect) Do(w *World) {
	n := w.Node(f.From)
	if n == nil {
		return
	}
	n.unwant(f.To)
	if n.Up() {
		w.feed(n, &core.Event{Kind: core.EvDisconnect, Peer: f.To})
	}
}

// Calling has a node's user call.
type Calling struct {
	Node string
	Request
}

func (f Calling) actor() string { return f.Node }

func (f Calling) String() string {
	again := ""
	if f.Idempotent {
		again = "idempotent"
	}
	return text.Words("call", text.FormatName(f.Node), "->", formatTo(f.To), f.Method, "timeout", text.FormatDuration(f.Timeout), again, formatAs(f.Name))
}

// Do calls.
func (f Calling) Do(w *World) { w.Call(f.Node, f.Request) }

// Casting has a node's user cast.
type Casting struct {
	Node string
	Request
}

func (f Casting) actor() string { return f.Node }

func (f Casting) String() string {
	return text.Words("cast", text.FormatName(f.Node), "->", formatTo(f.To), f.Method, formatAs(f.Name))
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

// Stop has a node's user close it.
type Stop struct{ Node string }

func (f Stop) actor() string { return f.Node }

func (f Stop) String() string { return "stop " + text.FormatName(f.Node) }

// Do stops.
func (f Stop) Do(w *World) {
	if n := w.Node(f.Node); n != nil && n.Up() {
		w.feed(n, &core.Event{Kind: core.EvStop})
	}
}

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

func formatAs(name string) string {
	if name == "" {
		return ""
	}
	return "as " + text.FormatName(name)
}

// Forge opens a connection to a node that claims to come from As, sends Count
// frames on it, and hangs up a second later.
type Forge struct {
	As, To  string
	Command core.Command
	Body    string
	Count   int
}

func (f Forge) String() string {
	return text.Words("forge", text.FormatName(f.As), "->", text.FormatName(f.To), formatCommand(f.Command), formatBody(f.Body), formatCount(f.Count))
}

// Do forges.
func (f Forge) Do(w *World) {
	if w.Node(f.To) == nil {
		return
	}
	w.lie(w.Node(f.As), w.Node(f.To))
	o := w.outsiderNode()
	link := core.Link{Half: core.Dialling, N: uint64(len(o.dials))}
	w.dial(o, f.To, link, f.To)
	ci := o.dials[link.N]
	w.conns[ci].names[acceptEnd] = f.As
	w.conns[ci].auto = true // what is sent before it is up waits
	for range f.Count {
		w.send(o, &core.Action{Kind: core.ActSend, Link: link, Command: f.Command, Body: []byte(f.Body)})
	}
	w.At(w.now+time.Second, Do{"end of forge", func(w *World) { w.hangUp(ci, dialEnd) }})
}

// Inject has a node lie: Count frames that its machine knows nothing of leave
// on its newest connection to To. A BACK without a body answers the newest call
// of To, whomever that asked.
type Inject struct {
	From, To string
	Command  core.Command
	Body     string
	Count    int
}

func (f Inject) String() string {
	return text.Words("inject", text.FormatName(f.From), "->", text.FormatName(f.To), formatCommand(f.Command), formatBody(f.Body), formatCount(f.Count))
}

// Do injects; without a connection nothing happens.
func (f Inject) Do(w *World) {
	from, to := w.Node(f.From), w.Node(f.To)
	if from == nil || to == nil {
		return
	}
	w.lie(from, to)
	body := []byte(f.Body)
	if f.Command == core.BACK && len(body) == 0 {
		body = core.AppendPayload(nil, &core.Action{Command: core.BACK, ID: to.lastCall, Method: []byte(echo.Ping), Body: []byte("a lie")})
	}
	for i := len(from.conns) - 1; i >= 0; i-- {
		c := &w.conns[from.conns[i]]
		for end := range 2 {
			if c.nodes[end] != from.index || c.nodes[1-end] != to.index || !c.ready[end] {
				continue
			}
			for range f.Count {
				fl := w.newFlight(from.conns[i], end, f.Command)
				w.flights[fl].body = append(w.flights[fl].body, body...)
				w.depart(fl)
			}
			return
		}
	}
}

// lie notes that frames between two nodes are made up: what speaks of honest
// pairs no longer speaks of these.
func (w *World) lie(a, b *Node) {
	w.liars = true
	if a != nil && b != nil {
		w.lied[nodePair(a, b)] = true
	}
}

// nodePair is the same for both orders.
func nodePair(a, b *Node) uint64 {
	return uint64(min(a.index, b.index))<<32 | uint64(max(a.index, b.index))
}

// inert is the machine of the outsider, who only says what faults have it say.
type inert struct{}

func (inert) Step(dst []core.Action, _ *core.Event) []core.Action { return dst }
func (inert) Deadline() core.Instant                              { return core.Never }

// outsiderNode returns the node that forged connections come from. It is in no
// list of nodes' names.
func (w *World) outsiderNode() *Node {
	if w.outsider == nil {
		w.outsider = &Node{index: int32(len(w.nodes)), key: 1, machine: inert{}, wakeAt: forever}
		w.outsider.Blind, w.outsider.foreign = true, true
		w.nodes = append(w.nodes, w.outsider)
	}
	return w.outsider
}

func formatBody(s string) string {
	if s == "" {
		return ""
	}
	return strconv.Quote(s)
}
