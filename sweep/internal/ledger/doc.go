// Package ledger keeps a sweep on NATS JetStream: what is to be run, who is running it, and
// what came of it.
//
// A sweep NAME is three things there:
//
//   - the bucket sweep_NAME_book: its Plan, written once; how often each range was begun; notes;
//   - the stream sweep_NAME_todo: a message for each range of seeds that nobody has finished.
//     A worker that takes one holds a lease on it; when the lease is over, the message goes to
//     another worker. Acknowledging it removes it;
//   - the bucket sweep_NAME_results: the Entry of each range, under the range as its key.
//
// # Invariants
//
//  1. A range has one entry: entries are created, never put, so that the first one stands,
//     whoever comes later and however late. No window of time is involved.
//  2. An entry is created before its message is acknowledged. Between the two a worker may
//     die: the next one finds the entry, and acknowledges.
//  3. Plan and entries are the truth; the messages are only a list of what is left, which
//     Fill makes again from them. A stream that is lost, or was never filled to its end,
//     loses nothing.
//  4. Entries are never changed or removed, so that a number in the results' stream says how
//     far somebody has read.
//
// # Files
//
//	plan.go     what a sweep is, and its ranges
//	ledger.go   opens a sweep
//	fill.go     writes the list of what is left
//	lease.go    takes a range and holds it
//	entry.go    keeps what came of a range, and reads it
//	patience.go waits for a server that is away
package ledger
