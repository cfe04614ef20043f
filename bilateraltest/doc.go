// Package bilateraltest runs a program of one's own, unmodified, in a hostile world: hosts
// that crash and restart, a network that is cut, slow and late, clocks that are wrong. It
// all happens in go test and takes milliseconds, and the same seed gives the same run, to
// the byte. What does not hold comes out as the fewest faults that show it, in a file that
// replays. docs/TESTING.md leads from an empty module to the first bug found.
//
//	func TestMoneyIsNeitherMadeNorLost(t *testing.T) {
//		bilateraltest.Run(t, bilateraltest.Options{Seeds: 200}, func(w *bilateraltest.World) {
//			for _, name := range []string{"a", "b", "c"} {
//				w.Host(name, func(h *bilateraltest.Host) error { return startBank(h.Node(), h.Disk()) })
//			}
//			w.Connect("a", "b")
//			w.Connect("b", "c")
//			w.Go("teller", func(ctx context.Context) { ... calls, sleeps, tries again ... })
//			w.Always("the sum is 300", func() error { ... })
//			w.Finally("every transfer is booked once", func() error { ... })
//		})
//	}
//
// A host's node is a real *bilateralrpc.Bilateral: every method is there, with its types and
// errors. Only its sockets, its timers and the turns of its goroutines are the world's: that
// of package sim, with its checkers on every step, so that a run tests the protocol as well.
//
// # A run
//
// For Options.For (a minute, in the time of the run, which passes as fast as there is
// nothing to do) what the seed has drawn goes wrong: partitions and cuts, delays, crashes
// with and without a word to the others, restarts, pauses, clocks, slow handlers; or what
// World.Load or World.At say; or nothing, with Options.NoFaults. Then everything is healed,
// the contexts of World.Go end, all peers have to come together again, the functions of Go
// have to return, and what World.Finally claims is looked at. At last all hosts end; a
// goroutine that does not is named.
//
// BILATERAL_SEEDS=10000 go test has so many runs in each batch, for the night;
// BILATERAL_SEED=17 runs one, and with -v prints its steps; BILATERAL_SCENARIO=file runs the
// file of a failure. BILATERAL_HTML=directory, or Options.HTML, has the picture of a failure
// written there, as a page for a browser. Package rapidsim draws hosts, faults and calls by rapid; module
// linearizable judges what World.History has.
//
// # What makes a run exact
//
// A run is in a bubble of testing/synctest: time.Now, Sleep, timers and contexts of the
// program are the world's. One goroutine drives the world, by three rules. After each
// hand-over to code of the program (a handler starts, a call returns, a context ends) it
// waits until everybody is blocked, before it does anything else. What goroutines ask for
// meanwhile is taken in an order of what is asked for, and of whose context it is asked in,
// which the seed permutes, never of who came first; those that nothing tells apart go on
// together. And after each hand-over up to 16 microseconds pass, as many as the seed says, so
// that handlers that sleep equally long don't wake together. What the deadline of a caller is
// to a handler comes half a microsecond late, so that it is not at the same instant as a timer
// of its own.
//
// So a program may start goroutines, lock, sleep and wait as it likes, and its runs repeat,
// but for what no seed can know: a select of which several cases are ready, the order in
// which a map is walked, random numbers without a seed (World.Rand and Host.Rand have some),
// and goroutines that a program itself starts or wakes at one instant, and that fight for
// the same lock or channel before they wait for anything else, or that make the very same
// call in the same context, or in none, and go on differently. So pass the context of a
// handler on to the calls that it makes. A batch runs its first seed
// twice more, and one that fails too, and says so where they differ, with the first step
// that does.
//
// # What the world can't see
//
// A goroutine that waits for a sync.Mutex is not asleep to testing/synctest, so that time
// stands still while one waits for a lock whose holder sleeps or calls: that is found after
// two real seconds, and reported. A goroutine that computes takes no time. One that waits for
// something outside of the bubble (a socket, a process, a channel of another test) keeps the
// world waiting. A pause holds back what a host asks of the network, and what comes in, but not
// its own timers. Nodes have names and no keys. The protocol of a host is that of
// Options.Timing; of a Config for World.Host the interceptors, the Logger, the Alias and
// Limits.ValueBytesMax count.
//
// # Files
//
//	run.go, attach.go           Run and Find: a batch, and a run of it
//	world.go, marks.go, history.go  what a run is made from; what has to happen sometimes; what clients did
//	host.go, disk.go            a host's process, in each of its lives; its disk
//	engine.go, life.go          time, and whose turn it is; a life between its driver and the world
//	bubble.go                   a bubble, from outside: stuck, or left behind
//	report.go, page.go          what was found, made small; its page
//	real.go                     the same on sockets
package bilateraltest
