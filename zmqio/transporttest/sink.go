package transporttest

import (
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Kind is the kind of a report.
type Kind string

// The reports.
const (
	Up        Kind = "up"
	Lost      Kind = "lost"
	Frame     Kind = "frame"
	Malformed Kind = "malformed"
	Failed    Kind = "failed"
)

// Report is one thing that a carrier told its node.
type Report struct {
	Kind    Kind
	Link    core.Link  // zero of Failed
	Name    string     // at the other end of Link
	Cause   core.Cause // of Lost
	Command string     // of Frame
	Payload string     // of Frame, a copy; of Failed, the error
	Keep    bool       // of Frame
}

// String does not show the payload, which may be long.
func (r Report) String() string {
	return fmt.Sprintf("%s of %v to %q, cause %v, %s with %d bytes", r.Kind, r.Link, r.Name, r.Cause, r.Command, len(r.Payload))
}

// linkState is what a node knows of one link.
type linkState struct {
	name string // once it is up
	up   bool
	over bool // lost, or hung up
}

// keptBytes is memory that changed hands and must stay as it is.
type keptBytes struct {
	what  string
	bytes []byte
	sum   uint64
}

var seed = maphash.MakeSeed()

// keep notes memory that nobody may write to any more. It requires the lock.
func (n *Node) keep(what string, b []byte) {
	n.kept = append(n.kept, keptBytes{what, b, maphash.Bytes(seed, b)})
}

func (n *Node) checkKept() {
	n.TB.Helper()
	for _, k := range n.kept {
		if maphash.Bytes(seed, k.bytes) != k.sum {
			n.TB.Errorf("%q: %s of %d bytes was written to after it had changed hands", n.Name, k.what, len(k.bytes))
			return
		}
	}
	n.kept = nil
}

// NextLink implements zmqio.Sink.
func (n *Node) NextLink() core.Link {
	n.checkReport("NextLink")
	n.accepted++
	link := core.Link{Half: core.Listening, N: n.accepted}
	n.links[link] = &linkState{}
	return link
}

// numbered returns how many numbers NextLink has given.
func (n *Node) numbered() (count uint64) {
	n.Locked(func() { count = n.accepted })
	return count
}

// LinkUp implements zmqio.Sink.
func (n *Node) LinkUp(link core.Link, name, _ string) {
	n.checkReport("LinkUp")
	s := n.links[link]
	switch {
	case s == nil:
		n.TB.Errorf("%q: %v is up, which nobody dialled or numbered", n.Name, link)
		return
	case s.over || n.ended:
		n.TB.Errorf("%q: %v is up after its end", n.Name, link)
		return
	case s.up:
		n.TB.Errorf("%q: %v to %q is up a second time, as that of %q", n.Name, link, s.name, name)
	}
	s.up, s.name = true, name
	n.tell(Report{Kind: Up, Link: link, Name: name})
}

// LinkLost implements zmqio.Sink.
func (n *Node) LinkLost(link core.Link, name string, cause core.Cause, _ error) {
	n.checkReport("LinkLost")
	if s := n.links[link]; s != nil && !s.up && link.Half == core.Listening {
		n.TB.Errorf("%q: %v is lost, and was never up", n.Name, link)
	}
	r := Report{Kind: Lost, Link: link, Name: name, Cause: cause}
	if n.live(r) {
		n.links[link].over = true
	}
	n.tell(r)
}

// live checks that a report may be made of its link.
func (n *Node) live(r Report) bool {
	n.TB.Helper()
	s := n.links[r.Link]
	switch {
	case s == nil:
		n.TB.Errorf("%q: reported %v: there is no such link", n.Name, r)
	case s.over || n.ended:
		n.TB.Errorf("%q: reported %v after its end", n.Name, r)
	case !s.up && r.Kind != Lost:
		n.TB.Errorf("%q: reported %v before the link was up", n.Name, r)
	case s.up && s.name != r.Name:
		n.TB.Errorf("%q: reported %v: the link is to %q", n.Name, r, s.name)
	default:
		return true
	}
	return false
}

// Frame implements zmqio.Sink.
func (n *Node) Frame(link core.Link, name string, command, payload []byte, keep bool) {
	if n.Frames != nil {
		n.Frames(link, payload)
		return
	}
	n.checkReport("Frame")
	r := Report{Kind: Frame, Link: link, Name: name, Command: string(command), Payload: string(payload), Keep: keep}
	if n.options.probe(&r) {
		return
	}
	n.live(r)
	if keep {
		n.keep("a payload", payload)
	} else {
		for i := range payload {
			payload[i] ^= 0xa5
		}
	}
	n.tell(r)
}

// Malformed implements zmqio.Sink.
func (n *Node) Malformed(link core.Link, name string) {
	n.checkReport("Malformed")
	r := Report{Kind: Malformed, Link: link, Name: name}
	n.live(r)
	n.tell(r)
}

// TurnedAway implements zmqio.Sink.
func (n *Node) TurnedAway(_, _ string, why error) {
	if why == nil {
		n.TB.Errorf("%q: a node was turned away without a reason", n.Name)
	}
	n.checkOpened("TurnedAway")
	n.turned <- struct{}{}
}

// Fail implements zmqio.Sink.
func (n *Node) Fail(err error) {
	n.checkOpened("Fail")
	n.put(Report{Kind: Failed, Payload: err.Error()})
}

// tell passes a report on. It requires the lock.
func (n *Node) tell(r Report) {
	if n.react != nil {
		n.react(r)
		return
	}
	n.put(r)
}

func (n *Node) put(r Report) {
	n.mu.Lock()
	n.reports = append(n.reports, r)
	n.mu.Unlock()
	select {
	case n.arrived <- struct{}{}:
	default:
	}
}

// logHandler takes the lock of the node, as a logger may, before it passes a
// line on to next, which may be nil.
type logHandler struct {
	node *Node
	next *slog.Logger
}

// Enabled implements slog.Handler.
func (h logHandler) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs implements slog.Handler.
func (h logHandler) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup implements slog.Handler.
func (h logHandler) WithGroup(string) slog.Handler { return h }

// Handle implements slog.Handler.
func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	h.node.wantFree("the logger")
	if h.next != nil && h.next.Handler().Enabled(ctx, r.Level) {
		return h.next.Handler().Handle(ctx, r)
	}
	return nil
}

var _ zmqio.Sink = (*Node)(nil)
