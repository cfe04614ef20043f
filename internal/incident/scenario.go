package incident

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/record"
)

// File is a recording and the name that people know it by.
type File struct {
	Name      string
	Recording *record.Recording
}

// Incident is what several recordings say together. Times are since their first event.
type Incident struct {
	Faults []Fault // by their times
	// Scenario is the text of a scenario, in which these faults befall the same nodes.
	Scenario string
	merger   *merger
}

// merger puts recordings together.
type merger struct {
	lives   []*life
	names   []string // of the nodes with recordings, as they were given
	all     []*entry // of all logs, by time
	matched *matched
	until   time.Duration // when the last recording ends
	down    map[string][]span
	again   map[*life]bool // lives in which a restart connects what was connected before
	pairs   []*pair
	cuts    []cut
	faults  []Fault
}

// Merge puts recordings together. The order of the files decides nothing but whose clock
// is right, which is the first one's.
func Merge(files []File) (*Incident, error) {
	var lives []*life
	for _, f := range files {
		l, err := read(f.Name, f.Recording)
		if err != nil {
			return nil, err
		}
		if len(l.log) > 0 {
			lives = append(lives, l)
		}
	}
	return merge(lives)
}

// merge puts lives together that have something to tell.
func merge(lives []*life) (*Incident, error) {
	if len(lives) == 0 {
		return nil, errNoNodes
	}
	m := &merger{lives: lives, down: map[string][]span{}, again: map[*life]bool{}}
	for _, l := range lives {
		if !slices.Contains(m.names, l.node) {
			m.names = append(m.names, l.node)
		}
	}
	m.matched = match(lives)
	setClocks(lives)
	for _, l := range lives {
		m.all = append(m.all, l.log...)
		m.until = max(m.until, l.to)
	}
	slices.SortStableFunc(m.all, func(a, b *entry) int { return cmp.Compare(a.at, b.at) })
	m.nodeFaults()
	m.pairFaults()
	slices.SortStableFunc(m.faults, func(a, b Fault) int { return cmp.Compare(a.At, b.At) })
	return &Incident{Faults: m.faults, Scenario: m.scenario(), merger: m}, nil
}

// fault notes a fault.
func (m *merger) fault(f Fault) { m.faults = append(m.faults, f) }

// scenario writes the scenario.
func (m *merger) scenario() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What recordings of %s imply.\n", strings.Join(m.names, ", "))
	c := &m.lives[0].recording.Config
	fmt.Fprintf(&b, "bilsim 1\nnetwork %q seed 1 model physical\nlatency %s settle\n", c.Network, m.latency())
	switch silence := m.lives[0].recording.Silence; {
	case silence == 0:
		b.WriteString("heartbeat off\n")
	case silence != 12*time.Second:
		fmt.Fprintf(&b, "heartbeat %s\n", short(silence))
	}
	settings(&b, c)
	lines := m.users()
	names := slices.Clone(m.names)
	for _, l := range lines {
		for _, name := range l.nodes {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	b.WriteString("peers")
	for _, name := range names {
		b.WriteString(" " + quote(name))
	}
	b.WriteString("\n")
	for _, l := range lines {
		fmt.Fprintf(&b, "at %s %s\n", short(l.at), l.text)
	}
	for _, f := range m.faults {
		fmt.Fprintf(&b, "# %s\nat %s %s", f.Why, short(f.At), f.Text)
		if f.For > 0 {
			fmt.Fprintf(&b, " for %s", short(f.For))
		}
		b.WriteString("\n")
	}
	m.expectations(&b)
	return b.String()
}

// line is a statement of a user, and the nodes that it names.
type line struct {
	at    time.Duration
	text  string
	nodes []string
}

// callsMost is how many calls stand in a scenario that people are to read. If there were
// more, none does.
const callsMost = 50

// users are the connects, disconnects and calls, but for what a restart does by itself.
func (m *merger) users() (lines []line) {
	add := func(at time.Duration, verb string, l *life, peer string) {
		lines = append(lines, line{at, fmt.Sprintf("%s %s -> %s", verb, quote(l.node), quote(peer)), []string{l.node, peer}})
	}
	for _, l := range m.lives {
		for _, peer := range l.dials {
			if !m.again[l] {
				add(l.from, "connect", l, peer)
			}
		}
	}
	calls := 0
	for _, e := range m.all {
		if e.kind == called {
			calls++
		}
	}
	for _, e := range m.all {
		switch {
		case e.kind == called && calls <= callsMost:
			lines = append(lines, line{e.at, "call " + quote(e.of.node) + " " + e.call, []string{e.of.node}})
		case e.kind == connected && !m.again[e.of]:
			add(e.at, "connect", e.of, e.peer)
		case e.kind == forgotten:
			add(e.at, "disconnect", e.of, e.peer)
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.at, b.at) })
	return lines
}

// expectations say what the nodes believed of each other in the middle of a partition.
func (m *merger) expectations(b *strings.Builder) {
	for _, c := range m.cuts {
		at := c.to
		for _, names := range [2][2]string{{c.a, c.b}, {c.b, c.a}} {
			at = min(at, m.listsUntil(names[0], names[1], c.from, c.to))
		}
		if at += time.Second; at < c.to {
			fmt.Fprintf(b, "expect unlinked %s %s at %s\n", quote(c.a), quote(c.b), short(at))
		}
	}
}

// listsUntil returns when a node ceased to list another as active in a span; its end if it
// did not.
func (m *merger) listsUntil(node, peer string, from, to time.Duration) time.Duration {
	for _, e := range m.all {
		if e.kind == peerDown && e.of.node == node && e.peer == peer && e.at >= from && e.at <= to {
			return e.at
		}
	}
	return to
}

// latency is what half of the frames take at most.
func (m *merger) latency() string {
	var took []time.Duration
	for _, e := range m.all {
		if e.kind == received && e.other != nil {
			took = append(took, e.at-e.other.at)
		}
	}
	if len(took) == 0 {
		return "1ms"
	}
	slices.Sort(took)
	return short(max(took[len(took)/2], time.Millisecond))
}

// settings are the timing and the limits of a node, where they are not the defaults.
func settings(b *strings.Builder, c *core.Config) {
	timing, limits := core.DefaultTiming(), core.DefaultLimits()
	for _, s := range [...]struct {
		word         string
		value, usual reflect.Value
	}{
		{"timing", reflect.ValueOf(c.Timing), reflect.ValueOf(timing)}, {"limit", reflect.ValueOf(c.Limits), reflect.ValueOf(limits)},
	} {
		for i := range s.value.NumField() {
			v := s.value.Field(i).Interface()
			if v == s.usual.Field(i).Interface() {
				continue
			}
			name := s.value.Type().Field(i).Name
			name = strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(name, "Max"), "Bytes"))
			if strings.HasPrefix(s.value.Type().Field(i).Name, "RedialM") {
				name = strings.ToLower(s.value.Type().Field(i).Name)
			}
			fmt.Fprintf(b, "%s %s %v\n", s.word, name, v)
		}
	}
}

// short is a duration as scenarios have it, to the millisecond.
func short(d time.Duration) string { return max(d, 0).Round(time.Millisecond).String() }
