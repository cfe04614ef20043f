package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Fault is something that the recordings imply.
type Fault struct {
	At  time.Duration // since the first event of all recordings
	For time.Duration // zero: it has no length, or no end in the recordings
	// Text is the statement of a scenario, without its time.
	Text string
	// Why says what shows it.
	Why string
	// Nodes are those that it is about.
	Nodes []string
}

// span is a stretch of time in which something is known of a node.
type span struct{ from, to time.Duration }

// has says whether a span has a moment, with some slack on both sides.
func (s span) has(at, slack time.Duration) bool { return s.from-slack <= at && at <= s.to+slack }

// quote is a name as scenarios have it.
func quote(name string) string {
	for _, r := range name {
		if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return strconv.Quote(name)
		}
	}
	if name == "" || name[0] >= '0' && name[0] <= '9' || slices.Contains(words, name) || slices.ContainsFunc([]byte(name), func(c byte) bool { return c == '-' }) {
		return strconv.Quote(name)
	}
	return name
}

// words mean something in a scenario.
var words = []string{"all", "at", "for", "by", "from", "via", "as", "on", "then"}

// nodeFaults finds what befell each node: it was paused, it ended, it began anew.
func (m *merger) nodeFaults() {
	for _, name := range m.names {
		lives := m.livesOf(name)
		for i, l := range lives {
			m.pauses(l)
			var next *life
			if i+1 < len(lives) {
				next = lives[i+1]
			}
			m.end(l, next)
		}
	}
}

// livesOf returns the lives of a node, in their order.
func (m *merger) livesOf(name string) (lives []*life) {
	for _, l := range m.lives {
		if l.node == name {
			lives = append(lives, l)
		}
	}
	slices.SortStableFunc(lives, func(a, b *life) int { return cmp.Compare(a.from, b.from) })
	return lives
}

// pauses finds when the process of a node stood still: it acted long after it had to. That
// began no later than when it had to act, when its peers sent what it read late, and when
// they last heard its transport.
func (m *merger) pauses(l *life) {
	before := l.from
	for _, e := range l.log {
		if e.kind != late {
			before = e.at
			continue
		}
		from := e.since
		for _, x := range m.all {
			switch {
			case x.of == l || x.peer != l.node || x.at < before || x.at > e.at:
			case x.kind == sent && x.other != nil && x.other.at >= e.at:
				from = min(from, x.at)
			case x.kind == linkLost && x.cause == core.CauseHeartbeat:
				from = min(from, max(before, x.at-x.of.recording.Silence))
			}
		}
		m.down[l.node] = append(m.down[l.node], span{from, e.at})
		m.fault(Fault{At: from, For: e.at - from, Text: "pause " + quote(l.node), Nodes: []string{l.node}, Why: fmt.Sprintf("%s acts %v too late", l.node, (e.at - e.since).Round(time.Millisecond))})
	}
}

// leaveMin is for how long the others have to go on after a node was stopped for that to be
// more than the end of everything.
const leaveMin = 5 * time.Second

// end finds how a life of a node ended, and when the next one began.
func (m *merger) end(l, next *life) {
	name := quote(l.node)
	last := l.log[len(l.log)-1]
	until := m.until
	if next != nil {
		until = next.from
	}
	if i := slices.IndexFunc(l.log, func(e *entry) bool { return e.kind == stopped }); i >= 0 {
		last = l.log[i]
		m.down[l.node] = append(m.down[l.node], span{last.at, until})
		if next != nil || m.until-last.at > leaveMin {
			m.fault(Fault{At: last.at, Text: "stop " + name, Nodes: []string{l.node}, Why: "its user ended it"})
		}
		if next != nil {
			m.fault(Fault{At: next.from, Text: m.restart(next, l), Nodes: []string{l.node}, Why: "a later life has a recording"})
		}
		return
	}
	if next == nil {
		return // its recording was written then
	}
	at, how, why := last.at, "crash ", "its recording ends without a stop"
	for _, x := range m.all {
		if x.of == l || x.of == next || x.peer != l.node || x.kind != linkLost || x.at < last.at || x.at > next.from {
			continue
		}
		if x.cause == core.CauseHeartbeat {
			how, why = "vanish ", "its peers heard nothing more"
			at = max(last.at, x.at-x.of.recording.Silence)
		} else if x.cause == core.CauseLost {
			at = x.at
		}
		break
	}
	m.down[l.node] = append(m.down[l.node], span{at, next.from})
	if next.from-at > time.Second {
		m.fault(Fault{At: at, Text: how + name, Nodes: []string{l.node}, Why: why})
	}
	m.fault(Fault{At: next.from, Text: m.restart(next, l), Nodes: []string{l.node}, Why: "a later life has a recording"})
}

// restart is the statement that begins a life. One that does not connect again what the
// life before had connected has forgotten it.
func (m *merger) restart(next, before *life) string {
	had := slices.ContainsFunc(before.log, func(e *entry) bool { return e.kind == connected }) || len(before.dials) > 0
	has := slices.ContainsFunc(next.log, func(e *entry) bool { return e.kind == connected })
	if had && has {
		m.again[next] = true
		return "restart " + quote(next.node)
	}
	return "restart " + quote(next.node) + " forgetting"
}
