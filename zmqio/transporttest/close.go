package transporttest

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

func closeUnused(s *story) {
	s.node("a").Close(time.Hour)
	s.listener("b").Close(time.Hour)
	n := s.node("c")
	n.Carrier.Flush()
	n.Close(0)
}

// Close ends dials and handshakes under way, at once: they have nothing to linger
// for.
func closeWhileDialling(s *story) {
	gone := s.listener("gone")
	gone.Close(0)
	n := s.listener("node")
	for range 5 {
		n.Dial(gone.Name, gone.Bound)
		if tcp(n.Bound) {
			n.Dial(gone.Name, s.rawListen())
			n.Dial(gone.Name, "tcp://192.0.2.1:1") // nobody is there
			s.rawDial(n)
		}
	}
	// A linger of an hour would fail the test if it were waited for.
	begun := time.Now()
	n.Close(time.Hour)
	if took := time.Since(begun); took > Patience/2 {
		s.Errorf("closing took %v", took)
	}
}

// Close comes beside sends, flushes, reports and dials. Afterwards Flush is harmless.
func closeBesideSends(s *story) {
	// A link that ends by itself meanwhile lingers as the configuration says.
	soon := func(c *zmqio.TransportConfig) { c.Linger = time.Second }
	for round := range 10 {
		l, d, atL, atD := s.pair(soon)
		for _, n := range []*Node{l, d} {
			n.Locked(func() { n.react = func(Report) {} })
		}
		var stop atomic.Bool
		var wg sync.WaitGroup
		for _, end := range []struct {
			n    *Node
			link core.Link
		}{{l, atL}, {d, atD}} {
			wg.Go(func() {
				for !stop.Load() {
					_ = end.n.TrySend(end.link, core.CAST, "x")
					end.n.Carrier.Flush()
					runtime.Gosched()
				}
			})
		}
		d.Dial(l.Name, l.Bound) // on its way while one of them closes
		if round%2 == 0 {
			l.Close(0)
		} else {
			d.Close(0)
		}
		stop.Store(true)
		wg.Wait()
		l.Close(0)
		d.Close(0)
	}
}

// The address of a closed node is free for another one.
func closeFreesAddresses(s *story) {
	l, d, _, atD := s.pair()
	l.Close(0)
	d.WantLost(atD, core.CauseLost)
	again := s.nodeOf("listener", l.Keys).Listen(l.Bound)
	if again.Bound != l.Bound {
		s.Errorf("listening on %s, want %s", again.Bound, l.Bound)
	}
	d.Join(again)
}

// A carrier that is closed takes no address, and one that is closing keeps none,
// whether Listen says that it was bound or not.
func closeListensNoMore(s *story) {
	for range 10 {
		n := s.node("node")
		bound := make(chan string, 20)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range cap(bound) / 4 {
					if b, err := n.TryListen(s.address()); err == nil {
						bound <- b
					}
				}
			})
		}
		first := <-bound
		n.Close(0)
		wg.Wait()
		bound <- first
		close(bound)
		for b := range bound {
			if !tcp(b) { // a port may be somebody else's by now: sockets are looked for in the end
				s.node("next").Listen(b).Close(0)
			}
		}
		if b, err := n.TryListen(s.address()); err == nil {
			s.Fatalf("a closed node listens on %s", b)
		}
	}
}
