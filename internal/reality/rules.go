package reality

import (
	"fmt"
	"math"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/internal/faultproxy"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// rule is a rule of the scenario, and what it is at its proxy.
type rule struct {
	*sim.FrameRule
	line int
	at   *faultproxy.Fault
}

// addRules has the proxies keep the rules of the scenario.
func (st *stage) addRules() {
	for i := range st.s.Lines {
		l := &st.s.Lines[i]
		if l.Rule == nil {
			continue
		}
		p, direction := st.proxies[way{l.Rule.From, l.Rule.To}], faultproxy.ToListener
		if p == nil {
			p, direction = st.proxies[way{l.Rule.To, l.Rule.From}], faultproxy.ToDialler
		}
		st.rules = append(st.rules, &rule{l.Rule, l.Number, p.Add(st.proxyRule(l.Rule, direction))})
	}
}

// proxyRule returns what a proxy has to do for a rule.
func (st *stage) proxyRule(r *sim.FrameRule, direction faultproxy.Direction) faultproxy.Rule {
	x := faultproxy.Rule{
		Command: r.Command.String(), Direction: direction, Nth: int(r.First), Last: int(r.Last), For: r.Fate.Delay,
	}
	if r.Last == 0 {
		x.Last = math.MaxInt
	}
	switch {
	case r.Fate.Drop, r.Fate.Break: // what a connection breaks at is lost
		x.Action = faultproxy.Drop
	case r.Fate.Copies > 0:
		x.Action = faultproxy.Double
	case r.Fate.Reorder:
		x.Action = faultproxy.Reorder
	case r.Fate.Delay > 0:
		x.Action = faultproxy.Delay
	}
	if r.Then == nil && !r.Fate.Break {
		return x
	}
	x.Then = func() {
		if r.Fate.Break {
			st.cut(r.From, r.To)
		}
		if r.Then != nil {
			st.post(func() { st.do(r.Then) })
		}
	}
	return x
}

// unmet adds the rules that met no message.
func (st *stage) unmet() {
	for _, r := range st.rules {
		if r.at.Hits() == 0 && !r.Maybe {
			st.result.Missed = append(st.result.Missed, Miss{r.line, strings.TrimSpace(fmt.Sprintf("%s: it met no message", r))})
		}
	}
}
