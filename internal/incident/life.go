package incident

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/record"
)

// kind says what an entry of a log is about.
type kind uint8

const (
	sent      kind = iota + 1 // a frame went out
	received                  // a frame came in
	linkUp                    // a connection came up
	linkLost                  // a connection was lost, or a dial failed
	hungUp                    // the node ended a connection
	dialled                   // the node began to dial
	peerUp                    // a peer became active
	peerDown                  // a peer ceased to be
	connected                 // the user had a peer dialled
	forgotten                 // the user had a peer forgotten
	called                    // the user called
	answered                  // a call ended at a peer
	ended                     // a call ended
	stopped                   // the user ended the node
	late                      // the node acted long after it had to
)

// entry is something that a recording tells.
type entry struct {
	kind    kind
	at      time.Duration // by the node's clock; by that of all, once they are set
	peer    string
	link    core.Link
	command core.Command // of a frame
	frame   frameID      // of a frame
	cause   core.Cause
	text    string        // for people
	call    string        // of called: as a scenario has it, behind the name of the node
	method  string        // of called
	to      string        // of called: the peers, empty for all
	since   time.Duration // of late: when it had to act
	refused bool          // of sent: it was not carried out
	other   *entry        // of a frame: the same at the other end, nil if it is not there
	number  core.CallID   // of a call
	outcome core.Outcome  // of answered
	moment  int           // in a picture; -1 if it is not there
	of      *life
}

// life is what one recording tells: of a node from one start of its process to its end.
type life struct {
	node      string
	recording *record.Recording
	file      string
	log       []*entry
	steps     []step                     // those in which something happened
	beliefs   map[string]core.PeerStatus // the latest
	changes   []change                   // of beliefs, in the step that is played
	statuses  []core.PeerStatus          // scratch
	from, to  time.Duration              // of its first and last event
	dials     []string                   // the peers that it was to dial when the recording begins
	clock     time.Duration              // what is to be added to its times, to have those of all
	set       bool                       // clock is
}

// lateMin is by how much a node has to act too late for its process to have stood still.
const lateMin = 2 * time.Second

// read plays a recording to its end.
func read(file string, r *record.Recording) (*life, error) {
	l := &life{node: r.Config.Name, recording: r, file: file, beliefs: map[string]core.PeerStatus{}}
	p, err := r.Play()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, s := range p.Machine.AppendStatus(nil) {
		if s.Address != "" {
			l.dials = append(l.dials, s.Name)
		}
	}
	l.believe(p.Machine)
	deadline, first := core.Never, true
	for {
		step, err := p.Next()
		switch {
		case err == io.EOF:
			return l, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", file, err)
		case step.Differs:
			return nil, fmt.Errorf("%s: event %d does not give the recorded actions: see bilsim replay-record", file, step.Number)
		}
		at := time.Duration(step.Event.At)
		if first {
			l.from, first = at, false
		} else if since := max(time.Duration(deadline), l.to); deadline != core.Never && at-since >= lateMin {
			l.add(&entry{kind: late, at: at, since: since, text: fmt.Sprintf("acts %v too late", (at - since).Round(time.Millisecond))})
		}
		l.to = at
		entries := len(l.log)
		l.step(step)
		l.believe(p.Machine)
		l.close(step, entries)
		if step.Panic != nil {
			return l, nil
		}
		deadline = p.Machine.Deadline()
	}
}

// errNoNodes says that there is nothing to merge.
var errNoNodes = errors.New("no recordings")

// add notes an entry.
func (l *life) add(e *entry) *entry {
	e.of = l
	l.log = append(l.log, e)
	return e
}

// step notes what matters of a step.
func (l *life) step(s *record.Step) {
	ev := s.Event
	e := entry{at: time.Duration(ev.At), peer: ev.Peer, link: ev.Link, command: ev.Command, cause: ev.Cause}
	switch ev.Kind {
	case core.EvFrame:
		e.kind, e.frame = received, identify(ev.Command, ev.Body)
	case core.EvLinkUp:
		e.kind = linkUp
	case core.EvLinkLost:
		e.kind = linkLost
	case core.EvConnect:
		e.kind = connected
	case core.EvDisconnect:
		e.kind = forgotten
	case core.EvStop:
		e.kind = stopped
	case core.EvCall:
		e.kind, e.number = called, ev.Call
		e.text, e.call = fmt.Sprintf("calls %s as %d, timeout %v", ev.Method, ev.Call, ev.Timeout), callText(ev)
		e.method, e.to = string(ev.Method), strings.Join(ev.To, ", ")
	case core.EvSendRefused:
		l.refuse(ev)
	}
	if e.kind != 0 {
		l.add(&e)
	}
	for i := range s.Actions {
		l.action(e.at, &s.Actions[i])
	}
}

// callText is a call as a scenario has it. The world's nodes have two methods, and run the
// first in the place of every other.
func callText(ev *core.Event) string {
	to, method, more := "all", "Echo.Ping", ""
	if len(ev.To) > 0 {
		var names []string
		for _, name := range ev.To {
			names = append(names, quote(name))
		}
		to = strings.Join(names, ",")
	}
	if string(ev.Method) == "Echo.Fail" {
		method = "Echo.Fail"
	}
	if n := len(ev.Body); n > 0 {
		more += fmt.Sprintf(" size %d", n)
	}
	if n := len(ev.Head); n > 0 {
		more += fmt.Sprintf(" head %d", n)
	}
	more += " timeout " + short(max(ev.Timeout, time.Millisecond))
	if ev.TellDeadline {
		more += " tell"
	}
	if ev.Idempotent {
		more += " idempotent"
	}
	return fmt.Sprintf("-> %s %s%s", to, method, more)
}

// action notes what matters of an action.
func (l *life) action(at time.Duration, a *core.Action) {
	e := entry{at: at, peer: a.Peer, link: a.Link, command: a.Command, cause: a.Cause}
	switch a.Kind {
	case core.ActSend:
		e.kind, e.command = sent, a.OnWire()
		e.frame = identify(e.command, core.AppendPayload(nil, a))
	case core.ActDial:
		e.kind = dialled
	case core.ActHangUp:
		e.kind = hungUp
	case core.ActPeerUp:
		e.kind = peerUp
	case core.ActPeerDown:
		e.kind = peerDown
	case core.ActResult:
		e.kind, e.number, e.outcome = answered, a.Call, a.Outcome
	case core.ActDone:
		e.kind, e.number = ended, a.Call
	default:
		return
	}
	l.add(&e)
}

// refuse notes that the newest frame of that kind on a link was not sent.
func (l *life) refuse(ev *core.Event) {
	for i := len(l.log) - 1; i >= 0 && l.log[i].at == time.Duration(ev.At); i-- {
		e := l.log[i]
		inside := e.command == ev.Command || e.command == core.WITH
		if e.kind == sent && e.link == ev.Link && inside && !e.refused && (ev.ID == 0 || e.frame.id == ev.ID) {
			e.refused = true
			return
		}
	}
}

// frameID is what a frame can be told by at both of its ends.
type frameID struct {
	command core.Command
	id      uint32 // of a request or reply
	size    int    // of its payload
	text    string // of other frames: the payload
}

// identify returns it. The bytes of users may be missing at either end.
func identify(c core.Command, payload []byte) frameID {
	f := frameID{command: c, size: len(payload)}
	ev := core.Event{Command: c, Body: payload}
	if c == core.WITH && ev.Open() {
		c = ev.Command
	}
	switch c {
	case core.CALL, core.CAST, core.BACK, core.VOID:
		p, _, _ := core.ParsePayload(c, ev.Body)
		f.id = p.ID
	case core.WITH:
	default:
		f.text = string(payload[:min(len(payload), 64)])
	}
	return f
}
