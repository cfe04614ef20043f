// Package stream is a world for the engine of package zmtp: connections whose
// bytes arrive in pieces, late, altered, or not at all.
//
// One honest node listens and others dial it, some of them hostile. Both ends of
// a connection are engines in the hands of an owner that does what an owner of
// sockets does: it reads into a buffer, hands the engine what it has, writes what
// the engine answers, and calls it when its deadline is due. Time is a number,
// and keys, nonces and every other decision are hashes of the seed and of what
// they are about: the piece at byte 107 is the same whatever befell the bytes
// before it. The same scenario gives the same run, to the byte, on any machine.
//
// A [Scenario] is a run: what all connections share, the connections, and the
// faults of single bytes. There are three ways to one, and two to run it:
//
//	s, err := stream.Parse(text)     from a file
//	s := stream.Swarm(seed)          at random, from a seed
//	s := &stream.Scenario{...}       by hand
//	r := s.Run(stream.Options{})     once
//	t := s.EveryByte(faults)         once for each fault at each of its bytes
//
// A run ends when nothing more has to happen, at the first violation of a
// property, or when everything planned has had the time that it may take.
// [Explain] writes the report of a violation, with the scenario that [Shrink] has
// made small.
//
// The two ends of a connection are the dialling end and the listening end. In
// scenarios and traces, where one word has to do, they are dialler and listener.
//
// # Properties
//
//	B1  no message is lost, doubled, reordered or altered within a connection
//	B2  a connection that is let alone comes up, stays up, and everything sent arrives
//	B3  with CURVE, an altered or replayed byte ends the connection
//	B4  with CURVE, nothing is on the wire in clear
//	B5  every handshake ends within its time and its bytes
//	B6  memory grows with bytes received, never with lengths promised
//	B7  silence ends a connection that has heartbeats, and nothing else does for silence
//	B8  no bytes from outside make an engine panic
//
// They are checked at every event, and B2, B3 and B7 once more at the end of a
// run. B1 speaks of bytes that were not altered, since NULL does not notice when
// they are.
//
// # Invariants
//
//  1. Every decision is a hash of the seed and of what it is about, never the next
//     draw of a stream; only Swarm draws.
//  2. The world can be cloned between any two events, and the clone goes on as the
//     original does.
//  3. A fault befalls bytes when they arrive, not when they are sent. A clone with
//     one more fault is therefore the run of the scenario that has it.
//  4. Bytes arrive in the order in which they were written; only a fault changes
//     what arrives.
//
// # Files
//
//	scenario.go  a scenario and its connections  world.go    clock, queue, loop, clones
//	peer.go      the two ends, kinds of peers    conn.go     one connection: two ends, two pipes
//	fault.go     what can befall a byte          pipe.go     one direction: pieces and window
//	property.go  B1 to B8                        damage.go   what befalls its bytes
//	run.go       options, results, totals        end.go      an engine and its owner
//	every.go     a run for every byte            traffic.go  what an end sends and gets
//	parse.go     scenarios from text             hostile.go  what a hostile end sends
//	format.go    scenarios as text               message.go  the messages of an end
//	swarm.go     scenarios from seeds            frame.go    frames by hand, and where they begin
//	shrink.go    the smallest scenario           check.go    properties at every event
//	explain.go   the report of a violation       finish.go   properties at the end of a run
//	mark.go      what has to happen sometimes    ignored.go  bytes that mean nothing
//	trace.go     lines and digest of a run
//
// docs/SIMULATION.md describes the language of scenarios, docs/ZMTP.md what was
// found with it. A world runs on the caller's goroutine; nothing of this package
// is safe for concurrent use of one value.
package stream
