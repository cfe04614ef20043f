package stream

import (
	"flag"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

var everyLarge = flag.Bool("every", false, "cut, split and flip every byte of large messages too")

// smallMessages is a connection of messages at the lengths where headers change
// their form, with heartbeats and their answers.
func smallMessages(curve bool) *Scenario {
	return &Scenario{
		Seed: 1, Curve: curve, PayloadMax: 512, Handshake: time.Second, Interval: time.Second, Timeout: 2 * time.Second, HalfOpenMax: 2,
		Conns: []Conn{{
			Sends: 6, Gets: 6, Sizes: []int{0, 1, 222, 223, 255, 256}, Latency: dice.Fixed(time.Millisecond), Admit: 10 * time.Millisecond,
		}},
	}
}

// largeMessages has messages at the length from which a frame gets a buffer of its own.
func largeMessages(curve bool) *Scenario {
	s := smallMessages(curve)
	c := &s.Conns[0]
	s.PayloadMax, c.Sends, c.Gets, c.Piece = 40<<10, 3, 1, 9000
	c.Sizes = []int{zmtp.KeepBytes - 34, zmtp.KeepBytes, zmtp.KeepBytes - 1}
	return s
}

// vary gives the faults of each byte.
type vary = func(dst []Fault, conn int, from Side, at int) []Fault

func always(faults ...Fault) vary {
	return func(dst []Fault, _ int, _ Side, _ int) []Fault { return append(dst, faults...) }
}

// everyBit flips each bit of a byte.
func everyBit(dst []Fault, _ int, _ Side, _ int) []Fault {
	for bit := range 8 {
		dst = append(dst, Fault{Kind: Flip, N: bit})
	}
	return dst
}

// sampled keeps the faults of the greeting, of the first large frame's header and
// of one byte in a thousand elsewhere.
func sampled(all vary) vary {
	return func(dst []Fault, conn int, from Side, at int) []Fault {
		if *everyLarge || at < 160 || at >= 560 && at < 700 || at%1009 == 0 {
			return all(dst, conn, from, at)
		}
		return dst
	}
}

// everyFault lists what befalls every byte in turn. One of the runs must hit the
// mark, with NULL and with CURVE; "" is for none.
var everyFault = []struct {
	name        string
	vary        vary
	null, curve string
}{
	{"cut", always(Fault{Kind: Sever}), "cut when up", "cut awaiting INITIATE"},
	{"split", always(Fault{Kind: Split, For: time.Millisecond}), "PING answered", "PING answered"},
	{"flip", everyBit, "byte altered that means nothing", "flipped bit rejected"},
	{"stall", always(Fault{Kind: Stall, For: 10 * time.Second}), "ended by silence", "ended by silence"},
	{"hesitate", always(Fault{Kind: Stall, For: time.Second}), "stall survived", "stall survived"},
	{"omit", always(Fault{Kind: Omit, N: 1}, Fault{Kind: Omit, N: 100}), "", "lost, doubled or added bytes rejected"},
	{"repeat", always(Fault{Kind: Repeat, N: 1}, Fault{Kind: Repeat, N: 100}), "", "lost, doubled or added bytes rejected"},
	{"add", always(Fault{Kind: Garble, N: 1}, Fault{Kind: Garble, N: 100}), "", "lost, doubled or added bytes rejected"},
}

// Each fault at each byte of a connection, in both directions, from the first
// byte of the greeting to the last heartbeat.
func TestEveryByte(t *testing.T) {
	for _, curve := range []bool{false, true} {
		for _, f := range everyFault {
			if curve && f.name == "flip" {
				continue // it has a test of its own
			}
			mark := f.null
			if curve {
				mark = f.curve
			}
			t.Run(mechanism(curve)+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				checkEvery(t, smallMessages(curve), f.vary, mark)
			})
		}
	}
}

func TestEveryByteOfLargeMessages(t *testing.T) {
	for _, curve := range []bool{false, true} {
		for name, f := range map[string]vary{
			"cut":   always(Fault{Kind: Sever}),
			"split": always(Fault{Kind: Split, For: time.Millisecond}),
			"flip":  always(Fault{Kind: Flip}, Fault{Kind: Flip, N: 7}),
		} {
			t.Run(mechanism(curve)+"/"+name, func(t *testing.T) {
				t.Parallel()
				checkEvery(t, largeMessages(curve), sampled(f), "large payload handed over")
			})
		}
	}
}

// Bytes of an earlier connection between the same two, and of this one, put in at
// each byte of the handshake.
func TestReplayAtEveryByte(t *testing.T) {
	s := smallMessages(true)
	s.Conns = append(s.Conns, s.Conns[0])
	s.Conns[1].At = 100 * time.Millisecond
	starts := [...]int{0, 64, 234, 266, 312, 578, 648}
	replay := func(dst []Fault, conn int, _ Side, at int) []Fault {
		if conn != 1 || at > 800 {
			return dst
		}
		for _, skip := range starts {
			for like := range 2 {
				dst = append(dst, Fault{Kind: Replay, N: 400, Like: like, Skip: skip})
			}
		}
		return dst
	}
	checkEvery(t, s, replay, "replayed bytes rejected")
}

// One to four whole frames are taken out, at each frame: with CURVE nothing that
// comes behind is accepted, though every box in it is as it was sealed.
func TestFramesTakenOut(t *testing.T) {
	excise := func(dst []Fault, _ int, _ Side, at int) []Fault {
		if at%16 != 0 {
			return dst // no frame is shorter
		}
		for n := 1; n <= 4; n++ {
			dst = append(dst, Fault{Kind: Excise, N: n})
		}
		return dst
	}
	checkEvery(t, smallMessages(true), excise, "lost, doubled or added bytes rejected")
}

func mechanism(curve bool) string {
	if curve {
		return "curve"
	}
	return "null"
}

func checkEvery(t *testing.T, s *Scenario, f vary, mark string) *Totals {
	t.Helper()
	start := time.Now()
	totals := s.EveryByte(func(dst []Fault, conn int, from Side, at int) []Fault {
		if at%byteStride != 0 {
			return dst
		}
		return f(dst, conn, from, at)
	})
	t.Logf("%d runs, %d events, %.0f runs/s", totals.Runs, totals.Events, float64(totals.Runs)/time.Since(start).Seconds())
	if v := totals.Violation; v != nil {
		t.Fatalf("%v\n%s", v.Violation, v.Scenario)
	}
	for _, m := range totals.Marks {
		if m.Name == mark && m.Count == 0 {
			t.Errorf("the mark %q was never hit", mark)
		}
	}
	return totals
}

// With CURVE every flipped bit ends the connection, except exactly those of
// bytes that the protocol does not look at: which ones these are is counted here
// without asking the world.
func TestEveryFlipWithCurve(t *testing.T) {
	base := smallMessages(true)
	totals := checkEvery(t, base, everyBit, "flipped bit rejected")
	// In each greeting: 8 bytes of length, 7 bits of the signature's last byte, the 6
	// upper bits of the major version (which then is 7, 11, 19 and so on), the minor
	// version, as-server and filler. In HELLO: its padding.
	const greeting, padding = 8*8 + 7 + 6 + 8 + 32*8, 72 * 8
	// In each MESSAGE: one flag.
	w := newWorld(base, Options{NoDigest: true})
	w.run()
	messages := 0
	for side, from := range [2]int{578, 312} { // behind the handshake
		p := &w.conns[0].pipes[side]
		for at := from; at < len(p.carried); at = nextHeader(p.wire, at+1) {
			messages++
		}
	}
	for _, m := range totals.Marks {
		if want := uint64(2*greeting + padding + messages); m.Name == markNames[markHarmless] && m.Count != want && byteStride == 1 {
			t.Errorf("%d flips were harmless, want %d: two greetings, HELLO's padding and %d MESSAGEs", m.Count, want, messages)
		}
	}
}

// A fork is the run that it stands for: from the first byte on, with the fault
// planned, the same happens.
func TestForksAreRuns(t *testing.T) {
	for _, curve := range []bool{false, true} {
		base := smallMessages(curve)
		w := newWorld(base, Options{NoDigest: true})
		forks := 0
		for w.queue.First().At <= w.horizon {
			_, from, x := w.nextPiece()
			for at := x.from; at < x.to; at += 13 {
				for _, f := range []Fault{{Kind: Sever}, {Kind: Flip, N: at % 8}, {Kind: Split, For: time.Millisecond}, {Kind: Omit, N: 3}} {
					f.From, f.At = from, at
					s := *base
					s.Faults = []Fault{f}
					fork, run := w.fork(f), s.Run(Options{NoDigest: true})
					if fork.Events != run.Events || fork.Bytes != run.Bytes || fork.Elapsed != run.Elapsed {
						t.Fatalf("%v: the fork ended at %v after %d events and %d bytes, the run at %v after %d and %d",
							f.String(), fork.Elapsed, fork.Events, fork.Bytes, run.Elapsed, run.Events, run.Bytes)
					}
					forks++
				}
			}
			w.next()
		}
		if forks < 400 {
			t.Errorf("only %d forks were compared", forks)
		}
	}
}
