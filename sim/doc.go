// Package sim is a world for the protocol of package core: many nodes, virtual
// time, a hostile network, and checkers that watch every step.
//
// A [World] runs on the caller's goroutine and takes no decision that its
// [Options] and what was planned with [World.At], [World.On] and [World.OnFrame]
// don't determine: the same seed gives the same run, to the byte, on any machine.
// Nothing in it is real, so an hour of a hundred nodes takes a second. It is not
// safe for concurrent use; several worlds may run at a time.
//
// Three ways in, from the smallest to the largest:
//
//	w := sim.New(sim.Options{Seed: 7, Checkers: sim.Checkers()})   a world of one's own
//	sim.RunFile(t, os.DirFS("testdata"), "partition.sim")         a scenario from a file
//	sim.Swarm(seed, ...)                                          a random scenario from a seed
//
// A [Fault] is what can be done to the network, a node or its user; a [Checker]
// is a property that every step has to keep; a [Double] is a node that does
// something wrong, to show that a property finds it. Users write their own of each.
// A violated property is a [Violation]; [Shrink] makes the scenario that shows it
// as small as it gets, and [Explain] writes the report.
//
// # How it works
//
// Everything that takes time is an item in one queue. The world takes the earliest
// one and tells the part that it is about, which mostly ends in a step of a machine: an
// event goes in, and the actions that come out are performed at once, or become
// items in turn. Checkers and observers see the step in between. Decisions that
// look random are hashes of the seed and of what they are about (package dice), so
// that none depends on the number of those before it.
//
// # Files
//
//	world.go, options.go, timeline.go   a World, what it is made from, its time and queue
//	step.go, lives.go                   a step and its actions; crash, restart, resume
//	node.go, nodes.go, clock.go         a node, the beginnings of its lives, its clock
//	network.go, conn.go, disconnect.go  connections: how they come up, their records, how they end
//	frames.go, fate.go, ways.go, passage.go  a frame from its send to its delivery; what befalls it; what stops its way; who is told
//	calls.go, services.go               what users ask for and get; handlers
//	fault.go, fault_net.go, fault_node.go, fault_user.go, fault_lie.go  what can be planned
//	checks.go, expect.go                checkers and violations; what a scenario expects
//	journal.go, trace.go, digest.go, mark.go, judged.go  what a run leaves: its trace, digest and marks, what was judged
//	run.go, runfile.go                  a run of a scenario, and of a file from a test
//	settle.go, configured.go, bound.go, view.go  its second half: convergence within a bound
//	faster.go                           a scenario with its times divided
//	scenario.go, parse.go, parse_fault.go, parse_rule.go, parse_expect.go, parse_whole.go, format.go, words.go  scenarios, and their language
//	swarm.go, swarm_fault.go, swarm_program.go, swarm_rare.go, rare.go  random ones; what is rare in them, and counted
//	due.go, fingerprint.go, copy.go, bounds.go  a world in the hands of somebody else, its states, copies of it, and how far they go
//	program.go                          programs that run on nodes, and those who drive a world for them
//	shrink.go, shrink_line.go, explain.go, diagram.go  made small, and explained
//
// # Packages
//
// Below this package are check (the properties and their checkers), original (the
// double of an old peer), echo (the methods that every node has), and what this
// world has in common with that of bytes, in stream: dice (decisions), events (the
// queue), text (the languages of scenarios), report (what a run is told by) and
// shrink (the search for a smaller scenario). On top of it
// are explore, which tries everything that may happen within bounds, defects, the kill
// matrix, which only cmd/bilsim and tests import, and roundtrip, which holds reading, writing and running against each other in tests.
//
// docs/SIMULATION.md tells the whole story.
package sim
