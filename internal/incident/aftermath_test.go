package incident

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/record"
)

const ms = time.Millisecond

// story is what two nodes have logged: tokyo dials london.
type story struct {
	london, tokyo *life
	frames        uint32
}

func newStory() *story {
	named := func(name string) *life {
		return &life{node: name, recording: &record.Recording{
			Silence: 4 * time.Second,
			Config:  core.Config{Network: "cities", Name: name, Timing: core.DefaultTiming(), Limits: core.DefaultLimits()},
		}}
	}
	return &story{london: named("london"), tokyo: named("tokyo")}
}

func dial(n uint64) core.Link     { return core.Link{Half: core.Dialling, N: n} }
func accepted(n uint64) core.Link { return core.Link{Half: core.Listening, N: n} }

// at adds an entry about the other node to a life.
func (s *story) at(l *life, at time.Duration, e entry) {
	e.at, e.peer = at, "london"
	if l == s.london {
		e.peer = "tokyo"
	}
	l.add(&e)
	l.to = at
}

// talk makes both ends of a connection, and has a frame go each way every 100 ms until it ends.
func (s *story) talk(from, to time.Duration, d, a core.Link) {
	s.at(s.tokyo, from-20*ms, entry{kind: dialled, link: d})
	s.at(s.london, from, entry{kind: linkUp, link: a})
	s.at(s.tokyo, from, entry{kind: linkUp, link: d})
	for at := from; at < to; at += 100 * ms {
		s.frames++
		frame := entry{command: core.TICK, frame: frameID{command: core.TICK, id: s.frames}}
		send := func(l *life, at time.Duration, kind kind, link core.Link) {
			frame.kind, frame.link = kind, link
			s.at(l, at, frame)
		}
		send(s.tokyo, at, sent, d)
		send(s.london, at+10*ms, received, a)
		frame.frame.command = core.TOCK
		send(s.london, at+10*ms, sent, a)
		send(s.tokyo, at+20*ms, received, d)
	}
}

// faults returns what the story implies.
func (s *story) faults(t *testing.T) (texts []string) {
	t.Helper()
	x, err := merge([]*life{s.london, s.tokyo})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range x.Faults {
		texts = append(texts, f.Text+": "+f.Why)
	}
	return texts
}

// partitioned tells of a connection that dies in a partition of 10 s to 20 s.
func partitioned() *story {
	s := newStory()
	s.talk(0, 10*time.Second, dial(1), accepted(1))
	s.at(s.london, 14*time.Second, entry{kind: linkLost, link: accepted(1), cause: core.CauseHeartbeat})
	s.at(s.tokyo, 14*time.Second, entry{kind: linkLost, link: dial(1), cause: core.CauseHeartbeat})
	for n := uint64(2); n < 6; n++ {
		from := 14*time.Second + time.Duration(n-2)*1200*ms
		s.at(s.tokyo, from, entry{kind: dialled, link: dial(n)})
		s.at(s.tokyo, from+time.Second, entry{kind: linkLost, link: dial(n), cause: core.CauseHandshake})
	}
	return s
}

// A dial that began in a partition, and is given up in the moment in which that is over,
// is the last of it, whoever of the two tells of it: it is no connection that broke.
func TestADialGivenUpAsAPartitionEndsIsPartOfIt(t *testing.T) {
	for name, last := range map[string]func(*story){
		"which london saw come and go": func(s *story) {
			s.at(s.tokyo, 19200*ms, entry{kind: dialled, link: dial(6)})
			s.at(s.london, 20190*ms, entry{kind: linkUp, link: accepted(2)})
			s.at(s.tokyo, 20200*ms, entry{kind: linkLost, link: dial(6), cause: core.CauseHandshake})
			s.at(s.london, 20210*ms, entry{kind: linkLost, link: accepted(2), cause: core.CauseLost})
		},
		"which london sees come too late": func(s *story) {
			s.at(s.tokyo, 19200*ms, entry{kind: dialled, link: dial(6)})
			s.at(s.tokyo, 20200*ms, entry{kind: linkLost, link: dial(6), cause: core.CauseHandshake})
			s.at(s.london, 20210*ms, entry{kind: linkUp, link: accepted(2)})
			s.at(s.london, 20220*ms, entry{kind: linkLost, link: accepted(2), cause: core.CauseLost})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := partitioned()
			last(s)
			s.talk(20500*ms, 30*time.Second, dial(7), accepted(3))
			faults := s.faults(t)
			if len(faults) != 1 || faults[0][:len("partition")] != "partition" {
				t.Errorf("the recordings imply %q, want one partition", faults)
			}
		})
	}
}

// A connection that had carried frames and is lost soon after a partition has broken.
func TestAConnectionThatBreaksAfterAPartition(t *testing.T) {
	s := partitioned()
	s.talk(20500*ms, 21*time.Second, dial(6), accepted(2))
	s.at(s.london, 21100*ms, entry{kind: linkLost, link: accepted(2), cause: core.CauseLost})
	s.at(s.tokyo, 21100*ms, entry{kind: linkLost, link: dial(6), cause: core.CauseLost})
	s.talk(21500*ms, 30*time.Second, dial(7), accepted(3))
	faults := s.faults(t)
	if len(faults) != 2 || faults[1][:len("break")] != "break" {
		t.Errorf("the recordings imply %q, want a partition, and a connection that broke", faults)
	}
}
