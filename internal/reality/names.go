package reality

import (
	"slices"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// names are the names on the wire: those of the scenario or, with CURVE, keys. Which of
// two names is the higher one has a meaning in the protocol, so keys are dealt out in the
// order of the names.
type names struct {
	wire   map[string]string // by the name that the scenario has on its wire
	called map[string]string // the other way round
	secret map[string]string // with CURVE, by the name of the scenario
}

// newNames returns the names for a scenario.
func newNames(s *sim.Scenario, curve bool) (*names, error) {
	n := &names{wire: map[string]string{}, called: map[string]string{}, secret: map[string]string{}}
	var all []string
	for i := range s.Peers {
		all = append(all, calledOf(&s.Peers[i]))
	}
	for f := range s.Faults() {
		switch x := f.(type) {
		case sim.Connect:
			all = append(all, x.To)
		case sim.Calling:
			all = append(all, x.To...)
		case sim.Casting:
			all = append(all, x.To...)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	type pair struct{ public, secret string }
	keys := make([]pair, len(all))
	for i, name := range all {
		keys[i].public = name
		if curve {
			var err error
			if keys[i].public, keys[i].secret, err = bilateralrpc.NewKeypair(); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(keys, func(a, b pair) int {
		if a.public < b.public {
			return -1
		}
		return 1
	})
	for i, name := range all {
		n.wire[name], n.called[keys[i].public], n.secret[name] = keys[i].public, name, keys[i].secret
	}
	return n, nil
}

// calledOf returns the name that a peer has on the wire of the scenario.
func calledOf(p *sim.Peer) string {
	if p.As != "" {
		return p.As
	}
	return p.Name
}

// of returns the scenario's name of what is called wire, or wire itself.
func (n *names) of(wire string) string {
	if name, ok := n.called[wire]; ok {
		return name
	}
	return wire
}
