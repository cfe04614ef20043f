// Package reality runs a scenario of the simulated world by real processes on real
// sockets, and compares what comes of it with what the world makes of the same file. A
// world that nobody compares with reality drifts from it.
//
// Each node is a process of its own (Main), which holds one node of the public API, or
// the double of an original, and is told what to do by lines of JSON. Between the two
// nodes of each connect stands a proxy of package faultproxy, which does what the
// scenario says of the network. A crash is SIGKILL, a pause SIGSTOP. What can't be done
// to real processes is refused, with the line (Check).
//
// Real time is never exact. Hence what is compared are facts that no order is part of:
// which pairs are linked in the end and who dials, what each call came to at each peer,
// how often each handler ran. A scenario whose facts hang on milliseconds is not one to
// run here, and says so (real no "reason"). What a scenario expects at a time has to
// hold at some moment within Options.Tolerance of it.
//
// # Files
//
//	protocol.go      what a process is told, and what it tells
//	child.go         the process of a node of ours
//	calls.go         its calls and handlers
//	drops.go         its counters, by the names that scenarios use
//	old.go           the process of an original's double
//	old_link.go      its sockets, which redial by themselves
//	callrun.go       calls, as the parent has them
//	process.go       a process as its parent has it
//	signal_unix.go   how it is paused
//	signal_other.go  where it can't be
//	names.go         names on the wire
//	check.go         what can't be done for real, and why
//	run.go           Run, Options, Result
//	stage.go         a run: processes, proxies, and what happens when
//	node.go          a node of it, through its lives
//	faults.go        faults of processes and of the network
//	rules.go         rules for single messages
//	expect.go        what the scenario expects
//	settle.go        the end of a run
//	facts.go         what came of a run, for comparison
//	world.go         the same of the world's run
package reality
