package check

import "github.com/bitmark-inc/bilateralrpc/core"

// Looks is a set of what steps may have: kinds of events, commands of events, kinds of
// actions, and commands that are sent; a bit for each.
type Looks uint64

// What keepers find of a step. Kinds and commands leave these bits free.
const (
	looksCalls Looks = 1 << (commandsAt + 15) // the node waits for calls, or has done so until this step
	looksPairs Looks = 1 << (commandsAt + 14) // both halves of a peer of its were up
	looksUnmet Looks = 1 << (commandsAt + 13) // it sends a TICK, while a STAY waits for MEET
)

// Where the bits of each group begin; a group has 16.
const (
	eventsAt   = 16 * iota
	commandsAt // of events
	actionsAt
	sentAt // commands of actions that send
)

// OnEvents is the set of some kinds of events.
func OnEvents(kinds ...core.EventKind) Looks { return looks(eventsAt, kinds) }

// OnCommands is the set of some commands of events.
func OnCommands(commands ...core.Command) Looks { return looks(commandsAt, commands) }

// OnActions is the set of some kinds of actions.
func OnActions(kinds ...core.ActionKind) Looks { return looks(actionsAt, kinds) }

// OnSent is the set of some commands that are sent: as the node names them, and as they go
// out. What has a head counts as WITH too.
func OnSent(commands ...core.Command) Looks { return looks(sentAt, commands) }

func looks[K ~uint8](group int, kinds []K) (l Looks) {
	for _, k := range kinds {
		l |= 1 << (group + int(k))
	}
	return l
}

// Meet says whether two sets have something in common.
func (l Looks) Meet(m Looks) bool { return l&m != 0 }

// looksOf returns what a step has.
func looksOf(ev *core.Event, actions []core.Action) Looks {
	l := Looks(1) << (eventsAt + int(ev.Kind))
	if ev.Command != core.Unknown || ev.Kind == core.EvFrame {
		l |= 1 << (commandsAt + int(ev.Command))
	}
	for i := range actions {
		a := &actions[i]
		l |= 1 << (actionsAt + int(a.Kind))
		if a.Kind == core.ActSend {
			l |= 1<<(sentAt+int(a.Command)) | 1<<(sentAt+int(a.OnWire()))
		}
	}
	return l
}
