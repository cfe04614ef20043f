// Package explore runs everything that may happen in a scenario, within bounds: where a
// hunt samples, it leaves nothing out.
//
// A [Search] goes breadth first over the states of a [sim.World], whose nodes run the
// shipped core with its real durations. A step is one thing that happens: a frame arrives, a
// timer fires, a handler ends, a user acts, or a fault out of a budget befalls something.
// What may differ from one run to another is decided in every way that the scenario's
// bounds allow:
//
//   - how long a frame takes, within the scenario's latency, on a grid of time;
//   - which of those that are due at one moment comes first;
//   - when a user acts whose line has a range of times ("at 0s..5s connect a -> b");
//   - which faults befall what ("bound faults 2 of drop, crash"), and when;
//   - which user calls, and when ("bound calls 1").
//
// It ends when every state has been seen ([Result.Complete]), with the shortest way to a
// state in which a property is broken, written as a scenario that runs by itself
// ([Result.Story]), or when it has met a bound of memory or time ([Result.Stopped]).
//
// # Why it is exact
//
// Each run that it looks at is a run of a World, event by event, so nothing is explored
// that the world, and with it the clock of every node, could not do: a time is a number
// that the run has come to, deadlines are the machines' own, and of two events the later
// one is tried first only where the grid has them at one moment. That nothing is left out
// is meant of the grid: every run whose latencies and free times are multiples of the grid,
// counted from the least latency, is one of those explored. The grid is the greatest common
// divisor of every duration that the scenario and the protocol have (a coarser one would
// lose runs, a finer one repeats them): by the theorem on digital clocks (Henzinger, Manna,
// Pnueli: What good are digital clocks?, ICALP 1992) each run in dense time, of a system
// whose conditions on time are all of the form "at least" and "at most" so many units, has
// one on the grid with the same events in the same order. docs/adr/0019-every-interleaving.md has the
// argument, and the conditions here that are not of that form.
//
// # What is not explored
//
// What is random in a machine (the first call id, the jitter of a wait) is drawn from the
// scenario's seed. A handshake of a connection takes the least latency. Faults of nodes and
// ways, calls, and acts of users at free times come right after something else has happened, or
// right before, not in the midst of silence; a range of times is also tried at its ends.
//
// # What is checked
//
// Every checker sees every step of every run that is explored, and looks at every node
// after it. A checker has a memory of its own, which is not part of a state: where two
// runs come to one state, the search goes on from the one that came first, with what its
// checkers remember. What a checker remembers is mostly what the machines do, in its own
// words; a property that looks further back than any machine, such as how often a handler
// has run for a call that is over, is checked along the first way to each state, and on
// every step that leads on from it.
//
// Where the scenario says "settle", faults stop in every state that is found, and the world
// runs on by itself, as [sim.World.Settle] does: every pair comes together within its bound.
//
// # Worlds
//
// A state is a path. To go on from it takes a world that has come there: the one that did
// so first, if it was kept, a copy of it, or one that is led along the path again. Which of
// them it is shows in nothing but the time that it takes.
//
// # Reductions
//
// Two states that differ in what no machine will ever know are one: [sim.World.AppendFingerprint]
// says what is left out. Of two things that are due at one moment at two nodes one order is
// tried, once nothing that concerns both can come between ([Options.AllOrders] tries both).
// Visited states are kept as 64 bits of a hash; the result says how likely it is that two
// different ones were taken for one.
//
// # Files
//
//	explore.go   a search: its frontier, its bounds, what it ends with
//	worker.go    the steps that lead on from one state
//	run.go       one run from the start along a path, and the choices in it
//	move.go      what may happen next in a state
//	grid.go      the grid of time, and what the bounds of a scenario mean
//	live.go      worlds that are kept for states that are yet to be gone on from
//	saved.go     a search that was stopped, as bytes, to be gone on with
//	visited.go   the set of states that have been seen, and their hash
//	story.go     a path as a scenario that runs by itself
package explore
