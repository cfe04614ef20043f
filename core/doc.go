// Package core is the protocol of bilateralrpc as a pure state machine.
//
// A [Machine] is one node: its peers, its timers, its pending calls, the
// requests it serves. Events go in through [Machine.Step], actions come out, and
// nothing else happens: no clock, no goroutine, no lock, no I/O, no global. Time
// is the At of each event and randomness comes from Config.Seed, so the same
// Config and the same events give the same actions, byte for byte. The code that
// feeds a machine is its driver: package zmqio is one, on real sockets and a real
// clock, package sim another, in a world of its own.
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
//	            beside it: Probe, before joining a peer not known as ours; Limbo, an old
//	            peer's STAY without service; Draining, the other half took over
//	listening   Idle <-> Serving
//
// # Files
//
//	event.go      what happens                  machine.go   Machine, New, Step, timers
//	action.go     what is to be done            peers.go     peers by name and slot
//	reason.go     why: drops, refusals, causes  peer.go      one peer
//	command.go    the commands on the wire      half.go      its two halves
//	payload.go    the head of CALL, CAST, BACK  calls.go     our pending calls
//	link.go       links and halves              index.go     calls by their numbers
//	instant.go    time                          requests.go  requests being served
//	config.go     timing and limits             window.go    each request at most once
//	stats.go      counters and snapshots        timer.go     deadlines
//	state.go      states and transitions        due.go       deadlines of calls
//	clone.go      copies                        output.go    actions and payloads of a Step
//	encode.go     states as bytes               gone.go      links that were lost
//	opaque.go     bytes that decide nothing     head.go      what goes with CALL, CAST, BACK
//	snapshot*.go  states as bytes, to be read back
//	fingerprint.go  states as bytes, for a search through all of them
//
//	frame.go      a message comes in            call.go      calls, BACK, casts
//	dial.go       dial phases, redialling       serve.go     the peer's requests
//	stay.go       STAY on our dialling link     refused.go   a message could not be sent
//	tick.go       TICK and TOCK                 part.go      PART
//	replace.go    links that are replaced       unjoin.go    a STAY could not be sent
//	listen.go     JOIN, silence                 forget.go    entries of peers come and go
//	both.go       both halves up: roles, drain  stop.go      leaving
//	extension.go  STAY's payload, MEET          unrun.go     calls that were not run
//	redial.go     dialling at the user's word   roundtrip.go round trips
//	unwanted.go   callers that are gone
//
// Those of the first block hold what a machine consists of, each type with the
// methods that need nothing else; the others are methods of Machine, which lets
// these parts work together.
//
// # Invariants
//
// Each with the tests that check it. TestSwarmSeedsHold of package sim checks most
// of them in whole worlds.
//
//  1. A half has at most one current link; a frame of an older one changes nothing.
//     TestStorm, TestFramesOfALostListeningLinkChangeNothing
//  2. Only state.go writes the state of a half, by its tables.
//     TestOwnedFieldsHaveOneWriter, TestDialTableDecidesEveryCell,
//     TestListenTableDecidesEveryCell
//  3. A peer is offered requests on one link at a time.
//     TestLowerNameUsesTheListeningHalfUntilItsTock,
//     TestHigherNameUsesItsDialUntilTheOtherIsProven
//  4. Every call gets exactly one outcome for each addressed peer, then ActDone,
//     no later than its timeout.
//     TestEveryCallEndsOnceWithOneOutcomeForEachPeer
//  5. Every table is bounded by Limits, and empty after EvStop but for the requests
//     whose handlers still run.
//     TestStorm
//  6. No walk is over a map.
//     TestPurePackagesDoNothingImpure
//  7. A fault of a remote peer is a [Drop], a fault of the user a [Refusal]; a
//     broken invariant panics, and no bytes from outside can break one.
//     TestImpossibleInputPanics, TestStorm
//
// A Machine is not safe for concurrent use.
package core
