// Package core is the protocol of bilateralrpc as a pure state machine.
//
// A [Machine] is one node: its peers, its timers, its pending calls, the
// requests it serves. Events go in through [Machine.Step], actions come out, and
// nothing else happens: no clock, no goroutine, no lock, no I/O, no global. Time
// is the At of each event and randomness comes from Config.Seed, so the same
// Config and the same events give the same actions, byte for byte. Whoever feeds
// a machine is its driver: package zmqio does it on real sockets and a real clock,
// package sim in a world of its own.
//
//	var actions []core.Action
//	for {
//		ev := next(m.Deadline()) // what happened, or an EvTimeout at the deadline
//		actions = m.Step(actions[:0], &ev)
//		for i := range actions {
//			perform(&actions[i])
//		}
//	}
//
// # A peer and its halves
//
// Two nodes may dial each other, so a peer has two halves, each with a [State] and
// a numbered [Link] of its own. In short (docs/PROTOCOL.md has the whole picture):
//
//	dialling    Idle -> Waiting -> Reaching -> Handshake -> Check <-> Connected
//	                       ^           |  (JOIN)      (STAY)  (TOCK, TICK)
//	                       +-----------+ a phase failed, or PART
//	            beside it: Probe, before joining an old peer again; Limbo, an old
//	            peer's STAY without service; Draining, the other half took over
//	listening   Idle <-> Serving
//
// # Files
//
//	machine.go    Machine, New, Step            dial.go    reaching a peer, phases, redialling
//	event.go      what happens                  accept.go  STAY, TICK and TOCK on our dial
//	action.go     what is to be done            listen.go  JOIN and TICK on the peer's dial
//	reason.go     why: drops, refusals, causes  both.go    both halves up: roles, drain, route
//	state.go      states and transitions        part.go    PART
//	frame.go      a message comes in            call.go    our calls, BACK, casts
//	payload.go    the head of CALL, CAST, BACK  serve.go   the peer's requests
//	peer.go       what is known of a name       window.go  each request at most once
//	timer.go      deadlines                     extension.go  STAY's payload, MEET
//	due.go        deadlines of calls            index.go   calls by their numbers
//	config.go     timing and limits             stop.go    leaving
//
// # Invariants
//
//  1. A half has at most one current link; a frame of an older one changes nothing.
//  2. Only state.go writes a half's state, by its tables.
//  3. A peer is offered requests on one link at a time.
//  4. Every call gets exactly one outcome for each addressed peer, then ActDone,
//     no later than its timeout.
//  5. Every table is bounded by Limits, and empty after EvStop but for the requests
//     whose handlers still run.
//  6. No walk is over a map.
//  7. What a remote peer does wrong is a [Drop], what the user does wrong a
//     [Refusal]; a broken invariant panics, and no bytes from outside can break one.
//
// A Machine is not safe for concurrent use.
package core
