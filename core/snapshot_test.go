package core

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"testing"
)

// wholeBodies is a BodyCodec that keeps bodies as they are.
type wholeBodies struct{}

func (wholeBodies) AppendBody(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

func (wholeBodies) ReadBody(src []byte) (b, rest []byte, ok bool) {
	n, size := binary.Uvarint(src)
	if size <= 0 || n > uint64(len(src)-size) {
		return nil, nil, false
	}
	at := size + int(n)
	return bytes.Clone(src[size:at]), src[at:], true
}

// restored returns what a snapshot of m makes.
func restored(t *testing.T, m *Machine) *Machine {
	t.Helper()
	snap := m.AppendSnapshot([]byte("before"), wholeBodies{})
	c, err := Restore(m.Config(), snap[len("before"):], wholeBodies{})
	if err != nil {
		t.Fatal(err)
	}
	if again := c.AppendSnapshot(nil, wholeBodies{}); !bytes.Equal(again, snap[len("before"):]) {
		t.Fatal("the snapshot of what a snapshot made is another one")
	}
	return c
}

// notRestored lists the fields that another machine of the same state may have otherwise.
func notRestored() map[string]string {
	left := maps.Clone(notCloned)
	left["index.cells"] = "their order means nothing, and a table that has grown does not shrink"
	left["index.shift"] = "that of the cells"
	left["peer.prev"] = "they mean nothing outside of the list, whose order its snapshot has"
	left["peer.next"] = left["peer.prev"]
	return left
}

// What a snapshot makes has every field of the machine.
func TestSnapshotHasEveryField(t *testing.T) {
	checkCopies(t, &cloneCheck{left: notRestored()}, func(m *Machine) *Machine { return restored(t, m) })
}

// What a snapshot makes goes on as the machine does.
func TestRestoredGoesOnAlike(t *testing.T) {
	for seed := uint64(1); seed <= 12; seed++ {
		cfg, events := recorded(t, seed, 1500)
		m := newMachine(t, cfg)
		for i := range events {
			if i%300 == 299 {
				checkTwins(t, m.Clone(), restored(t, m), events[i:min(i+300, len(events))])
			}
			m.Step(nil, &events[i])
		}
	}
}

// Bytes that are no snapshot are an error, and never a panic, wherever they are wrong;
// what is taken is a machine whose tables fit together.
func TestBrokenSnapshots(t *testing.T) {
	m := richMachine(t)
	snap := m.AppendSnapshot(nil, wholeBodies{})
	for n := range snap {
		if _, err := Restore(m.Config(), snap[:n], wholeBodies{}); err == nil {
			t.Fatalf("the first %d of %d bytes are taken for a snapshot", n, len(snap))
		}
	}
	if _, err := Restore(m.Config(), append(snap, 0), wholeBodies{}); err == nil {
		t.Fatal("a byte too many is taken for a snapshot")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	taken, refused := 0, 0
	for range 20_000 {
		b := bytes.Clone(snap)
		for range 1 + rng.IntN(3) {
			b[rng.IntN(len(b))] = byte(rng.Uint32())
		}
		c, err := Restore(m.Config(), b, wholeBodies{})
		if err != nil {
			refused++
			continue
		}
		taken++
		c.AppendSnapshot(nil, wholeBodies{})
		c.Clone()
	}
	if taken == 0 || refused == 0 {
		t.Fatalf("%d taken, %d refused: this test says nothing", taken, refused)
	}
}
