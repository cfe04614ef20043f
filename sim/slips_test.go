package sim_test

import (
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// slips are the mistakes that are to be found, by the property that finds each.
var slips = []slip{
	{"P6", "an old peer is joined again as soon as it serves", after(func(m *core.Machine, ev *core.Event, dst []core.Action) []core.Action {
		if st, _ := m.Status(ev.Peer); ev.Kind == core.EvFrame && ev.Command == core.TOCK && st.Dialling == core.Connected && !st.Ours {
			return append(dst, core.Action{Kind: core.ActSend, Peer: ev.Peer, Link: ev.Link, Command: core.JOIN, Body: []byte("net")})
		}
		return dst
	})},

	{"P7", "the user's word to redial is not heard", onEvent(func(_ *core.Machine, ev *core.Event) {
		if ev.Kind == core.EvRedial {
			ev.Kind = core.EvTimeout
		}
	})},

	{"P13", "a call times out early", onEvent(func(_ *core.Machine, ev *core.Event) {
		if ev.Kind == core.EvCall {
			ev.Timeout = ev.Timeout/2 + 1
		}
	})},
	{"P13", "silence is told as a restart", told(core.Silent, core.Restarted)},
	{"P13", "a restart is told as silence", told(core.Restarted, core.Silent)},
	{"P13", "what is not served is told as failed", told(core.Unserved, core.Failed)},
	{"P13", "what has failed is told as a reply", told(core.Failed, core.Replied)},
	{"P13", "what was cancelled is told as silence", told(core.Canceled, core.Silent)},
	{"P13", "a disconnect is told as not connected", told(core.Disconnected, core.NotConnected)},
	{"P13", "what was not sent is told as not connected", told(core.Refused, core.NotConnected)},
	{"P13", "who is not connected is told as refused", told(core.NotConnected, core.Refused)},
	{"P13", "the end of the node is told as cancelled", told(core.Closed, core.Canceled)},

	{"P13", "a call outlasts the connection that its user has ended", onAction(func(_ *core.Machine, ev *core.Event, a *core.Action) bool {
		return ev.Kind != core.EvDisconnect || a.Kind != core.ActResult && a.Kind != core.ActDone
	})},
	{"P13", "a call outlasts its user's patience", onAction(func(_ *core.Machine, ev *core.Event, a *core.Action) bool {
		return ev.Kind != core.EvCancel || a.Kind != core.ActDone
	})},

	{"P14", "a CALL with a long method can't be read", onSend(core.CALL, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		if len(a.Method) >= 128 {
			a.ID = 0
		}
		return true
	})},
	{"P14", "an answer with a long text can't be read", onSend(core.BACK, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		if len(a.Err) >= 128 {
			a.ID = 0
		}
		return true
	})},
	{"P14", "a request is answered before its handler has ended", after(func(m *core.Machine, ev *core.Event, dst []core.Action) []core.Action {
		for _, a := range dst {
			if a.Kind == core.ActServe && a.Command == core.CALL {
				return m.Step(dst, &core.Event{Kind: core.EvReply, At: ev.At, Ticket: a.Ticket, Method: slices.Clone(a.Method)})
			}
		}
		return dst
	})},
	{"P14", "an answer is kept back", onSend(core.BACK, func(_ *core.Machine, ev *core.Event, _ *core.Action) bool {
		return ev.Kind != core.EvReply
	})},
	{"P14", "a CAST is answered", after(func(_ *core.Machine, ev *core.Event, dst []core.Action) []core.Action {
		for _, a := range dst {
			if a.Kind == core.ActServe && a.Command == core.CAST {
				return append(dst, core.Action{Kind: core.ActSend, Peer: a.Peer, Link: a.Link, Command: core.BACK, ID: a.ID, Method: a.Method})
			}
		}
		return dst
	})},
	{"P14", "an answer goes by the other half", onSend(core.BACK, func(m *core.Machine, _ *core.Event, a *core.Action) bool {
		if st, _ := m.Status(a.Peer); a.Link == st.ListeningLink && st.Dialling == core.Check {
			a.Link = st.DiallingLink
		}
		return true
	})},
	{"P14", "an error is answered as a reply", onSend(core.BACK, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		a.Err = nil
		return true
	})},

	{"P15", "nothing is sent again", onSend(core.CALL, func(_ *core.Machine, ev *core.Event, a *core.Action) bool {
		return ev.Kind == core.EvCall || len(a.Method) == 0
	})},
	{"P15", "every call counts as idempotent", onEvent(func(_ *core.Machine, ev *core.Event) { ev.Idempotent = true })},
	{"P15", "a CALL is sent again on the same link", sim.Double(func(m *core.Machine) sim.Machine {
		var last core.Action
		return &edited{Machine: m, action: func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
			if a.Kind == core.ActSend && a.Command == core.CALL && len(a.Method) > 0 {
				last = *a
				last.Method, last.Body = slices.Clone(a.Method), slices.Clone(a.Body)
			}
			return true
		}, more: func(m *core.Machine, ev *core.Event, dst []core.Action) []core.Action {
			if st, _ := m.Status(last.Peer); ev.Kind == core.EvTimeout && st.Pending > 0 && (last.Link == st.DiallingLink || last.Link == st.ListeningLink) {
				return append(dst, last)
			}
			return dst
		}}
	})},

	{"P16", "not joined is told as leaving", parted(1, 1, 3)},
	{"P16", "another network is told as not joined", parted(2, 1, 1)},
	{"P16", "leaving is told as replaced", parted(3, 1, 4)},
	{"P16", "replaced is told as leaving", parted(4, 1, 3)},
	{"P16", "no reason is told", parted(3)},
	{"P16", "another network is not told", onSend(core.PART, func(_ *core.Machine, _ *core.Event, a *core.Action) bool { return a.Body[1] != 2 })},
	{"P16", "what was replaced is not hung up", onAction(func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		return a.Kind != core.ActHangUp || a.Link.Half != core.Listening
	})},

	{"P16", "two lives of one name are not told of", onAction(func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		return a.Kind != core.ActDrop || a.Drop != core.DropTwin || a.Command != core.MEET
	})},
	{"P16", "two lives are told of where one has dialled anew", after(func(_ *core.Machine, ev *core.Event, dst []core.Action) []core.Action {
		if ev.Kind == core.EvFrame && ev.Command == core.MEET && ev.Link.Half == core.Listening && ev.Link.N > 1 {
			former := core.Link{Half: core.Listening, N: ev.Link.N - 1}
			return append(dst, core.Action{Kind: core.ActDrop, Peer: ev.Peer, Link: former, Command: core.MEET, Drop: core.DropTwin})
		}
		return dst
	})},

	{"P17", "VOID names another call", onSend(core.VOID, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		a.ID--
		return true
	})},
	{"P17", "VOID is not sent", onSend(core.VOID, func(*core.Machine, *core.Event, *core.Action) bool { return false })},
	{"P17", "VOID follows a reply", after(func(m *core.Machine, ev *core.Event, dst []core.Action) []core.Action {
		for _, a := range dst {
			if a.Kind == core.ActResult && a.Outcome == core.Replied {
				head, _, _ := core.ParsePayload(core.BACK, ev.Body)
				return append(dst, core.Action{Kind: core.ActSend, Peer: ev.Peer, Link: ev.Link, Command: core.VOID, ID: head.ID})
			}
		}
		return dst
	})},
	{"P17", "VOID cancels nothing", onAction(func(_ *core.Machine, _ *core.Event, a *core.Action) bool { return a.Kind != core.ActCancel })},
	{"P17", "another request is cancelled", onAction(func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		if a.Kind == core.ActCancel {
			a.Ticket ^= 1
		}
		return true
	})},

	{"P18", "JOIN goes out on an accepted link", after(func(_ *core.Machine, ev *core.Event, dst []core.Action) []core.Action {
		if ev.Kind == core.EvLinkUp && ev.Link.Half == core.Listening {
			return append(dst, core.Action{Kind: core.ActSend, Peer: ev.Peer, Link: ev.Link, Command: core.JOIN})
		}
		return dst
	})},
	{"P18", "TOCK does not echo", onSend(core.TOCK, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		a.Body = nil
		return true
	})},

	{"P19", "the bounds are twice as long", func(m *core.Machine) sim.Machine { return slow{m} }},
	{"P19", "a drain is hung up at the next event", func(m *core.Machine) sim.Machine {
		return &edited{Machine: m, more: func(m *core.Machine, ev *core.Event, dst []core.Action) []core.Action {
			if st, _ := m.Status(ev.Peer); st.Dialling == core.Draining && ev.Kind == core.EvFrame && ev.Command == core.BACK {
				dst = m.Step(dst, &core.Event{Kind: core.EvLinkLost, At: ev.At, Peer: ev.Peer, Link: st.DiallingLink, Cause: core.CauseLost})
				dst = append(dst, core.Action{Kind: core.ActHangUp, Peer: ev.Peer, Link: st.DiallingLink})
			}
			return dst
		}}
	}},
	{"P19", "no TICK when both are up", onSend(core.TICK, func(m *core.Machine, ev *core.Event, _ *core.Action) bool {
		return ev.Kind != core.EvLinkLost
	})},

	{"P20", "every other TICK is left out", onSend(core.TICK, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		return a.Body[7]%2 == 0
	})},
	{"P20", "an old dialler is not made to speak", onSend(core.CALL, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		return len(a.Method) > 0
	})},
	{"P20", "a dial in limbo is given up at its second TICK", givesUp(core.Limbo, core.EvTimeout, core.TICK)},
	{"P20", "a dial that waits for a TOCK is given up", givesUp(core.Check, core.EvCall, core.CALL)},

	{"P21", "a head is left out", onSend(core.CALL, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		a.Head, a.Left = nil, 0
		return true
	})},
	{"P21", "a head goes to everybody", onSend(core.CALL, func(_ *core.Machine, ev *core.Event, a *core.Action) bool {
		a.Head = ev.Head
		return true
	})},
	{"P21", "the whole timeout is told, be it that less is left", onSend(core.CALL, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		if a.Left != 0 {
			a.Left++
		}
		return true
	})},
	{"P21", "a reply has the head of another", onSend(core.BACK, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		if len(a.Head) > 0 {
			a.Head = append(slices.Clone(a.Head), 'x')
		}
		return true
	})},
	{"P21", "the head of a reply is lost", onAction(func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		if a.Kind == core.ActResult {
			a.Head = nil
		}
		return true
	})},
	{"P21", "a handler is told half of the time", onAction(func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		if a.Kind == core.ActServe {
			a.Left /= 2
		}
		return true
	})},

	{"P22", "only VOID is told of", onAction(func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		return a.Kind != core.ActCancel || a.Cause == 0
	})},
	{"P22", "a restart is not told of", onAction(func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		return a.Kind != core.ActCancel || a.Cause != core.CauseRestarted
	})},
	{"P22", "a farewell is not told of", onAction(func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		return a.Kind != core.ActCancel || a.Cause != core.CauseParted
	})},
	{"P22", "it is told of twice", after(func(_ *core.Machine, _ *core.Event, dst []core.Action) []core.Action {
		for _, a := range dst {
			if a.Kind == core.ActCancel {
				return append(dst, a)
			}
		}
		return dst
	})},
	{"P22", "a caller that has another link yet is taken for gone", sim.Double(func(m *core.Machine) sim.Machine {
		serves := map[string]core.Ticket{}
		return &edited{Machine: m, more: func(m *core.Machine, ev *core.Event, dst []core.Action) []core.Action {
			for _, a := range dst {
				if a.Kind == core.ActServe && a.Command == core.CALL {
					serves[a.Peer] = a.Ticket
				}
			}
			if st, _ := m.Status(ev.Peer); st.Active && serves[ev.Peer] != 0 && ev.Kind == core.EvLinkLost {
				t := serves[ev.Peer]
				delete(serves, ev.Peer)
				dst = append(dst, core.Action{Kind: core.ActCancel, Ticket: t, Cause: core.CauseRestarted})
			}
			if ev.Kind == core.EvReply {
				for peer, t := range serves {
					if t == ev.Ticket {
						delete(serves, peer)
					}
				}
			}
			return dst
		}}
	})},

	{"L5", "MEET is cut short", onSend(core.MEET, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		a.Body = a.Body[:12]
		return true
	})},
	{"L5", "MEET offers nothing", onSend(core.MEET, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		a.Body = slices.Clone(a.Body)
		a.Body[4] = 0
		return true
	})},
	{"L5", "a listener does not answer MEET", onSend(core.MEET, func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
		return a.Link.Half == core.Dialling
	})},
	{"L5", "MEET is said once", sim.Double(func(m *core.Machine) sim.Machine {
		var said core.Link
		return &edited{Machine: m, action: func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
			if a.Kind != core.ActSend || a.Command != core.MEET || a.Link.Half != core.Dialling {
				return true
			}
			first := a.Link != said
			said = a.Link
			return first
		}}
	})},
	{"L5", "each MEET has an incarnation of its own", sim.Double(func(m *core.Machine) sim.Machine {
		var n byte
		return &edited{Machine: m, action: func(_ *core.Machine, _ *core.Event, a *core.Action) bool {
			if a.Kind == core.ActSend && a.Command == core.MEET {
				n++
				a.Body = slices.Clone(a.Body)
				a.Body[12] ^= n
			}
			return true
		}}
	})},
	{"L5", "a MEET that comes in is not read", onEvent(func(_ *core.Machine, ev *core.Event) {
		if ev.Kind == core.EvFrame && ev.Command == core.MEET && ev.Link.Half == core.Dialling {
			ev.Body = nil
		}
	})},
}
