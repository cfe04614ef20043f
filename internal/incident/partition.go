package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// togetherMax is how far apart the beginnings of two cuts may seem that were one.
const togetherMax = 3 * time.Second

// cut is an episode of a pair that is a partition.
type cut struct {
	*pair
	episode
}

// pairFaults finds what befell the ways between nodes.
func (m *merger) pairFaults() {
	var cuts []cut
	for i, a := range m.names {
		for _, b := range m.names[i+1:] {
			p := m.pairOf(a, b)
			m.find(p)
			m.pairs = append(m.pairs, p)
			for _, x := range p.episodes {
				length := x.to - x.from
				switch x.how {
				case "partition":
					cuts = append(cuts, cut{p, x})
				case "break":
					m.fault(Fault{At: x.from, Text: fmt.Sprintf("break %s - %s", quote(a), quote(b)), Nodes: []string{a, b}, Why: x.why})
				default:
					m.fault(Fault{At: x.from, For: length, Text: fmt.Sprintf("%s %s -> %s", x.how, quote(x.one), quote(x.two)), Nodes: []string{a, b}, Why: x.why})
				}
			}
		}
	}
	slices.SortStableFunc(cuts, func(x, y cut) int { return cmp.Compare(x.from, y.from) })
	for len(cuts) > 0 {
		n := 1
		for n < len(cuts) && cuts[n].from-cuts[0].from <= togetherMax {
			n++
		}
		m.partition(cuts[:n])
		cuts = cuts[n:]
	}
}

// partition makes one fault of cuts that began together, if the nodes fall into groups
// between which every way was cut, and one for each way if not.
func (m *merger) partition(cuts []cut) {
	groups := m.groups(cuts)
	if groups == nil {
		for _, c := range cuts {
			m.partitioned([][]string{{c.a}, {c.b}}, []cut{c})
		}
		return
	}
	m.partitioned(groups, cuts)
}

// partitioned notes a partition into groups. It began with the first sign of it, and was
// over with the first sign of that.
func (m *merger) partitioned(groups [][]string, cuts []cut) {
	f := Fault{At: cuts[0].from}
	end, perhaps, open, why := cuts[0].to, cuts[0].perhaps, true, []string{}
	for _, c := range cuts {
		f.At, end, perhaps = min(f.At, c.from), min(end, c.to), max(perhaps, c.perhaps)
		open = open && c.open
		why = append(why, c.why)
	}
	var texts []string
	for _, g := range groups {
		var names []string
		for _, name := range g {
			names = append(names, quote(name))
		}
		f.Nodes = append(f.Nodes, g...)
		texts = append(texts, "{"+strings.Join(names, " ")+"}")
	}
	f.Text, f.Why = "partition "+strings.Join(texts, " | "), strings.Join(why, "; ")
	f.For = max(end-f.At, time.Millisecond)
	switch perhaps = min(perhaps, end); {
	case open:
		f.Why += "; not over when the recordings end"
	case end-perhaps > time.Second:
		f.Why += fmt.Sprintf("; over between %s, when nobody tried for a while, and %s", short(perhaps), short(end))
	}
	m.fault(f)
	m.cuts = append(m.cuts, cuts...)
}

// groups returns the groups into which cuts divide the nodes, nil if they do not: each
// holds those between which frames went on arriving.
func (m *merger) groups(cuts []cut) [][]string {
	group := map[string]int{}
	for i, name := range m.names {
		group[name] = i
	}
	join := func(a, b string) {
		from, to := group[a], group[b]
		for _, name := range m.names {
			if group[name] == from {
				group[name] = to
			}
		}
	}
	for _, p := range m.pairs {
		if slices.ContainsFunc(cuts, func(c cut) bool { return c.pair == p }) {
			continue
		}
		if slices.ContainsFunc(p.delivered, func(e *entry) bool { return e.at >= cuts[0].from && e.at <= cuts[0].to }) {
			join(p.a, p.b)
		}
	}
	concerned := map[int]bool{}
	for _, c := range cuts {
		if group[c.a] == group[c.b] {
			return nil
		}
		concerned[group[c.a]], concerned[group[c.b]] = true, true
	}
	var groups [][]string
	at := map[int]int{}
	for _, name := range m.names {
		g := group[name]
		if !concerned[g] {
			continue
		}
		if _, there := at[g]; !there {
			at[g] = len(groups)
			groups = append(groups, nil)
		}
		groups[at[g]] = append(groups[at[g]], name)
	}
	return groups
}
