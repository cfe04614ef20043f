package core

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"
)

// recorded returns a storm's Config and events.
func recorded(t *testing.T, seed uint64, events int) (Config, []Event) {
	t.Helper()
	s := newStorm(t, seed)
	s.recording = true
	for range events {
		s.event()
	}
	if s.err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, s.err, s.tail())
	}
	return s.cfg, s.record
}

func newMachine(t *testing.T, cfg Config) *Machine {
	t.Helper()
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// allOf writes every field of some actions down.
func allOf(actions []Action) string {
	var b bytes.Buffer
	for i := range actions {
		fmt.Fprintf(&b, "%+v\n", actions[i])
	}
	return b.String()
}

// P1: the same config and events give equal actions, whatever the destination
// holds and however much room it has.
func TestSameEventsSameActions(t *testing.T) {
	for seed := uint64(1); seed <= 12; seed++ {
		cfg, events := recorded(t, seed, 1500)
		a, b := newMachine(t, cfg), newMachine(t, cfg)
		junk := make([]Action, 3, 64)
		for i := range junk[:cap(junk)] {
			junk[:cap(junk)][i] = Action{Kind: ActDone, Peer: "junk", Body: []byte("junk")}
		}
		for i := range events {
			fresh := a.Step(nil, &events[i])
			reused := b.Step(junk[:i%4:3+i%62], &events[i])
			if !slices.EqualFunc(reused[:i%4], junk[:i%4], func(x, y Action) bool { return x.Peer == y.Peer }) {
				t.Fatalf("seed %d, event %d: the destination's own actions were changed", seed, i)
			}
			if got, want := allOf(reused[i%4:]), allOf(fresh); got != want {
				t.Fatalf("seed %d, event %d (%s): got\n%swant\n%s", seed, i, eventLine(&events[i]), got, want)
			}
		}
		if !bytes.Equal(a.AppendState(nil), b.AppendState(nil)) {
			t.Fatalf("seed %d: the states differ", seed)
		}
	}
}

// A clone goes on as the original does, and neither sees what the other is fed.
func TestClone(t *testing.T) {
	for seed := uint64(1); seed <= 12; seed++ {
		cfg, events := recorded(t, seed, 1500)
		_, others := recorded(t, seed+100, 300)
		m := newMachine(t, cfg)
		for i := range events {
			if i%300 == 299 {
				stray := m.Clone()
				before := m.AppendState(nil)
				for j := range others {
					stray.Step(nil, &others[j])
				}
				if !bytes.Equal(before, m.AppendState(nil)) {
					t.Fatalf("seed %d, event %d: what a clone was fed changed the original", seed, i)
				}
				twin := m.Clone()
				if !bytes.Equal(before, twin.AppendState(nil)) || twin.Stats() != m.Stats() {
					t.Fatalf("seed %d, event %d: the clone is not alike", seed, i)
				}
				m, twin = twin, m // the original stands still from here on
				still := twin.AppendState(nil)
				checkTwins(t, m.Clone(), twin.Clone(), events[i:min(i+300, len(events))])
				if !bytes.Equal(still, twin.AppendState(nil)) {
					t.Fatalf("seed %d, event %d: clones of a clone changed it", seed, i)
				}
			}
			m.Step(nil, &events[i])
		}
	}
}

func checkTwins(t *testing.T, a, b *Machine, events []Event) {
	t.Helper()
	for i := range events {
		if got, want := allOf(a.Step(nil, &events[i])), allOf(b.Step(nil, &events[i])); got != want {
			t.Fatalf("event %d after cloning (%s): got\n%swant\n%s", i, eventLine(&events[i]), got, want)
		}
		if err := broken(a); err != nil {
			t.Fatalf("event %d after cloning: %v", i, err)
		}
	}
}

// Two machines that differ in absolute time and in the numbers of their links
// only have the same encoding, and different ones at most times have not.
func TestStateIsRelative(t *testing.T) {
	const links = 1 << 40
	shifts := []time.Duration{0, time.Nanosecond, time.Hour, 20_000 * time.Hour}
	for seed := uint64(1); seed <= 8; seed++ {
		cfg, events := recorded(t, seed, 1500)
		m := newMachine(t, cfg)
		var others []*Machine
		for range shifts {
			x := newMachine(t, cfg)
			x.dialSeq = links
			others = append(others, x)
		}
		seen := map[string]bool{}
		for i := range events {
			m.Step(nil, &events[i])
			state := m.AppendState(nil)
			seen[string(state)] = true
			for j, shift := range shifts {
				ev := events[i]
				ev.At = max(0, ev.At).Add(shift)
				if ev.Link.Half == Dialling && ev.Link.N > 0 {
					ev.Link.N += links
				}
				if ev.Link.Half == Listening && ev.Link.N > 0 {
					ev.Link.N += links / 2
				}
				others[j].Step(nil, &ev)
				if !bytes.Equal(state, others[j].AppendState(nil)) {
					t.Fatalf("seed %d, event %d (%s), shifted by %v: the states differ", seed, i, eventLine(&events[i]), shift)
				}
			}
		}
		if len(seen) < len(events)/3 {
			t.Errorf("seed %d: %d states in %d events: the encoding says too little", seed, len(seen), len(events))
		}
	}
}

func TestStateAppends(t *testing.T) {
	m := newMachine(t, Config{Name: "m"})
	if got := m.AppendState([]byte("kept")); string(got) != "kept"+string(m.AppendState(nil)) {
		t.Errorf("got %q", got)
	}
}

// The payloads that one machine has handed out are not written over by its clone.
func TestCloneHasItsOwnPayloads(t *testing.T) {
	m := newMachine(t, Config{Name: "m", Network: "net", LinksReported: true})
	m.Step(nil, &Event{Kind: EvFrame, Peer: "b", Link: listenN(1), Command: JOIN, Body: []byte("net")})
	c := m.Clone()
	stay := m.Step(nil, &Event{Kind: EvFrame, Peer: "b", Link: listenN(1), Command: JOIN, Body: []byte("net")})[0].Body
	want := bytes.Clone(stay)
	c.Step(nil, &Event{Kind: EvFrame, Peer: "x", Link: listenN(2), Command: TICK}) // gets PART
	if !bytes.Equal(stay, want) {
		t.Errorf("STAY was % x and is % x after a Step of the clone", want, stay)
	}
}
