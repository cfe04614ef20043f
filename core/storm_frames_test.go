package core

import "encoding/binary"

// The frames of the peers of a storm: mostly what an honest one would send, on mostly a
// link that counts.

// link returns mostly a current link of a peer.
func (s *storm) link(peer string) Link {
	status, _ := s.m.Status(peer)
	switch n := s.rng.IntN(20); {
	case n == 0:
		return Link{Half(s.rng.IntN(4)), s.rng.Uint64N(s.links + 2)}
	case n < 3 || status.ListeningLink.N == 0 && n < 9:
		s.links++
		return Link{Listening, s.links}
	case n < 12:
		return Link{Listening, status.ListeningLink.N}
	}
	return Link{Dialling, status.DiallingLink.N}
}

func (s *storm) frame() {
	peer := s.peer()
	link := s.link(peer)
	if link.Half == Listening && !s.one(s.calm) {
		link = Link{Dialling, link.N}
		if status, ok := s.m.Status(peer); ok {
			link = status.DiallingLink
		}
	}
	commands := [...]Command{JOIN, JOIN, JOIN, TICK, CALL, CALL, CAST, BACK, MEET, VOID, PART}
	if link.Half == Dialling {
		commands = [...]Command{STAY, STAY, STAY, TOCK, TOCK, CALL, CAST, BACK, MEET, VOID, PART}
	}
	command := commands[s.rng.IntN(len(commands))]
	if s.one(30) {
		command = Command(s.rng.IntN(int(commandCount) + 2))
	}
	if command == PART && !s.one(4) {
		command = TICK
		if link.Half == Dialling {
			command = TOCK
		}
	}
	ev := &Event{Kind: EvFrame, Peer: peer, Link: link, Command: command, Body: s.body(peer, link, command)}
	switch command {
	case CALL, CAST, BACK:
		if s.one(4) {
			s.with(ev)
		}
	}
	s.feed(ev)
}

// with puts a request or reply into a WITH, whose head is mostly short enough.
func (s *storm) with(ev *Event) {
	a := Action{Command: ev.Command, Head: s.junk(32), Left: Left(s.rng.Uint64N(1 << s.rng.IntN(63)))}
	if !s.one(9) {
		a.Head = s.junk(9)
	}
	ev.Command, ev.Body = WITH, append(appendWith(nil, &a), ev.Body...)
	if s.one(20) {
		ev.Body[s.rng.IntN(len(ev.Body))]++
	}
}

// body returns mostly what an honest peer would send.
func (s *storm) body(peer string, link Link, c Command) []byte {
	if s.one(25) {
		return s.junk(500)
	}
	if s.incarnation[peer] == 0 || s.one(40) {
		s.incarnation[peer] = s.rng.Uint64()
	}
	switch c {
	case JOIN:
		return []byte("net")
	case STAY, MEET:
		if c == STAY && peer < "c" {
			return nil // an old peer
		}
		return AppendMeet(nil, Meet{uint32(s.rng.Uint64() & 15), s.incarnation[peer]})
	case PART:
		return []byte{extensionVersion, byte(s.rng.IntN(5))}[:2*s.rng.IntN(2)]
	case TICK, TOCK:
		if tick := s.tick[link]; tick != nil {
			return tick
		}
		return binary.BigEndian.AppendUint64(nil, s.rng.Uint64N(9))
	case BACK:
		a := Action{Command: BACK, ID: s.rng.Uint32N(9), Method: []byte("S.Call")}
		if len(s.asked) > 0 {
			a.ID = s.asked[len(s.asked)-1-s.rng.IntN(min(9, len(s.asked)))].ID
		}
		switch s.rng.IntN(8) {
		case 0:
			a.Err = []byte("failed")
		case 1:
			a.Method = []byte("S.Other")
		case 2: // an old peer that could not run it
			return AppendPayload(nil, &Action{Command: CALL, ID: a.ID, Method: a.Method})
		}
		return AppendPayload(nil, &a)
	}
	return AppendPayload(nil, &Action{Command: c, ID: 1<<31 + uint32(s.m.out.stats.FramesIn[CALL]) - s.rng.Uint32N(30), Method: s.method(), Body: s.junk(9)})
}

func (s *storm) method() []byte {
	if s.one(30) {
		return make([]byte, 30) // too long
	}
	return []byte("S.Run")
}

func (s *storm) junk(n int) []byte {
	b := make([]byte, s.rng.IntN(n))
	for i := range b {
		b[i] = byte(s.rng.Uint32())
	}
	return b
}
