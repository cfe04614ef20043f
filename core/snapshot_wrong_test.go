package core

import (
	"encoding/binary"
	"maps"
	"testing"
)

// busyMachine is a rich machine with a free slot in each table, two forgettable peers and
// two calls whose timers are in the list.
func busyMachine(t *testing.T) *Machine {
	t.Helper()
	m := richMachine(t)
	for _, name := range []string{"s", "u", "v"} {
		m.Step(nil, &Event{Kind: EvFrame, Peer: name, Link: listenN(20), Command: TICK})
	}
	m.forget(m.peers.named("u"))
	for id := CallID(2); id <= 3; id++ {
		m.Step(nil, &Event{Kind: EvCall, Call: id, Method: []byte("S.M"), Timeout: 2 * durationMax, Idempotent: true})
	}
	m.Step(nil, &Event{Kind: EvCancel, Call: 2})
	m.Step(nil, &Event{Kind: EvReply, Ticket: ticket(1, m.requests.slots[1].generation)})
	if len(m.peers.freeSlots) != 1 || len(m.calls.freeSlots) != 1 || len(m.requests.freeSlots) != 1 || m.timers.due.n != 2 {
		t.Fatalf("not as busy as meant: free are %v, %v and %v, %d timers in the list",
			m.peers.freeSlots, m.calls.freeSlots, m.requests.freeSlots, m.timers.due.n)
	}
	return m
}

// wrong is a change of a busy machine, after which its snapshot is taken or not.
type wrong struct {
	change func(m *Machine)
	taken  bool
}

// wrongTables are changes of what holds peers, calls and requests.
func wrongTables() map[string]wrong {
	size := func(m *Machine) *Limits {
		l := &m.cfg.Limits
		l.PeersMax, l.CallsMax, l.ServingMax = len(m.peers.slots), len(m.calls.slots)-1, len(m.requests.slots)
		return l
	}
	return map[string]wrong{
		"nothing is wrong":           {func(*Machine) {}, true},
		"as large as can be":         {func(m *Machine) { size(m) }, true},
		"too many peers":             {func(m *Machine) { size(m).PeersMax-- }, false},
		"too many calls":             {func(m *Machine) { size(m).CallsMax-- }, false},
		"too many requests":          {func(m *Machine) { size(m).ServingMax-- }, false},
		"two peers of a name":        {func(m *Machine) { m.peers.named("z").name = "q" }, false},
		"a stage that is none":       {func(m *Machine) { m.peers.named("z").dialling.stage = stageMetResumed + 1 }, false},
		"the last stage":             {func(m *Machine) { m.peers.named("z").dialling.stage = stageMetResumed }, true},
		"the longest backoff":        {func(m *Machine) { m.peers.named("z").dialling.failures = backoffLimit }, true},
		"a longer backoff":           {func(m *Machine) { m.peers.named("z").dialling.failures = backoffLimit + 1 }, false},
		"a state that is none":       {func(m *Machine) { m.peers.named("z").dialling.state = stateCount }, false},
		"a state of the other half":  {func(m *Machine) { m.peers.named("z").listening.state = stateCount }, false},
		"a method of one byte":       {func(m *Machine) { m.calls.slots[0].method = []byte("M") }, true},
		"no free peer":               {func(m *Machine) { m.peers.freeSlots = nil }, true},
		"a free peer that is there":  {func(m *Machine) { m.peers.freeSlots[0] = 0 }, false},
		"a free peer twice":          {func(m *Machine) { m.peers.freeSlots = append(m.peers.freeSlots, m.peers.freeSlots[0]) }, false},
		"a free call that is live":   {func(m *Machine) { m.calls.freeSlots[0] = 0 }, false},
		"a free call twice":          {func(m *Machine) { m.calls.freeSlots = append(m.calls.freeSlots, m.calls.freeSlots[0]) }, false},
		"a free request that runs":   {func(m *Machine) { m.requests.freeSlots[0] = 0 }, false},
		"a free request twice":       {func(m *Machine) { m.requests.freeSlots = append(m.requests.freeSlots, m.requests.freeSlots[0]) }, false},
		"a row of nobody":            {func(m *Machine) { m.calls.slots[0].rows[0].peer = 99 }, false},
		"a row of a free peer":       {func(m *Machine) { m.calls.slots[0].rows[0].peer = m.peers.freeSlots[0] }, false},
		"a row of less than nobody":  {func(m *Machine) { m.calls.slots[0].rows[0].peer = -1 }, false},
		"a row of the next peer":     {func(m *Machine) { m.calls.slots[0].rows[0].peer = int32(len(m.peers.slots)) }, false},
		"a row that was of somebody": {func(m *Machine) { m.calls.slots[0].rows[0].peer, m.calls.slots[0].rows[0].pending = 99, false }, true},
		"a request of nobody":        {func(m *Machine) { m.requests.slots[0].peer = 99 }, false},
		"a request of nobody left":   {func(m *Machine) { m.requests.slots[0].peer, m.stopped = 99, true }, true},
		"an answered one of nobody":  {func(m *Machine) { m.requests.slots[1].peer = 99 }, true},
	}
}

// wrongTimers are changes of the timers, and of their list.
func wrongTimers() map[string]wrong {
	return map[string]wrong{
		"a timer of nobody":        {func(m *Machine) { m.timers.heap[0].owner = 99 }, false},
		"a timer of the next peer": {func(m *Machine) { m.timers.heap[0].owner = int32(len(m.peers.slots)) }, false},
		"a timer of a free peer":   {func(m *Machine) { m.timers.heap[0].owner = m.peers.freeSlots[0] }, false},
		"a timer of no kind":       {func(m *Machine) { m.timers.heap[0].kind = peerTimers }, false},
		"a call's timer of no kind": {func(m *Machine) {
			m.timers.setCall(&m.calls.slots[0].timer, m.now) // which is due before the last of the list
			m.timers.heap[0].kind = peerTimers
		}, false},
		"a timer of a free call": {func(m *Machine) { m.timers.heap[0].kind, m.timers.heap[0].owner = timerCall, m.calls.freeSlots[0] }, false},
		"a timer of no call":     {func(m *Machine) { m.timers.heap[0].kind, m.timers.heap[0].owner = timerCall, -1 }, false},
		"a timer of the next call": {func(m *Machine) {
			m.timers.heap[0].kind, m.timers.heap[0].owner = timerCall, int32(len(m.calls.slots))
		}, false},
		"a timer twice": {func(m *Machine) {
			m.timers.heap[1].kind, m.timers.heap[1].owner = m.timers.heap[0].kind, m.timers.heap[0].owner
		}, false},
		"a timer before its parent": {func(m *Machine) { m.timers.heap[1].at = m.timers.heap[0].at - 1 }, false},
		"a timer of a later parent": {func(m *Machine) {
			last := &m.timers.heap[heapArity+1]
			last.at, last.seq = m.timers.heap[1].at, m.timers.heap[1].seq-1
		}, false},
		"a listed timer of nobody":   {func(m *Machine) { m.timers.due.first.slot = 99 }, false},
		"a listed timer twice":       {func(m *Machine) { m.timers.due.last.slot = m.timers.due.first.slot }, false},
		"listed timers due together": {func(m *Machine) { m.timers.due.first.due = m.timers.due.last.due }, true},
		"listed timers in disorder":  {func(m *Machine) { m.timers.due.first.due = m.timers.due.last.due + 1 }, false},
	}
}

// The snapshot of a machine whose tables don't fit together is none.
func TestSnapshotOfTablesThatDoNotFitIsRefused(t *testing.T) {
	rich := busyMachine(t)
	changes := wrongTables()
	maps.Copy(changes, wrongTimers())
	for name, c := range changes {
		m := rich.Clone()
		c.change(m)
		_, err := Restore(m.Config(), m.AppendSnapshot(nil, wholeBodies{}), wholeBodies{})
		if taken := err == nil; taken != c.taken {
			t.Errorf("%s: taken is %v, want %v", name, taken, c.taken)
		}
	}
}

// What is no value of its type, or promises more than there is, breaks what is read.
func TestSnapshotOfWrongValuesIsRefused(t *testing.T) {
	numbers := func(list ...int64) (b []byte) {
		for _, v := range list {
			b = binary.AppendVarint(b, v)
		}
		return b
	}
	freeSlots := func(s *snapshot) { s.freeSlots(new([]int32), 3, func(slot int32) bool { return slot != 1 }) }
	forgettable := func(s *snapshot) {
		t := newPeerTable()
		t.slots = []*peer{newPeer(0), nil, newPeer(2)}
		s.forgettable(&t)
	}
	listed := func(s *snapshot) { s.listed(newMachine(t, Config{Name: "m", Network: "net"}), nil) }
	varint := func(v int64, more ...byte) []byte { return append(binary.AppendVarint(nil, v), more...) }
	for name, c := range map[string]struct {
		bytes []byte
		read  func(s *snapshot)
		taken bool
	}{
		"true":                   {varint(1), func(s *snapshot) { s.flag(new(bool)) }, true},
		"neither true nor not":   {varint(2), func(s *snapshot) { s.flag(new(bool)) }, false},
		"the largest byte":       {varint(255), func(s *snapshot) { integer(s, new(uint8)) }, true},
		"more than a byte":       {varint(256), func(s *snapshot) { integer(s, new(uint8)) }, false},
		"less than nothing":      {varint(-1), func(s *snapshot) { integer(s, new(uint32)) }, false},
		"nothing at all":         {nil, func(s *snapshot) { integer(s, new(uint8)) }, false},
		"no end of a number":     {[]byte{0x80}, func(s *snapshot) { integer(s, new(int64)) }, false},
		"an empty list":          {varint(0), func(s *snapshot) { s.count(0, 4) }, true},
		"a list":                 {varint(2, 1, 2, 3, 4, 5, 6, 7, 8), func(s *snapshot) { s.count(0, 4) }, true},
		"a list too long":        {varint(2, 1, 2, 3, 4, 5, 6, 7), func(s *snapshot) { s.count(0, 4) }, false},
		"less than a list":       {varint(-1, 1, 2, 3, 4, 5, 6, 7), func(s *snapshot) { s.count(0, 4) }, false},
		"a text":                 {varint(2, 'a', 'b'), func(s *snapshot) { s.text(new(string)) }, true},
		"half a text":            {varint(2, 'a'), func(s *snapshot) { s.text(new(string)) }, false},
		"some bytes":             {varint(2, 'a', 'b'), func(s *snapshot) { s.bytesOf(new([]byte)) }, true},
		"half of some bytes":     {varint(2, 'a'), func(s *snapshot) { s.bytesOf(new([]byte)) }, false},
		"half of a random":       {[]byte("pcg:0123456789abcde"), func(s *snapshot) { s.random(new(random)) }, false},
		"a random":               {[]byte("pcg:0123456789abcdef"), func(s *snapshot) { s.random(new(random)) }, true},
		"another kind of random": {[]byte("pcx:0123456789abcdef"), func(s *snapshot) { s.random(new(random)) }, false},
		"free slots":             {numbers(2, 2, 0), freeSlots, true},
		"no free slots":          {numbers(0), freeSlots, true},
		"a slot that is used":    {numbers(1, 1), freeSlots, false},
		"a free slot twice":      {numbers(2, 2, 2), freeSlots, false},
		"a free slot below":      {numbers(1, -1), freeSlots, false},
		"a free slot beyond":     {numbers(1, 3), freeSlots, false},
		"forgettable peers":      {numbers(2, 2, 0), forgettable, true},
		"no peer is forgotten":   {numbers(1, 1), forgettable, false},
		"nor twice":              {numbers(2, 2, 2), forgettable, false},
		"nor below":              {numbers(1, -1), forgettable, false},
		"nor beyond":             {numbers(1, 3), forgettable, false},
		"a timer of no call":     {numbers(0, 9, 9), listed, false},
		"half of a body":         {[]byte{9, 1}, func(s *snapshot) { s.body(new([]byte)) }, false},
	} {
		s := snapshot{bytes: c.bytes, bodies: wholeBodies{}, reading: true}
		c.read(&s)
		if s.broken == c.taken {
			t.Errorf("%s: taken is %v, want %v", name, !s.broken, c.taken)
		}
		if s.broken && s.bytes != nil {
			t.Errorf("%s: there is more to be read of what is broken", name)
		}
	}
}

func TestRestoreOfAWrongConfig(t *testing.T) {
	snap := richMachine(t).AppendSnapshot(nil, wholeBodies{})
	if _, err := Restore(Config{}, snap, wholeBodies{}); err == nil {
		t.Error("a node without a name was restored")
	}
}
