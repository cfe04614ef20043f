// Package sim is a world for the protocol of package core: many nodes, virtual
// time, a hostile network, and checkers that watch every step.
//
// A [World] owns its nodes, its connections and its clock. It runs on the
// caller's goroutine and takes no decision that its [Options] and what was
// planned with [World.At] and [World.On] don't determine: the same seed gives
// the same run, to the byte, on any machine. Nothing in it is real, so an hour
// of a hundred nodes takes a second.
//
// Three ways in, from the smallest to the largest:
//
//	w := sim.New(sim.Options{Seed: 7, Checkers: sim.Checkers()})   a world of one's own
//	sim.RunFile(t, os.DirFS("testdata"), "partition.sim")         a scenario from a file
//	sim.Swarm(seed, ...)                                          a random scenario from a seed
//
// A [Fault] is what can be done to the network, a node or its user; a [Checker]
// is a property that every step has to keep. Users write their own of both. What
// a checker finds is a [Violation]; [Shrink] makes the scenario that shows it as
// small as it gets, and [Explain] writes the report.
//
// # Files
//
//	world.go, node.go, item.go     the world, its nodes, what is planned to happen
//	conn.go, flight.go, clock.go   connections in both models, frames under way, clocks
//	decide.go, fault*.go           what decisions are about; what can go wrong
//	checker.go, check_*.go         the properties, by what they watch
//	run.go, settle.go, mark.go     a run: faults, heal, convergence; what it has met
//	swarm.go, shrink*.go, explain.go, trace.go  random scenarios, made small, explained
//	scenario.go, parse*.go, format.go, runfile.go  scenario files
//	stream*.go                     the ZMTP engine, byte by byte
//
// What this world and the one of stream*.go have in common is in packages below
// this one: random decisions in dice, what is planned to happen in events, the
// languages of scenarios in text, what a run is told by in report.
//
// docs/SIMULATION.md tells the whole story. A World is not safe for concurrent use.
package sim
