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
	step     uint64               // the latest that was entered
	accounts []*account           // by index of the node; nil before the first step of a life
	handled  map[handling]*answer // what came of requests, in all lives
}

// account is what the ledger has of one life of a node.
type account struct {
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

// handling names what a node made of a call, in all lives of both.
type handling struct {
	call   uint64 // its number, which is unique in the world
	callee string // the name on the wire
}

// answer is what a node made of a call.
type answer struct {
	ran     bool     // a handler has begun
	replied bool     // one has ended with a reply
	old     bool     // the node is an old peer
	texts   []string // errors that it was answered with
	passed  bool     // a CALL was dropped, since its link had not joined:
	life    uint32   // by that life of the node, the latest time
}

func newLedger() *ledger { return &ledger{handled: map[handling]*answer{}} }

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
	a := l.of(s.Node)
	if l.step == s.N {
		return a
	}
	l.step = s.N
	a.now = max(a.now, s.Event.At)
	l.serve(a, s)
	if s.Node.Machine == nil {
		return a
	}
	a.forgetEnded()
	a.hear(s)
	if s.Event.Kind == core.EvCall {
		a.begin(s)
	}
	for i := range s.Actions {
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

// made returns what a node made of a call.
func (l *ledger) made(call uint64, callee string) *answer {
	h := handling{call, callee}
	if l.handled[h] == nil {
		l.handled[h] = &answer{}
	}
	return l.handled[h]
}

// carries says whether a link is established and can still bring an answer.
func carries(st *core.PeerStatus, l core.Link) bool {
	if l.Half == core.Listening {
		return st.ListeningLink == l && st.Listening == core.Serving
	}
	return st.DiallingLink == l && established(st.Dialling)
}
