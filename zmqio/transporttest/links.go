package transporttest

import (
	"errors"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Without CURVE a dialled peer has the name given to Dial; its own claim is ignored.
func dialledNameIsKept(s *story) {
	l, d := s.listener("listener"), s.node("dialler")
	atD := d.Dial("somebody", l.Bound)
	d.wantUp(atD, "somebody")
	exchange(l, d, d.greet(atD, l), atD, "from somebody")
}

func oddNames(s *story) {
	l := s.listener("listener")
	for _, name := range []string{"\x01\x00\xff", strings.Repeat("\xfe", 255), "ü", " "} {
		d := s.node(name)
		atD, atL := d.Join(l)
		exchange(l, d, atL, atD, "x")
	}
}

// A connection whose handshake is not done has no number, and does no harm.
func halfOpenTakesNoNumber(s *story) {
	l := s.listener("listener")
	if !tcp(l.Bound) {
		return
	}
	for range 20 {
		s.rawDial(l)
	}
	half := s.rawDial(l)
	if _, err := half.Write([]byte{0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f}); err != nil {
		s.Fatal(err)
	}
	d := s.node("dialler")
	atD, atL := d.Join(l)
	if got := l.numbered(); got != 1 || atL.N != 1 {
		s.Errorf("the first link is %v, and %d were numbered", atL, got)
	}
	exchange(l, d, atL, atD, "x")
}

// A dial that is hung up before it is up is not heard of again.
func hungUpWhileDialling(s *story) {
	l, d := s.listener("listener"), s.node("dialler")
	for i := range 20 {
		address := l.Bound
		if tcp(address) && i%2 == 1 {
			address = s.rawListen()
		}
		d.HangUp(d.Dial(l.Name, address))
	}
	d.dropReports() // what came before the hang-ups; the node finds what comes behind one
	atD := d.DialUp(l)
	d.Send(atD, core.JOIN, "network")
	for { // the listener may have seen some of the others come and go
		r := l.Next()
		if r.Kind == Frame && r.Payload == "network" {
			exchange(l, d, r.Link, atD, "x")
			break
		}
	}
	d.WantNothing()
}

// A node may hang up from inside the report that a link is up, or of a frame, and
// hears nothing more of that link.
func hungUpInsideReports(s *story) {
	l, d := s.listener("listener"), s.node("dialler")
	ups := make(chan core.Link, 1)
	d.Locked(func() {
		d.react = func(r Report) {
			if r.Kind == Up {
				d.hangUpLocked(r.Link)
				ups <- r.Link
			}
		}
	})
	for range 10 {
		link := d.Dial(l.Name, l.Bound)
		if up := <-ups; up != link {
			s.Errorf("%v is up, want %v", up, link)
		}
	}
	d.Locked(func() { d.react = nil })
	e := s.node("third")
	atE, atL := e.DialUp(l), core.Link{}
	e.Locked(func() {
		e.react = func(r Report) {
			if r.Kind == Frame {
				e.hangUpLocked(r.Link)
				e.put(r)
			}
		}
	})
	e.Send(atE, core.JOIN, "network")
	for r := l.Next(); ; r = l.Next() {
		if r.Kind == Frame && r.Name == e.Name {
			atL = r.Link
			break
		}
	}
	l.Locked(func() {
		for i := range 100 { // the other end may hang up meanwhile
			err := l.SendLocked(atL, core.CAST, nil, []byte("one is enough"))
			if err != nil && (i == 0 || !errors.Is(err, zmqio.ErrUnroutable)) {
				s.Errorf("send: %v", err)
			}
		}
	})
	e.WantFrame(atE, core.CAST, "one is enough")
	for r := l.Next(); r.Kind != Lost || r.Link != atL; r = l.Next() { // behind the ends of the others
	}
	e.WantNothing()
}

// Links that do not exist, or are not up yet, take no messages, and can't be hung up.
func unknownLinks(s *story) {
	n := s.listener("node")
	for _, link := range []core.Link{{Half: core.Dialling, N: 99}, {Half: core.Listening, N: 99}} {
		if err := n.TrySend(link, core.TICK, ""); !errors.Is(err, zmqio.ErrUnroutable) {
			s.Errorf("send on %v: %v, want ErrUnroutable", link, err)
		}
		n.HangUp(link) // changes nothing
	}
	if tcp(n.Bound) {
		link := n.Dial(NewKeys(s.TB).Name(), s.rawListen())
		if err := n.TrySend(link, core.JOIN, ""); !errors.Is(err, zmqio.ErrUnroutable) {
			s.Errorf("send before the link is up: %v, want ErrUnroutable", err)
		}
	}
	n.WantNothing()
}
