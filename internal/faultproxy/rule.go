package faultproxy

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Action says what is done with a message.
type Action uint8

// The actions.
const (
	Pass    Action = iota // nothing; the rule counts, and has its Then
	Drop                  // it is lost
	Double                // it arrives twice
	Delay                 // it arrives later by For, and so does all that comes behind it
	Reorder               // it is overtaken: by all that comes in For, or if For is zero by one message
)

// String returns the name of an action.
func (a Action) String() string {
	return [...]string{"pass", "drop", "double", "delay", "reorder"}[a]
}

// Rule says what happens to some messages. Each rule counts the messages that it is
// about, from when it was added, over all connections; where several want to act on one
// message, the first that was added does. It is for proxies that are Plain.
type Rule struct {
	// Dialler is the routing id of the dialler of the connection; "" is any.
	Dialler string
	// Command is that of the messages; "" is any. A CALL, CAST or BACK inside WITH is meant
	// by its own name.
	Command string
	// Direction is that of the messages; zero is both.
	Direction Direction
	// Nth is the ordinal of the message that is acted on, from 1, and Last that of the last
	// one of several; with a zero Nth it is every message, with a zero Last one.
	Nth, Last int
	Action    Action
	For       time.Duration
	// Then, if set, is called after each message that is acted on, by the direction it goes. It
	// may call the proxy, but not Close.
	Then func()
}

// Add puts a rule into force, until it is ended.
func (p *Proxy) Add(r Rule) *Fault { return p.begun(Fault{rule: r.withDefaults()}) }

func (r Rule) withDefaults() Rule {
	if r.Direction == 0 {
		r.Direction = BothWays
	}
	if r.Last == 0 {
		r.Last = r.Nth
	}
	return r
}

// about says whether the rule is about a message.
func (r *Rule) about(m *Message) bool {
	return r.Direction&m.Direction != 0 && (r.Command == "" || r.Command == m.Command) && (r.Dialler == "" || r.Dialler == m.Dialler)
}

// Message is a message that has come to a proxy.
type Message struct {
	Dialler   string // the routing id of the dialler of its connection
	Link      int    // the ordinal of the connection
	Direction Direction
	Command   string // the one inside, if it is a WITH; "" if it is not a message of ours
	// N is the ordinal of the message among those of its command and direction, over all
	// connections of the proxy.
	N       int
	Payload []byte // valid until Seen returns
	Action  Action // what is done with it
}

// judge finds out what becomes of a message: its N and Action, how long it is held back,
// and what is to be called then.
func (p *Proxy) judge(m *Message) (hold time.Duration, then func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := seen{m.Direction, m.Command}
	p.seen[key]++
	m.N = p.seen[key]
	acted := false
	for _, f := range p.faults {
		r := &f.rule
		if r.Direction == 0 || !r.about(m) { // zero: another kind of fault
			continue
		}
		f.matched++
		if acted || r.Nth != 0 && (f.matched < r.Nth || f.matched > r.Last) {
			continue
		}
		acted = true
		f.hits++
		m.Action, hold, then = r.Action, r.For, r.Then
	}
	return hold, then
}

// inside returns the command of a message, which is inside if it is a WITH.
func inside(command, payload []byte) string {
	ev := core.Event{Command: core.ParseCommand(command), Body: payload}
	if ev.Command == core.WITH && ev.Open() {
		return ev.Command.String()
	}
	return string(command)
}
