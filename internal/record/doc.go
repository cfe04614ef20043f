// Package record keeps what a node's protocol has seen of late, and feeds it again.
//
// A [Recorder] stands between a driver and its machine: it keeps the events that go in,
// and a sum of the actions that come out. Since a machine is a function of its Config and
// its events, that is enough to do again, elsewhere and under a debugger, what it did:
// [Read] reads what [Recorder.WriteTo] has written, and a [Player] feeds it to a machine
// and compares the sums.
//
// # What is kept
//
// Everything that a machine looks at: names, addresses, methods, commands, ids, times. What
// it does not look at (core.Event.OpaqueBody: arguments, replies, metadata, error texts) is
// kept as a length and a hash, unless Options.Bodies asks for it. The key of the hash is
// made for the Recorder and never leaves it, so that equal bytes can be told from others
// and a guess at them can't be confirmed. A machine knows no key of a node.
//
// Events of the most frequent kinds are kept in the memory of the ring with their numbers as
// they are, and become what a file has when it is written. Of the arguments and replies in
// them it has the hash alone: where they are in a frame is known from the actions of its
// step, since to look for them took as long as the step itself. Other small bytes of users
// (metadata, error texts, the body of a frame that was ignored) are there as they are until
// then.
//
// The sum of a step names bytes that an action has from the event by their place in it, so
// that it needs no hash, and is the same for a player, which puts others of that length
// there. Those of a pending call, which goes out again, have their hash in it.
//
// # The ring
//
// There are two segments. Each begins with a snapshot of the machine
// (core.Machine.AppendSnapshot), and its events follow. When one is full the other is
// emptied and begun anew, so that from half of the memory to all of it is history, and
// its beginning can always be played. Where the second begins, a player has a state of its
// own to compare with the snapshot.
//
// # Files
//
//   - recorder.go: the Recorder, for a driver
//   - ring.go: its segments
//   - plain.go: events as they are in the ring
//   - event.go: events as bytes of a file
//   - sum.go: sums of actions, and of bytes
//   - file.go: the file, written and read
//   - config.go: a core.Config in it
//   - decoder.go: numbers and bytes out of bytes
//   - player.go, player_event.go: a recording is played
//   - standin.go: what stands in the place of bytes that were not kept
package record
