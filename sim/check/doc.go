// Package check has the properties of the protocol, and the checkers that hold
// every step of every node against those of them that are about steps.
//
// Properties P1 to P22 say what never happens (safety); L1 to L5 say what comes
// about once faults have stopped (liveness), of which L1 and L4 are for the run
// itself to check. docs/SIMULATION.md says what was learnt about their wording.
//
// A [Checker] sees one [Step] at a time, after it was taken: who took it, the
// event, and the actions. It asks a [World] for what it needs besides, and nothing
// more than that interface, so that whatever can answer it can be checked. A
// checker that has to look before a step, now and then without one, once everything
// has come to rest, or has to know when a node's life ends, is a [Before], an [Audits],
// a [Quiet] or a [Lives] too; one that says how often it had something to judge is a
// [Judge]. What most steps mean nothing to is [Sparse], and what goes by an account of
// all of them with others [Keeps] it.
//
// To write one of your own, see the example of package sim. It belongs to one run:
// it may keep what it likes of earlier steps, but no slice and no pointer of theirs.
//
// # Files
//
//	check.go        what a checker is, and may ask
//	step.go         what it is shown
//	looks.go        which steps
//	property.go     the properties
//	tally.go        how often a checker had something to judge
//	tools.go        what several checkers need
//	copy.go         checkers for a copy of their world
//	twins.go        P1 deterministic
//	onelink.go      P2 one link
//	links.go        P3 links
//	calls.go        P4 calls
//	once.go         P5 once
//	joins.go        P6 JOINs
//	probe.go        P6 the TICK before the first one
//	backoff.go      P7 backoff
//	stale.go        P8 stale
//	undone.go       P8 a JOIN whose STAY can't be sent
//	bounds.go       P9 timers, P10 bounded
//	shares.go       P10 how requests are shared out
//	promise.go      P12 promise
//	ledger.go       what nodes have said, heard and done: P13 to P19, P21, P22 and L5 go by it
//	introduced.go   its links and what peers say of themselves
//	asked.go        its calls
//	served.go       its requests
//	copy_ledger.go  copies of it
//	truth.go        P13 truth
//	answers.go      P14 answers
//	resend.go       P15 resend
//	reasons.go      P16 reasons
//	namesake.go     P16 what a driver is told of a link that was replaced
//	void.go         P17 void
//	turns.go        P18 turns
//	roles.go        P19 roles
//	alive.go        P20 alive
//	heads.go        P21 heads
//	gone.go         P22 gone
//	notice.go       L2 notice
//	crossed.go      L3 crossing
//	met.go          L5 met
package check
