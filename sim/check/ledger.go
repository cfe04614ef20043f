package check

import (
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// A ledger keeps account of what the nodes of a world have said, heard and done, as
// far as the wire and the actions show it: calls that are pending, requests that are
// being served, and what each end of a link has been told. It takes nothing from the
// state of a machine, so that a machine which loses track of these can be told.
//
// Several checkers share one. The first that is shown a step enters it; what a step
// has ended stays until the next one, so that the others find it too.
type ledger struct {
	step     uint64                // the latest that was entered
	latest   *account              // of its node
	matters  Looks                 // of a step: the others say nothing of calls, requests, or links that are not settled
	entered  Looks                 // of its actions
	serves   Looks                 // of a step that is about requests
	accounts []*account            // by index of the node; nil before the first step of a life
	links    perPeer[introduction] // what nodes and their peers have told each other
	handled  map[uint64]*answer    // what came of calls, by their numbers, in all lives
	numbers  []uint64              // of the calls in handled, by age
	byOld    []oldRequest          // that old peers have served, in all lives
	heads    map[uint64]string     // of calls and casts that have one, by their numbers
	over     []*asked              // calls to be used again

	newAccounts few[account] // of lives that begin
	newAsked    few[asked]   // of calls, where over has none
	newAnswers  few[answer]  // of what came of calls
}

// account is what the ledger has of one life of a node.
type account struct {
	now      core.Instant // of the latest step; time that runs backwards stands still
	unmet    int          // links of all peers on which a STAY waits for MEET
	calls    []*asked     // that are pending, or were ended by the latest step
	ended    bool         // some of calls were, or finished is set
	requests []request    // that are being served
	finished request      // by the latest step, if its ticket is not zero
	passed   []passedOver // CALLs whose link had not joined
	pairs    []pairing    // peers of which both halves are up, for roles
	node     *Node        // whose life it is
	ledger   *ledger      // that it belongs to
}

// answer is what a node made of a call.
type answer struct {
	callee  string       // the name of the node on the wire
	next    *answer      // what another one made of the same call
	texts   []string     // errors that it was answered with
	heads   []string     // that went with answers
	ran     bool         // a handler has begun
	replied bool         // one has ended with a reply
	old     bool         // the node is an old peer
	passed  bool         // a CALL was dropped, since its link had not joined:
	life    uint32       // by that life of the node, the latest time
	at      core.Instant // by its clock
	stayed  core.Instant // when it first sent the caller a STAY since, which may name that CALL; zero: not yet
	named   bool         // one of them has
}

func newLedger() *ledger {
	l := &ledger{handled: map[uint64]*answer{}, heads: map[uint64]string{}}
	l.entered = OnActions(core.ActResult, core.ActDone, core.ActPeerUp, core.ActPeerDown) |
		OnSent(core.CALL, core.STAY, core.PART, core.MEET, core.JOIN)
	l.serves = OnEvents(core.EvReply) | OnCommands(core.CALL, core.CAST, core.VOID) | OnActions(core.ActServe, core.ActCancel)
	l.matters = l.entered | l.serves |
		OnEvents(core.EvConnect, core.EvCall, core.EvCast, core.EvLinkLost, core.EvSendRefused) |
		OnCommands(core.Unknown, core.STAY, core.PART, core.TICK, core.BACK, core.MEET, core.WITH)
	return l
}

// of returns the account of the present life of a node.
func (l *ledger) of(n *Node) *account {
	if n.Index < len(l.accounts) {
		if a := l.accounts[n.Index]; a != nil {
			return a
		}
	}
	return l.open(n)
}

// open begins the account of a node's life.
func (l *ledger) open(n *Node) *account {
	for len(l.accounts) <= n.Index {
		l.accounts = append(l.accounts, nil)
	}
	a := l.newAccounts.next()
	a.node, a.ledger = n, l
	l.accounts[n.Index] = a
	return a
}

// Ended forgets a node's life.
func (l *ledger) Ended(w World, n *Node) {
	l.links.Ended(w, n)
	if n.Index < len(l.accounts) {
		l.accounts[n.Index] = nil
	}
}

// Enter enters a step, before any checker is shown it.
func (l *ledger) Enter(s *Step) {
	a := l.enter(s)
	if len(a.calls) > 0 {
		s.looks |= looksCalls
	}
	if len(a.pairs) > 0 {
		s.looks |= looksPairs
	}
	if a.unmet != 0 && s.says(core.TICK) {
		s.looks |= looksUnmet
	}
}

// Keeper returns the ledger, for the checkers that embed it.
func (l *ledger) Keeper() Keeper { return l }

// enter enters a step, unless another checker has done so, and returns the account of
// its node.
func (l *ledger) enter(s *Step) *account {
	if l.step != s.N {
		l.add(s)
	}
	return l.latest
}

// add enters a step.
func (l *ledger) add(s *Step) {
	a := l.of(s.Node)
	l.step, l.latest = s.N, a
	ev := s.Event
	a.now = max(a.now, ev.At)
	if a.ended {
		a.forgetEnded()
	}
	if !s.looks.Meet(l.matters) {
		return
	}
	if len(ev.Head) > 0 && (ev.Kind == core.EvCall || ev.Kind == core.EvCast) {
		if call, _, ok := echo.ParseArgs(ev.Body); ok {
			l.heads[call] = string(ev.Head)
		}
	}
	if s.looks.Meet(l.serves) {
		l.serve(a, s)
	}
	if s.Node.Machine == nil {
		return
	}
	switch ev.Kind {
	case core.EvFrame, core.EvLinkLost, core.EvConnect:
		a.hear(s)
	case core.EvCall:
		a.begin(s)
	}
	for i := 0; i < len(s.Actions) && s.looks.Meet(l.entered); i++ {
		switch act := &s.Actions[i]; act.Kind {
		case core.ActSend:
			a.say(s, act)
		case core.ActResult, core.ActDone:
			a.end(s, act)
		case core.ActPeerUp, core.ActPeerDown:
			a.of(act.Peer).up = act.Kind == core.ActPeerUp
		}
	}
	if ev.Kind == core.EvSendRefused {
		a.unsay(s)
	}
}

// made returns what a node made of a call.
func (l *ledger) made(call uint64, callee string) *answer {
	first := l.handled[call]
	for m := first; m != nil; m = m.next {
		if m.callee == callee {
			return m
		}
	}
	if first == nil {
		l.numbers = append(l.numbers, call)
	}
	m := l.newAnswers.next()
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
