package core

import (
	"strconv"
	"testing"
	"time"
)

// The benchmarks of Step report ns/step, each step taking one frame in or sending
// one out: the target is 250.

func benchmarkSteps(b *testing.B, steps int, step func(*steady)) {
	s := newSteady(b)
	for range 100 {
		step(s)
	}
	b.ReportAllocs()
	for b.Loop() {
		step(s)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*steps), "ns/step")
}

func BenchmarkTickIn(b *testing.B)  { benchmarkSteps(b, 1, func(s *steady) { s.tickIn(b) }) }
func BenchmarkTickOut(b *testing.B) { benchmarkSteps(b, 2, func(s *steady) { s.tickOut(b) }) }

// BenchmarkCallOut is one call that goes out and one reply that comes in, with so
// many calls pending, which are answered in order.
func BenchmarkCallOut(b *testing.B) {
	for _, n := range []int{1, 256, 4096} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			callers := newCallers(b, n)
			b.ReportAllocs()
			for b.Loop() {
				callers.next(b)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*2), "ns/step")
		})
	}
}

// BenchmarkCallIn is one request that comes in and one reply that goes out, with
// so many requests being served, which end in order.
func BenchmarkCallIn(b *testing.B) {
	for _, n := range []int{1, 256} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			handlers := newHandlers(b, n)
			b.ReportAllocs()
			for b.Loop() {
				handlers.next(b)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*2), "ns/step")
		})
	}
}

func BenchmarkCastOut(b *testing.B) {
	to, method := []string{"z"}, []byte("Service.Method")
	benchmarkSteps(b, 1, func(s *steady) { s.castOut(b, to, method) })
}

// BenchmarkDrop is a frame of no link: what a hostile peer gets for its money.
func BenchmarkDrop(b *testing.B) {
	benchmarkSteps(b, 1, func(s *steady) {
		s.ev = Event{Kind: EvFrame, Peer: "y", Link: listenN(0), Command: CALL, Body: s.call}
		s.step(b, ActDrop, 1)
	})
}

// BenchmarkKeepAlive is a node with n idle links: one TICK and its TOCK. The
// time must grow with log n.
func BenchmarkKeepAlive(b *testing.B) {
	for _, n := range []int{10, 100, 1_000, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			m := idle(b, n)
			dst := make([]Action, 0, 512)
			// Spread the links over LIVE_TIME, as they are in life.
			for i, p := range m.peers.slots {
				m.timers.set(p, timerTick, m.now.Add(time.Duration(i+1)*30*time.Second/time.Duration(n)))
			}
			b.ReportAllocs()
			for b.Loop() {
				dst = m.Step(dst[:0], &Event{Kind: EvTimeout, At: m.Deadline()})
				for i := range dst {
					a := &dst[i]
					m.Step(nil, &Event{Kind: EvFrame, Peer: a.Peer, Link: a.Link, Command: TOCK, Body: a.Body})
				}
			}
		})
	}
}

// BenchmarkIdleLink reports the memory of one of 10,000 idle links.
func BenchmarkIdleLink(b *testing.B) {
	const n = 10_000
	var bytes int
	for b.Loop() {
		bytes = idleBytes(b, n)
	}
	b.ReportMetric(float64(bytes)/n, "B/link")
}

// BenchmarkMulticast is a call to n peers and all the replies; ns/peer.
func BenchmarkMulticast(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			m := idle(b, n)
			asked := make([]Action, 0, n)
			dst := make([]Action, 0, n+2)
			method := []byte("Service.Method")
			var back []byte
			for b.Loop() {
				asked = m.Step(asked[:0], &Event{Kind: EvCall, Call: 1, Method: method, Timeout: time.Second})
				for i := range asked {
					back = AppendPayload(back[:0], &Action{Command: BACK, ID: asked[i].ID, Method: method})
					dst = m.Step(dst[:0], &Event{Kind: EvFrame, Peer: asked[i].Peer, Link: asked[i].Link, Command: BACK, Body: back})
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/peer")
		})
	}
}
