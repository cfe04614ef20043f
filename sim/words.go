package sim

import (
	"strings"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// statements are the words that a line may begin with, or a setting in it.
var statements = [...]string{
	"at", "on", "maybe", "expect", "peers", "old", "blind", "peer", "network", "seed", "model", "keys", "latency", "handler", "wake",
	"heartbeat", "queue", "scale", "firstcall", "timing", "limit", "rate", "late", "run", "settle", "real", "bound", "turns",
}

// verbs are the words for what can be planned.
var verbs = [...]string{
	"connect", "disconnect", "redial", "call", "cast", "cancel", "stop", "crash", "vanish", "restart", "pause", "resume", "slow", "deaf",
	"isolate", "clock", "partition", "bridge", "cut", "clog", "full", "break", "forge", "inject", "heal",
}

// harms are the words for what befalls single frames.
var harms = [...]string{"drop", "dup", "delay", "reorder", "corrupt", "refuse", "break"}

// expectations are the words that stand behind "expect", beside the names of calls.
var expectations = [...]string{"linked", "unlinked", "active", "inactive", "backoff", "mark", "drop", "ran"}

// Words returns the words that may come next in a scenario, behind what a line has so
// far: an editor offers them. It knows the first words of a statement and of what it is
// about; names of peers are not among them.
func Words(before string) []string {
	f := strings.Fields(before)
	if len(f) == 0 {
		return statements[:]
	}
	switch last := f[len(f)-1]; {
	case f[0] == "at" && len(f) == 2, last == "then":
		return verbs[:]
	case f[0] == "on" && len(f) == 1, f[0] == "maybe" && len(f) == 2:
		return commandWords()
	case f[0] == "maybe" && len(f) == 1:
		return []string{"on"}
	case f[0] == "on" || f[0] == "maybe":
		return harms[:]
	case f[0] == "expect" && len(f) == 1:
		return expectations[:]
	case f[0] == "expect" && last == "from":
		return nil
	case f[0] == "expect" && len(f) > 2 && f[len(f)-2] == "from":
		return outcomes()
	case f[0] == "real" && len(f) == 1:
		return []string{"no"}
	case f[0] == "real" && last == "on":
		return transports[:]
	case last == "model":
		return []string{"physical", "adversarial"}
	case last == "timing":
		return append(names(timingFields[:], timingField.called), names(timingCounts[:], countField.called)...)
	case last == "limit":
		return names(limitFields[:], countField.called)
	case last == "rate":
		return names(rateFields[:], rateField.called)
	case f[0] == "bound":
		return boundWords(f)
	case f[0] == "at" && len(f) > 3 && (f[2] == "call" || f[2] == "cast"):
		return []string{"all", echo.Ping, echo.Fail, "size", "head", "timeout", "tell", "idempotent", "as"}
	case f[0] == "at" && len(f) > 3:
		return []string{"for", "by", "via", "at", "forgetting", "same"}
	}
	return nil
}

// RateNames are the faults of frames that have a rate, in their order.
func RateNames() []string { return names(rateFields[:], rateField.called) }

// Named returns the rate of a fault of frames, one of RateNames.
func (r *Rates) Named(name string) *Ratio {
	for _, f := range rateFields {
		if f.name == name {
			return f.of(r)
		}
	}
	return nil
}

// names returns the names of the rows of a table.
func names[T any](table []T, name func(T) string) []string {
	list := make([]string, len(table))
	for i, row := range table {
		list[i] = name(row)
	}
	return list
}

func (f timingField) called() string { return f.name }
func (f countField) called() string  { return f.name }
func (f rateField) called() string   { return f.name }

// commandWords are the commands of the protocol, as rules name them.
func commandWords() []string {
	var list []string
	for c := core.JOIN; int(c) < commands; c++ {
		list = append(list, c.String())
	}
	return append(list, "UNKNOWN")
}

// outcomes are the words for how a call ended at a peer.
func outcomes() []string {
	list := make([]string, len(outcomeWords))
	for i, o := range outcomeWords {
		list[i] = o.Word
	}
	return list
}

// known returns the names of peers so far, in their order.
func (p *parser) known() []string {
	return names(p.s.Peers, func(peer Peer) string { return peer.Name })
}

// near says that the reader may mean a word, if it is one.
func near(word string) string {
	if word == "" {
		return ""
	}
	return ": did you mean " + word + "?"
}

// An OutcomeWord is an outcome of a call, and the word that scenarios have for it.
type OutcomeWord struct {
	Word    string       // as scenarios call it
	Outcome core.Outcome // as the core does
}

// OutcomeWords are the outcomes of calls as scenarios call them.
func OutcomeWords() []OutcomeWord { return outcomeWords[:] }
