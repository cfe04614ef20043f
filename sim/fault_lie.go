package sim

import (
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// Frames that no machine sent. Between the nodes concerned, properties of honest
// nodes are no longer checked.

// Forge opens a connection to a node that claims to come from As, sends Count
// frames on it, and hangs up a second later.
type Forge struct {
	As, To  string       // As need not be the name of a node
	Command core.Command // of the frames
	Body    string       // the payload as it is on the wire
	Count   int          // how many frames
}

func (f Forge) String() string {
	return text.Words("forge", text.FormatName(f.As), "->", text.FormatName(f.To), formatCommand(f.Command), formatBody(f.Body), formatCount(f.Count))
}

// Do forges.
func (f Forge) Do(w *World) {
	to := w.Node(f.To)
	if to == nil {
		return
	}
	w.lies.note(w.Node(f.As), to)
	o := w.nodes.theOutsider()
	link := core.Link{Half: core.Dialling, N: uint64(len(o.sockets.dialling))}
	c := w.net.dial(o, f.To, link, f.To)
	c.ends[listening].peer = f.As
	c.redials = true // frames sent before it is up wait
	for range f.Count {
		w.frames.send(o, &core.Action{Kind: core.ActSend, Link: link, Command: f.Command, Body: []byte(f.Body)})
	}
	w.At(w.time.now+time.Second, Do{"end of forge", func(w *World) { w.net.hangUp(c, dialling) }})
}

// Inject has a node lie: Count frames that its machine knows nothing of leave
// on its newest connection to To. A BACK without a body answers the newest call
// of To, whomever that asked.
type Inject struct {
	From, To string       // names of nodes
	Command  core.Command // of the frames
	Body     string       // the payload as it is on the wire
	Count    int          // how many frames
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
	w.lies.note(from, to)
	body := []byte(f.Body)
	if f.Command == core.BACK && len(body) == 0 {
		body = core.AppendPayload(nil, &core.Action{Command: core.BACK, ID: to.lastCall, Method: []byte(echo.Ping), Body: []byte("a lie")})
	}
	w.frames.inject(from, to, f.Command, body, f.Count)
}

// formatBody writes a payload in quotes, and nothing for an empty one.
func formatBody(s string) string {
	if s == "" {
		return ""
	}
	return strconv.Quote(s)
}
