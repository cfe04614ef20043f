package campaign

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

var (
	// word is a name, a keyword, a number with its unit, or a quoted string of a scenario.
	word   = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[A-Za-z0-9_.]+`)
	arrow  = regexp.MustCompile(`([A-Za-z0-9_.]+) ?-> ?([A-Za-z0-9_.,]+)`)
	number = regexp.MustCompile(`^[0-9]`)
	// both is a fault between two nodes that has no direction.
	both = regexp.MustCompile(`\bn(\d+) - n(\d+)`)
)

// Normal writes a shrunk scenario without what differs from seed to seed: nodes are
// called n1, n2, ... in the order in which lines name them, and numbers and times are _.
// A shrunk scenario keeps a fault only if it is necessary, so that which faults there are,
// in which order and on whom, tells failures apart; when and how long hardly ever does.
// The text is to be compared, and is no scenario any more.
func Normal(s *sim.Scenario) string {
	c := *s
	c.Prose, c.Lines = nil, slices.Clone(s.Lines)
	for i := range c.Lines {
		c.Lines[i].Comment = nil
	}
	var names map[string]string
	c.Peers, names = named(&c)
	// The shrinker leaves how fast time goes and when the run ends as they were drawn.
	c.Seed, c.Scale, c.Timing, c.RunFor, c.Settle = 0, sim.Ratio{}, core.Timing{}, 0, false
	out := word.ReplaceAllStringFunc(sim.Format(&c), func(w string) string {
		if number.MatchString(w) {
			return "_"
		}
		return cmp.Or(names[w], w)
	})
	return both.ReplaceAllStringFunc(out, func(s string) string {
		m := both.FindStringSubmatch(s)
		return "n" + min(m[1], m[2]) + " - n" + max(m[1], m[2])
	})
}

// named returns the peers of a scenario in the order in which its lines name them, and
// what to call them and others that lines speak of; peers that no line names come last.
func named(s *sim.Scenario) (peers []sim.Peer, names map[string]string) {
	lines := *s
	lines.Peers = nil
	body := sim.Format(&lines)
	order, names := map[string]int{}, map[string]string{}
	for _, p := range s.Peers {
		names[text.FormatName(p.Name)] = "n"
	}
	// The shrinker takes away peers that nobody needs, and leaves calls to them.
	for _, m := range arrow.FindAllStringSubmatch(body, -1) {
		for _, w := range word.FindAllString(m[1]+" "+m[2], -1) {
			if text.FormatName(w) == w {
				names[w] = "n"
			}
		}
	}
	for _, w := range word.FindAllString(body, -1) {
		if names[w] == "n" {
			order[w] = len(order) + 1
			names[w] += strconv.Itoa(order[w])
		}
	}
	rank := func(p sim.Peer) int { return cmp.Or(order[text.FormatName(p.Name)], len(names)+1) }
	peers = slices.Clone(s.Peers)
	slices.SortStableFunc(peers, func(a, b sim.Peer) int { return cmp.Compare(rank(a), rank(b)) })
	return peers, names
}
