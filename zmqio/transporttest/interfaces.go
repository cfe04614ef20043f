package transporttest

import (
	"net"
	"slices"
	"strings"
)

// A host that stands for every interface stands for the same ones over every
// transport: 0.0.0.0 for IPv4 only, the others for both families. The address that
// was bound says so too.
func everyInterface(s *story) {
	if !tcp(s.address()) {
		return
	}
	v6 := haveIPv6()
	for _, c := range []struct {
		address string
		v6      bool
	}{{"tcp://*:*", true}, {"tcp://:0", true}, {"tcp://[::]:*", true}, {"tcp://0.0.0.0:*", false}} {
		if strings.Contains(c.address, "[") && !v6 {
			continue
		}
		l := s.node("listener").Listen(c.address)
		s.reaches(l, "127.0.0.1")
		switch {
		case c.v6 && v6:
			s.reaches(l, "::1")
		case v6:
			s.isolated(c.address)
		}
		bound := l.Bound
		l.Close(0)
		s.sameAgain(bound, c.v6 && v6)
	}
	if !v6 {
		s.Skip("this machine has no IPv6: that part was left out")
	}
}

// haveIPv6 says whether the machine has IPv6.
func haveIPv6() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err == nil {
		_ = l.Close()
	}
	return err == nil
}

// reaches checks that l can be dialled at host, and tells Admit of it in the usual
// form. The link stays: some transports take long to see the loss of one.
func (s *story) reaches(l *Node, host string) {
	s.Helper()
	bound := l.Bound
	defer func() { l.Bound = bound }()
	l.Bound = "tcp://" + net.JoinHostPort(host, portOf(bound))
	d := s.node("dialler by " + host)
	atD, atL := d.Join(l)
	exchange(l, d, atL, atD, "by "+host)
	if !slices.ContainsFunc(l.questions(), func(q question) bool { return q == question{d.Name, host} }) {
		s.Errorf("%s: Admit was asked %q, want %q at %q", bound, l.questions(), d.Name, host)
	}
}

// isolated checks that IPv6 does not reach a node that listens on address. Somebody
// else may have the same port of IPv6, but not time and again.
func (s *story) isolated(address string) {
	s.Helper()
	for range 5 {
		l := s.node("listener of IPv4").Listen(address)
		conn, err := net.Dial("tcp", net.JoinHostPort("::1", portOf(l.Bound)))
		l.Close(0)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
	s.Errorf("IPv6 reaches a node that listens on %s", address)
}

// sameAgain checks that a node which listens on what another one has bound is
// reached as that one was.
func (s *story) sameAgain(bound string, v6 bool) {
	s.Helper()
	again := s.node("again")
	var err error
	if again.Bound, err = again.TryListen(bound); err != nil {
		s.Logf("%s was taken by somebody else meanwhile: %v", bound, err)
		return
	}
	if again.Bound != bound {
		s.Errorf("listening on %s, want %s", again.Bound, bound)
	}
	s.reaches(again, "127.0.0.1")
	if v6 {
		s.reaches(again, "::1")
	}
}

// portOf returns the port of a tcp address.
func portOf(address string) string { return address[strings.LastIndex(address, ":")+1:] }
