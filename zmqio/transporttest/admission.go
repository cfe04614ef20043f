package transporttest

import (
	"sync/atomic"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Admit is asked about every accepted link, by name, and is told where the peer is.
func eachLinkIsAskedAbout(s *story) {
	l := s.listener("listener")
	for _, name := range []string{"a", "b", "c"} {
		before := len(l.questions())
		d := s.node(name)
		d.Join(l)
		asked := l.questions()[before:]
		if len(asked) == 0 {
			s.Fatalf("Admit was not asked about %q", d.Name)
		}
		for _, a := range asked {
			if a.name != d.Name || tcp(l.Bound) && a.address != "127.0.0.1" {
				s.Errorf("Admit was asked about %q at %q, want %q", a.name, a.address, d.Name)
			}
		}
	}
}

// A key that is struck off the list is cut off when the driver asks again and hangs
// up, as Readmit does. It is not let in again until it is back on the list, and
// then on a new link.
func struckOffTheList(s *story) {
	var struck atomic.Bool
	l := s.listener("listener", func(c *zmqio.TransportConfig) {
		c.Admit = func(string, string) bool { return !struck.Load() }
	})
	var keys *Keys
	if s.curve {
		keys = NewKeys(s.TB)
	}
	d := s.nodeOf("dialler", keys)
	atD, atL := d.Join(l)
	struck.Store(true)
	l.HangUp(atL)
	if s.options.CannotHangUp {
		d.Send(atD, core.CALL, "too late")
		l.WantTurnedAway()
	} else {
		d.WantLost(atD, core.CauseLost)
	}
	d.Close(0)
	s.turnedAway(l, s.nodeOf("dialler", keys), zmqio.ErrRefusedAdmit)

	struck.Store(false)
	d = s.nodeOf("dialler", keys)
	if _, again := d.Join(l); again.N <= atL.N {
		s.Errorf("the peer is back on %v, its link was %v", again, atL)
	}
}

// While Admit takes its time, the node can be used.
func slowAdmission(s *story) {
	begun, end := make(chan struct{}), make(chan struct{})
	var slow atomic.Bool
	l := s.listener("listener", func(c *zmqio.TransportConfig) {
		c.Admit = func(string, string) bool {
			if slow.CompareAndSwap(true, false) {
				close(begun)
				<-end
			}
			return true
		}
	})
	other := s.listener("other")
	atL, atOther := l.Join(other)
	slow.Store(true)
	d := s.node("dialler")
	atD := d.Dial(l.Name, l.Bound)
	if s.claims() {
		d.wantUp(atD, l.Name)
		d.Send(atD, core.JOIN, "network")
	}
	<-begun
	if err := l.TrySend(atL, core.CALL, "meanwhile"); err != nil {
		s.Errorf("send while Admit is asked: %v", err)
	}
	other.WantFrame(atOther, core.CALL, "meanwhile")
	close(end)
	if !s.claims() {
		d.wantUp(atD, l.Name)
		d.Send(atD, core.JOIN, "network")
	}
	l.WantFrame(l.Want(Up, d.Name).Link, core.JOIN, "network")
}
