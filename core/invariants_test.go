package core

import (
	"fmt"
	"slices"
	"testing"
)

// required and allowed name the timers that go with a state of a half: one that
// waits for something has a timer, or it would wait for ever, and no timer
// outlives what it was about.
var requiredTimers = [stateCount][]timerKind{
	Waiting:   {timerDial},
	Reaching:  {timerPhase},
	Probe:     {timerJoin, timerPhase},
	Limbo:     {timerTick, timerTock, timerJoin},
	Connected: {timerTick},
	Check:     {timerTock},
	Draining:  {timerDrain},
}

var allowedTimers = [stateCount][]timerKind{
	Waiting:   {timerDial},
	Reaching:  {timerPhase, timerDial, timerReach},
	Probe:     {timerJoin, timerPhase},
	Handshake: {timerJoin, timerPhase, timerAnswer},
	Limbo:     {timerTick, timerTock, timerJoin, timerAnswer},
	Connected: {timerTick},
	Check:     {timerTock, timerAnswer},
	Draining:  {timerDrain},
}

// diallingTimers are those that belong to the dialling half.
var diallingTimers = []timerKind{timerDial, timerReach, timerJoin, timerPhase, timerTick, timerTock, timerAnswer, timerDrain}

// broken returns the first invariant of m that does not hold, nil if all do.
func broken(m *Machine) error {
	for _, check := range []func(*Machine) error{brokenHeap, brokenPeers, brokenCalls, brokenLimits, brokenOutput} {
		if err := check(m); err != nil {
			return err
		}
	}
	return nil
}

func brokenHeap(m *Machine) error {
	for i := range m.timers.heap {
		if i > 0 && m.timers.heap[i].before(&m.timers.heap[(i-1)/heapArity]) {
			return fmt.Errorf("timer %d is due before its parent", i)
		}
		if pos := *m.timers.heap[i].pos; pos != int32(i) || m.timers.heap[i].pos != ownersPos(m, &m.timers.heap[i]) {
			return fmt.Errorf("timer %d: its owner says it is at %d, or is another one", i, pos)
		}
	}
	return brokenDue(m)
}

// ownersPos returns where the owner of a timer in the heap keeps its position.
func ownersPos(m *Machine, t *timerItem) *int32 {
	if t.kind == timerCall {
		return &m.calls.slots[t.owner].timer.pos
	}
	return &m.peers.slots[t.owner].timers[t.kind]
}

func brokenDue(m *Machine) error {
	n := 0
	var before *callTimer
	for t := m.timers.due.first; t != nil; t = t.next {
		c := m.calls.slots[t.slot]
		if !c.live || t != &c.timer || t.pos != inList || t.prev != before {
			return fmt.Errorf("the list of calls by deadline is broken at slot %d", t.slot)
		}
		if before != nil && (before.due > t.due || before.seq >= t.seq) {
			return fmt.Errorf("the call in slot %d is due before that in slot %d, or was armed before it, and comes later", t.slot, before.slot)
		}
		before = t
		n++
	}
	for slot, c := range m.calls.slots {
		if t := &c.timer; t.pos != inList && (t.prev != nil || t.next != nil) {
			return fmt.Errorf("the timer of call slot %d is in no list, but has neighbours", slot)
		}
	}
	if n != m.timers.due.n || m.timers.due.last != before {
		return fmt.Errorf("%d calls in the list by deadline, it says %d", n, m.timers.due.n)
	}
	return nil
}

func brokenPeers(m *Machine) error {
	active, known := 0, 0
	for slot, p := range m.peers.slots {
		if p == nil {
			continue
		}
		known++
		if p.up {
			active++
		}
		if p.slot != int32(slot) || m.peers.named(p.name) != p {
			return fmt.Errorf("%s: slot %d and the map disagree", p.name, slot)
		}
		if err := brokenPeer(p); err != nil {
			return fmt.Errorf("%s in %v/%v: %w", p.name, p.dialling.state, p.listening.state, err)
		}
	}
	if m.peers.last != nil && m.peers.named(m.peers.last.name) != m.peers.last {
		return fmt.Errorf("%s, which was found last, is not in the table", m.peers.last.name)
	}
	if active != m.peers.active || known != m.peers.len() {
		return fmt.Errorf("counts: %d active, %d known; the machine says %d, %d", active, known, m.peers.active, m.peers.len())
	}
	return brokenIdle(m)
}

func brokenPeer(p *peer) error {
	switch d, l := p.dialling.state, p.listening.state; {
	case p.up != p.active():
		return fmt.Errorf("the driver was told up=%v", p.up)
	case p.address == "" && d != Idle:
		return fmt.Errorf("a dial without an address")
	case p.address != "" && d == Idle && l == Idle:
		return fmt.Errorf("an address, and neither half tries")
	case d == Draining && l != Serving:
		return fmt.Errorf("a drain towards nothing")
	case l == Serving && (d == Waiting || d == Reaching || d == Probe):
		return fmt.Errorf("a dial that has not joined beside one that serves")
	case l != Serving && l != Idle:
		return fmt.Errorf("not a state of a listening half")
	case p.dialling.uses < 0 || p.pending < 0 || p.serving < 0:
		return fmt.Errorf("a count below zero")
	case d == Probe && p.dialling.stage != stageNew, d == Handshake && p.dialling.stage > stageJoining:
		return fmt.Errorf("a link in stage %d, before a STAY", p.dialling.stage)
	case d == Limbo && p.dialling.stage != stageJoining:
		return fmt.Errorf("a link in stage %d after the STAY of an old peer", p.dialling.stage)
	case p.idle != (p.address == "" && d == Idle && l == Idle):
		return fmt.Errorf("forgettable: %v", p.idle)
	}
	return brokenTimers(p)
}

func brokenTimers(p *peer) error {
	serving := p.listening.state == Serving
	for _, kind := range requiredTimers[p.dialling.state] {
		if !p.armed(kind) {
			return fmt.Errorf("timer %v is not armed", timerNames[kind])
		}
	}
	for _, kind := range diallingTimers {
		if p.armed(kind) && !slices.Contains(allowedTimers[p.dialling.state], kind) {
			return fmt.Errorf("timer %v is armed", timerNames[kind])
		}
	}
	switch {
	case p.dialling.state == Reaching && p.armed(timerDial) == p.armed(timerReach):
		return fmt.Errorf("either a dial is under way or a pause")
	case p.dialling.state == Handshake && p.armed(timerPhase) == serving:
		return fmt.Errorf("a join ends by its phase, or by the answer's timer")
	case (p.dialling.state == Handshake || p.dialling.state == Limbo) && p.armed(timerAnswer) != serving:
		return fmt.Errorf("serving=%v and the answer's timer armed=%v", serving, p.armed(timerAnswer))
	case p.dialling.state == Check && p.armed(timerAnswer) && !serving:
		return fmt.Errorf("an answer is due though nothing else serves")
	case serving != p.armed(timerServe):
		return fmt.Errorf("the timer of the silence is armed=%v", p.armed(timerServe))
	case !serving && p.armed(timerNudge):
		return fmt.Errorf("nobody to nudge")
	case p.idle != p.armed(timerForget):
		return fmt.Errorf("the timer to forget is armed=%v", p.armed(timerForget))
	}
	return nil
}

func brokenIdle(m *Machine) error {
	n, before := 0, int32(noSlot)
	for slot := m.peers.idleFirst; slot != noSlot; slot = m.peers.slots[slot].next {
		p := m.peers.slots[slot]
		if !p.idle || p.prev != before {
			return fmt.Errorf("the list of forgettable peers is broken at %s", p.name)
		}
		before = slot
		n++
	}
	want := 0
	for _, p := range m.peers.slots {
		if p != nil && p.idle {
			want++
		}
	}
	if n != want || m.peers.idleLast != before {
		return fmt.Errorf("%d peers in the list of forgettable ones, want %d", n, want)
	}
	return nil
}

// brokenCalls compares the counts that peers keep with what calls and requests
// say one by one.
func brokenCalls(m *Machine) error {
	pending, serving, uses := map[int32]int32{}, map[int32]int32{}, map[int32]int32{}
	note := func(slot int32, link Link) {
		if link == m.peers.slots[slot].diallingLink() {
			uses[slot]++
		}
	}
	live := 0
	for slot := range m.calls.slots {
		c := m.calls.slots[slot]
		if !c.live {
			continue
		}
		live++
		rows := int32(0)
		for _, r := range c.rows {
			if r.pending {
				rows++
				pending[r.peer]++
				note(r.peer, r.link)
			}
		}
		if id, ok := m.calls.byID.get(uint64(c.id)); !ok || id != int32(slot) || c.slot != int32(slot) {
			return fmt.Errorf("call %d: its id leads to slot %d, it says %d, it is %d", c.handle, id, c.slot, slot)
		}
		if handle, ok := m.calls.byHandle.get(uint64(c.handle)); !ok || handle != int32(slot) {
			return fmt.Errorf("call %d: its name leads to slot %d, it is %d", c.handle, handle, slot)
		}
		if rows != c.pending || rows == 0 {
			return fmt.Errorf("call %d: %d rows wait, it says %d", c.handle, rows, c.pending)
		}
	}
	requests := 0
	for i := range m.requests.slots {
		if r := &m.requests.slots[i]; r.live {
			requests++
			if !m.stopped {
				serving[r.peer]++
				note(r.peer, r.link)
			}
		}
	}
	if live != m.calls.byHandle.n || live != m.calls.byID.n || requests != m.requests.running {
		return fmt.Errorf("%d calls and %d requests; the machine says %d, %d and %d", live, requests, m.calls.byHandle.n, m.calls.byID.n, m.requests.running)
	}
	for slot, p := range m.peers.slots {
		if p == nil {
			continue
		}
		if s := int32(slot); p.pending != pending[s] || p.serving != serving[s] || p.dialling.uses != uses[s] {
			return fmt.Errorf("%s says pending %d, serving %d, uses %d; counted %d, %d, %d",
				p.name, p.pending, p.serving, p.dialling.uses, pending[s], serving[s], uses[s])
		}
	}
	return nil
}

func brokenLimits(m *Machine) error {
	s, l := m.Stats(), &m.cfg.Limits
	switch {
	case s.Peers > l.PeersMax:
		return fmt.Errorf("%d peers", s.Peers)
	case s.CallsPending > l.CallsMax:
		return fmt.Errorf("%d calls", s.CallsPending)
	case s.Serving > l.ServingMax:
		return fmt.Errorf("%d requests being served", s.Serving)
	case s.Timers > int(peerTimers)*s.Peers+s.CallsPending:
		return fmt.Errorf("%d timers", s.Timers)
	}
	return nil
}

// checkEmpty fails the test unless m, stopped and with every handler returned,
// holds nothing.
func checkEmpty(t *testing.T, m *Machine) {
	t.Helper()
	s := m.Stats()
	if s.Peers != 0 || s.ActivePeers != 0 || s.CallsPending != 0 || s.Serving != 0 || s.Timers != 0 || m.Deadline() != Never {
		t.Errorf("after stop: %d peers, %d active, %d calls, %d requests, %d timers, deadline %d; want none, and never",
			s.Peers, s.ActivePeers, s.CallsPending, s.Serving, s.Timers, m.Deadline())
	}
	if err := broken(m); err != nil {
		t.Errorf("after stop: %v", err)
	}
}

// brokenOutput checks that the memory of the caller of Step is let go.
func brokenOutput(m *Machine) error {
	if m.out.actions != nil {
		return fmt.Errorf("a Step is over, and its destination is held")
	}
	return nil
}
