package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// runUntil runs the world until t and fails the test on a violation.
func runUntil(t *testing.T, w *World, until time.Duration) {
	t.Helper()
	if v := w.RunUntil(until); v != nil {
		t.Fatalf("%s\n%v", v.Property.Claim, v)
	}
}

func quiet(t *testing.T, seed uint64, peers ...Peer) *World {
	t.Helper()
	w := New(Options{Seed: seed, Network: "net", Latency: Uniform(5*time.Millisecond, 30*time.Millisecond), Checkers: Checkers(), Digest: true,
		Trace: func(line []byte) { t.Log(string(line)) }})
	if err := w.Add(peers...); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestTwoPeersJoinAndCall(t *testing.T) {
	w := quiet(t, 1, Peer{Name: "a"}, Peer{Name: "b"})
	w.At(0, Connect{From: "a", To: "b"})
	runUntil(t, w, time.Second)
	if !w.Node("a").Active("b") || !w.Node("b").Active("a") {
		t.Fatal("not active within a second")
	}
	c := w.Call("b", Request{Method: "Echo.Ping", Timeout: time.Second})
	runUntil(t, w, 5*time.Minute)
	if r := c.Row("a"); r == nil || r.Outcome != core.Replied {
		t.Fatalf("the call ended with %+v", c.Rows)
	}
}

func TestOldPeersJoinAndCallEachOtherAndOurs(t *testing.T) {
	for _, kinds := range [][2]bool{{true, true}, {true, false}, {false, true}} {
		t.Run(fmt.Sprint(kinds), func(t *testing.T) {
			w := quiet(t, 1, Peer{Name: "a", Old: kinds[0]}, Peer{Name: "b", Old: kinds[1]})
			w.At(0, Connect{From: "a", To: "b"})
			runUntil(t, w, 3*time.Second)
			for _, caller := range []string{"a", "b"} {
				c := w.Call(caller, Request{Method: "Echo.Ping", Timeout: time.Second})
				if c == nil {
					t.Fatal("no call")
				}
				runUntil(t, w, w.Now()+2*time.Second)
				if len(c.Rows) != 1 || c.Rows[0].Outcome != core.Replied {
					t.Fatalf("%s's call ended with %+v", caller, c.Rows)
				}
			}
			runUntil(t, w, 5*time.Minute)
		})
	}
}

func TestOldPeersThatDialEachOtherNeedTheirTime(t *testing.T) {
	w := quiet(t, 1, Peer{Name: "a", Old: true}, Peer{Name: "b", Old: true})
	w.At(0, Connect{From: "a", To: "b"}, Connect{From: "b", To: "a"})
	for w.Now() < 30*time.Second && !(w.Node("a").Active("b") && w.Node("b").Active("a")) {
		runUntil(t, w, w.Now()+50*time.Millisecond)
	}
	if at := w.Now(); at < 5*time.Second || at > 11*time.Second {
		t.Fatalf("active at both ends after %v, where an original needs 6 to 10.5 s", at)
	}
}

// mesh returns a world of n peers of ours that all know each other.
func mesh(tb testing.TB, n int, checkers []Checker) *World {
	w := New(Options{Seed: 1, Latency: Uniform(time.Millisecond, 50*time.Millisecond), Checkers: checkers})
	for i := range n {
		if err := w.AddPeers(fmt.Sprintf("n%03d", i)); err != nil {
			tb.Fatal(err)
		}
	}
	for i := range n {
		for j := range i {
			w.At(time.Duration(i*n+j)*time.Millisecond, Connect{From: w.nodes.list[i].Name, To: w.nodes.list[j].Name})
		}
	}
	return w
}

func BenchmarkMesh(b *testing.B) {
	for _, on := range []bool{false, true} {
		b.Run(fmt.Sprintf("checkers=%v", on), func(b *testing.B) {
			var checkers []Checker
			if on {
				checkers = Checkers()
			}
			w := mesh(b, 100, checkers)
			w.RunUntil(time.Minute)
			before := w.Events()
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if v := w.RunUntil(w.Now() + time.Minute); v != nil {
					b.Fatal(v)
				}
			}
			b.ReportMetric(float64(w.Events()-before)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
