// Package rapidsim has generators for pgregory.net/rapid of what bilateraltest runs a
// program in: hosts, links between them, faults, and schedules of faults. So a property, or
// a state machine of rapid, draws the program's calls and the world's faults together, and
// what fails is made small twice: rapid looks for simpler draws, and bilateraltest for the
// fewest faults of each that fails.
//
//	rapidsim.Check(t, bilateraltest.Options{For: 20 * time.Second}, func(t *rapid.T) func(w *bilateraltest.World) {
//		names := rapidsim.Names(2, 4).Draw(t, "hosts")
//		links := rapidsim.Links(names).Draw(t, "links")
//		var script rapidsim.Script
//		t.Repeat(map[string]func(*rapid.T){
//			"call":  func(t *rapid.T) { to := rapid.SampledFrom(names).Draw(t, "to"); script.Go(func(ctx context.Context, w *bilateraltest.World) { ... }) },
//			"fault": func(t *rapid.T) { script.Do(rapidsim.Fault(names, 5*time.Second).Draw(t, "fault")) },
//			"wait":  func(t *rapid.T) { script.Wait(rapidsim.Duration(time.Second).Draw(t, "for")) },
//		})
//		return func(w *bilateraltest.World) {
//			... hosts and claims ...
//			rapidsim.Connect(w, links)
//			script.Play(w)
//		}
//	})
//
// All is drawn before the world begins: a run is done several times, and the same each time.
// Importing the package registers the flags of rapid, as importing rapid does.
//
// # Files
//
//	rapidsim.go  the generators
//	script.go    a schedule of calls and faults; Check
package rapidsim

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// Names generates the names of hosts: a, b, c and so on, from least to most of them, at most
// 26. Fewer are simpler.
func Names(least, most int) *rapid.Generator[[]string] {
	return rapid.Custom(func(t *rapid.T) []string {
		names := make([]string, rapid.IntRange(least, most).Draw(t, "hosts"))
		for i := range names {
			names[i] = string(rune('a' + i))
		}
		return names
	})
}

// Link is a connection: From dials To.
type Link struct{ From, To string }

// Links generates topologies in which everybody can be reached from everybody, over others
// perhaps: a tree, and sometimes more. A simple one is a star around the first host, which
// dials the others.
func Links(names []string) *rapid.Generator[[]Link] {
	return rapid.Custom(func(t *rapid.T) (links []Link) {
		add := func(i, j int) {
			l := Link{names[i], names[j]}
			if rapid.Bool().Draw(t, "the other way") {
				l.From, l.To = l.To, l.From
			}
			if i != j && !slices.Contains(links, l) {
				links = append(links, l)
			}
		}
		for i := 1; i < len(names); i++ {
			add(rapid.IntRange(0, i-1).Draw(t, "to"), i)
		}
		any := rapid.IntRange(0, len(names)-1)
		for range rapid.IntRange(0, len(names)).Draw(t, "more") {
			add(any.Draw(t, "from"), any.Draw(t, "to"))
		}
		return links
	})
}

// Connect has the hosts of a world linked so.
func Connect(w *bilateraltest.World, links []Link) {
	for _, l := range links {
		w.Connect(l.From, l.To)
	}
}

// Duration generates lengths of time from a millisecond to longest, of all orders. Shorter
// ones are simpler.
func Duration(longest time.Duration) *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		most := time.Millisecond
		for range rapid.IntRange(0, 20).Draw(t, "order") {
			most = min(2*most, longest)
		}
		return time.Duration(rapid.Int64Range(1, max(1, most.Milliseconds())).Draw(t, "ms")) * time.Millisecond
	})
}

// Fault generates faults that befall hosts and what is between them: partitions, ways that
// are cut or clogged, broken connections, pauses, slow handlers, wrong clocks, crashes with
// and without a word to the others, and restarts. Those that end by themselves last longest at most. A
// host that has crashed stays down until a restart, or until all is healed.
func Fault(names []string, longest time.Duration) *rapid.Generator[sim.Fault] {
	name, d := rapid.SampledFrom(names), Duration(longest)
	kinds := []*rapid.Generator[sim.Fault]{
		kind(func(t *rapid.T) sim.Fault { return sim.Restart{Node: name.Draw(t, "host")} }),
		kind(func(t *rapid.T) sim.Fault { return sim.Crash{Node: name.Draw(t, "host")} }),
		kind(func(t *rapid.T) sim.Fault { return sim.Vanish{Node: name.Draw(t, "host")} }),
		kind(func(t *rapid.T) sim.Fault { return sim.Pause{Node: name.Draw(t, "host"), For: d.Draw(t, "for")} }),
		kind(func(t *rapid.T) sim.Fault {
			return sim.Slow{Node: name.Draw(t, "host"), By: d.Draw(t, "by"), For: d.Draw(t, "for")}
		}),
		kind(func(t *rapid.T) sim.Fault { return sim.Clock{Node: name.Draw(t, "host"), Step: d.Draw(t, "step")} }),
		kind(func(t *rapid.T) sim.Fault {
			return sim.Clock{Node: name.Draw(t, "host"), Drift: rapid.Int64Range(-100_000, 100_000).Draw(t, "ppm")}
		}),
		kind(func(t *rapid.T) sim.Fault { return sim.Isolate{Node: name.Draw(t, "host"), For: d.Draw(t, "for")} }),
	}
	if len(names) > 1 {
		kinds = append(kinds,
			kind(func(t *rapid.T) sim.Fault { a, b := two(t, names); return sim.Break{A: a, B: b} }),
			kind(func(t *rapid.T) sim.Fault {
				a, b := two(t, names)
				return sim.Cut{From: a, To: b, For: d.Draw(t, "for")}
			}),
			kind(func(t *rapid.T) sim.Fault {
				a, b := two(t, names)
				return sim.Clog{From: a, To: b, For: d.Draw(t, "for")}
			}),
			kind(func(t *rapid.T) sim.Fault { return sim.Partition{Groups: groups(t, names), For: d.Draw(t, "for")} }),
		)
	}
	return rapid.OneOf(kinds...)
}

func kind(draw func(t *rapid.T) sim.Fault) *rapid.Generator[sim.Fault] { return rapid.Custom(draw) }

// two draws two hosts.
func two(t *rapid.T, names []string) (a, b string) {
	i := rapid.IntRange(0, len(names)-1).Draw(t, "one")
	j := rapid.IntRange(0, len(names)-2).Draw(t, "other")
	if j >= i {
		j++
	}
	return names[i], names[j]
}

// groups draws two groups that everybody is in one of, neither of them empty.
func groups(t *rapid.T, names []string) [][]string {
	n := rapid.IntRange(1, len(names)-1).Draw(t, "in the first group")
	mixed := rapid.Permutation(names).Draw(t, "who")
	return [][]string{mixed[:n], mixed[n:]}
}
