package transporttest

import (
	"errors"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// A node can listen on every kind of address, and on what Listen returns it can be
// dialled.
func eachKindOfAddress(s *story) {
	for _, address := range s.options.Addresses(s.TB) {
		l, d := s.node("listener").Listen(address), s.node("dialler")
		if err := d.checkAddress(l.Bound); err != nil {
			s.Errorf("%s was bound and can't be dialled: %v", l.Bound, err)
		}
		atD, atL := d.Join(l)
		exchange(l, d, atL, atD, "over "+address)
	}
}

// Addresses that mean nothing are refused for what they are, before anything is
// tried.
func badAddresses(s *story) {
	n := s.node("node")
	for _, bad := range append([]string{"", "://", "nonsense", "no-such-scheme://x"}, s.options.BadAddresses...) {
		if err := n.checkAddress(bad); err == nil {
			s.Errorf("CheckAddress takes %q", bad)
		}
		if bound, err := n.TryListen(bad); !errors.Is(err, zmqio.ErrBadAddress) {
			s.Errorf("Listen(%q) answers %q, %v, want ErrBadAddress", bad, bound, err)
		}
	}
}

// A node may listen on several addresses. A wildcard gives another one each time,
// and what is bound is taken.
func severalListens(s *story) {
	l, other := s.node("listener"), s.node("other")
	var bound []string
	for range 3 {
		l.Listen(s.address())
		for _, b := range bound {
			if b == l.Bound {
				s.Errorf("%s was bound twice", b)
			}
		}
		bound = append(bound, l.Bound)
	}
	for _, b := range bound {
		for _, n := range []*Node{l, other} {
			if _, err := n.TryListen(b); err == nil || errors.Is(err, zmqio.ErrBadAddress) {
				s.Errorf("%s, which is taken: %v, want an error other than ErrBadAddress", b, err)
			}
		}
		d := s.node("dialler")
		l.Bound = b
		atD, atL := d.Join(l)
		exchange(l, d, atL, atD, "over "+b)
		d.HangUp(atD)
		l.WantLost(atL)
	}
}
