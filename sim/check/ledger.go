package check

import (
	"github.com/bitmark-inc/bilateralrpc/core"
)

// A ledger keeps account of what the nodes of a world have said, heard and done, as
// far as the wire and the actions show it: calls that are pending, requests that are
// being served, and what each end of a link has been told. It takes nothing from the
// state of a machine, so that a machine which loses track of these can be told.
//
// Several checkers share one. The first that is shown a step enters it; what a step
// has ended stays until the next one, so that the others find it too.
type ledger struct {
	step     uint64             // the latest that was entered
	latest   *account           // of its node
	accounts []*account         // by index of the node; nil before the first step of a life
	handled  map[uint64]*answer // what came of calls, by their numbers, in all lives
	spare    []answer           // to be used for the next ones
}

// account is what the ledger has of one life of a node.
type account struct {
	kinds uint32 // of actions in the latest step, a bit each
	sent  uint32 // commands that it sent, a bit each

	now      core.Instant             // of the latest step; time that runs backwards stands still
	calls    []*asked                 // that are pending, or were ended by the latest step
	spare    []*asked                 // to be used again
	requests []request                // that are being served
	finished request                  // by the latest step, if its ticket is not zero
	links    map[string]*introduction // by the name of the peer
	// The latest lookup in links, which the next one mostly repeats.
	lastName string
	last     *introduction
}

// answer is what a node made of a call.
type answer struct {
	callee  string   // the name of the node on the wire
	next    *answer  // what another one made of the same call
	ran     bool     // a handler has begun
	replied bool     // one has ended with a reply
	old     bool     // the node is an old peer
	texts   []string // errors that it was answered with
	passed  bool     // a CALL was dropped, since its link had not joined:
	life    uint32   // by that life of the node, the latest time
}

func newLedger() *ledger { return &ledger{handled: map[uint64]*answer{}} }

// of returns the account of the present life of a node.
func (l *ledger) of(n *Node) *account {
	for len(l.accounts) <= n.Index {
		l.accounts = append(l.accounts, nil)
	}
	if l.accounts[n.Index] == nil {
		l.accounts[n.Index] = &account{links: map[string]*introduction{}}
	}
	return l.accounts[n.Index]
}

// Ended forgets a node's life.
func (l *ledger) Ended(_ World, n *Node) {
	if n.Index < len(l.accounts) {
		l.accounts[n.Index] = nil
	}
}

// enter enters a step, unless another checker has done so, and returns the account of
// its node.
func (l *ledger) enter(s *Step) *account {
	if l.step == s.N {
		return l.latest
	}
	a := l.of(s.Node)
	l.step, l.latest = s.N, a
	a.now = max(a.now, s.Event.At)
	a.kinds, a.sent = 0, 0
	for i := range s.Actions {
		act := &s.Actions[i]
		a.kinds |= 1 << act.Kind
		if act.Kind == core.ActSend {
			a.sent |= 1 << act.Command
		}
	}
	l.serve(a, s)
	if s.Node.Machine == nil {
		return a
	}
	a.forgetEnded()
	a.hear(s)
	if s.Event.Kind == core.EvCall {
		a.begin(s)
	}
	const entered = 1<<core.ActSend | 1<<core.ActResult | 1<<core.ActDone | 1<<core.ActPeerUp | 1<<core.ActPeerDown
	for i := 0; i < len(s.Actions) && a.kinds&entered != 0; i++ {
		switch act := &s.Actions[i]; act.Kind {
		case core.ActSend:
			a.say(s, act)
		case core.ActResult, core.ActDone:
			a.end(s, act)
		case core.ActPeerUp, core.ActPeerDown:
			a.of(act.Peer).up = act.Kind == core.ActPeerUp
		}
	}
	a.unsay(s)
	return a
}

// did says whether the latest step has an action of a kind.
func (a *account) did(k core.ActionKind) bool { return a.kinds&(1<<k) != 0 }

// says says whether it sends a command.
func (a *account) says(c core.Command) bool { return a.sent&(1<<c) != 0 }

// made returns what a node made of a call.
func (l *ledger) made(call uint64, callee string) *answer {
	first := l.handled[call]
	for m := first; m != nil; m = m.next {
		if m.callee == callee {
			return m
		}
	}
	if len(l.spare) == 0 {
		l.spare = make([]answer, 64)
	}
	var m *answer
	m, l.spare = &l.spare[0], l.spare[1:]
	m.callee, m.next = callee, first
	l.handled[call] = m
	return m
}

// might says whether something is so of what a node made of a call; or, if nothing came
// to a node of that name, of what any other has: the address that was dialled may be
// that of another node than its user thinks.
func (l *ledger) might(call uint64, callee string, is func(m *answer) bool) bool {
	any := false
	for m := l.handled[call]; m != nil; m = m.next {
		if m.callee == callee {
			return is(m)
		}
		any = any || is(m)
	}
	return any
}

// carries says whether a link is established and can still bring an answer.
func carries(st *core.PeerStatus, l core.Link) bool {
	if l.Half == core.Listening {
		return st.ListeningLink == l && st.Listening == core.Serving
	}
	return st.DiallingLink == l && established(st.Dialling)
}
