package core

import (
	"encoding/binary"
	"errors"
)

// A snapshot is a whole state as bytes, for a machine that goes on elsewhere as this one
// does here. Reading and writing are one walk over the fields, so that the two can't
// disagree, and TestSnapshotHasEveryField holds by reflection that it leaves none out.

// BodyCodec reads and writes the Body and the Head of a pending call in a snapshot, since
// somebody who keeps snapshots may not want to keep these.
type BodyCodec interface {
	// AppendBody appends what stands for b to dst. It must not keep b.
	AppendBody(dst, b []byte) []byte
	// ReadBody returns what AppendBody wrote at the beginning of src, and what follows it;
	// ok is false if there is no such thing.
	ReadBody(src []byte) (b, rest []byte, ok bool)
}

// AppendSnapshot appends the state of m, as it is between events, to dst. With Restore and
// m.Config it makes a machine that answers every further event with the same actions.
func (m *Machine) AppendSnapshot(dst []byte, bodies BodyCodec) []byte {
	s := snapshot{bytes: dst, bodies: bodies}
	s.machine(m)
	return s.bytes
}

// errSnapshot says that bytes are no snapshot.
var errSnapshot = errors.New("core: not a snapshot of a machine of this version")

// Restore returns the machine of that Config whose state a snapshot is. Any bytes may be
// given: those that no machine has written are an error, or the state of a machine that
// has no reason to be in it, and that may panic. The snapshot is not kept.
func Restore(cfg Config, snap []byte, bodies BodyCodec) (*Machine, error) {
	m, err := New(cfg)
	if err != nil {
		return nil, err
	}
	s := snapshot{bytes: snap, bodies: bodies, reading: true}
	s.machine(m)
	if s.broken || len(s.bytes) > 0 {
		return nil, errSnapshot
	}
	return m, nil
}

// snapshot is a snapshot being written or read. Each of its methods writes what it is
// given, or sets it. Once it is broken nothing is set any more.
type snapshot struct {
	bytes   []byte    // what is written so far, or yet to be read
	bodies  BodyCodec // of pending calls
	reading bool      // else writing
	broken  bool      // what is read is no snapshot
}

// fail notes that what is read is no snapshot.
func (s *snapshot) fail() { s.broken, s.bytes = true, nil }

// need fails what is read unless ok.
func (s *snapshot) need(ok bool) {
	if s.reading && !ok {
		s.fail()
	}
}

// integers are the types of the numbers in a machine.
type integers interface {
	~int | ~int32 | ~int64 | ~uint8 | ~uint32 | ~uint64
}

// integer is a number of any size, in few bytes if it is near zero.
func integer[T integers](s *snapshot, v *T) {
	if !s.reading {
		s.bytes = binary.AppendVarint(s.bytes, int64(*v))
		return
	}
	x, n := binary.Varint(s.bytes)
	if n <= 0 || int64(T(x)) != x {
		s.fail()
		return
	}
	s.bytes = s.bytes[n:]
	*v = T(x)
}

// integerList is each of some numbers.
func integerList[T integers](s *snapshot, v []T) {
	for i := range v {
		integer(s, &v[i])
	}
}

// flag is a truth value.
func (s *snapshot) flag(v *bool) {
	var n uint8
	if *v {
		n = 1
	}
	integer(s, &n)
	s.need(n < 2)
	*v = n == 1
}

// flags are some of them.
func (s *snapshot) flags(v ...*bool) {
	for _, f := range v {
		s.flag(f)
	}
}

// count is the length of a list, of which each element takes at least so many bytes.
func (s *snapshot) count(n int, least int) int {
	integer(s, &n)
	s.need(n >= 0 && n <= len(s.bytes)/least)
	if s.broken {
		return 0
	}
	return n
}

// bytesOf is a slice whose memory is its own, nil if it is empty.
func (s *snapshot) bytesOf(v *[]byte) {
	n := s.count(len(*v), 1)
	switch {
	case !s.reading:
		s.bytes = append(s.bytes, *v...)
	case n > 0:
		*v = append([]byte(nil), s.bytes[:n]...)
		s.bytes = s.bytes[n:]
	}
}

// text is a string.
func (s *snapshot) text(v *string) {
	n := s.count(len(*v), 1)
	if !s.reading {
		s.bytes = append(s.bytes, *v...)
		return
	}
	*v = string(s.bytes[:n])
	s.bytes = s.bytes[n:]
}

// body is bytes of a user.
func (s *snapshot) body(v *[]byte) {
	if !s.reading {
		s.bytes = s.bodies.AppendBody(s.bytes, *v)
		return
	}
	if s.broken {
		return
	}
	b, rest, ok := s.bodies.ReadBody(s.bytes)
	if !ok {
		s.fail()
		return
	}
	*v, s.bytes = b, rest
}

// link is a link, or none.
func (s *snapshot) link(v *Link) {
	integer(s, &v.Half)
	integer(s, &v.N)
}

// meet is what a peer has told.
func (s *snapshot) meet(v *Meet) {
	integer(s, &v.Extensions)
	integer(s, &v.Incarnation)
}

// random is where random numbers come from.
func (s *snapshot) random(v *random) {
	const size = len("pcg:") + 16
	if !s.reading {
		s.bytes, _ = v.AppendBinary(s.bytes) // never fails
		return
	}
	if len(s.bytes) < size || v.UnmarshalBinary(s.bytes[:size]) != nil {
		s.fail()
		return
	}
	s.bytes = s.bytes[size:]
}

// window is a window, or nil.
func (s *snapshot) window(v **window) {
	there := *v != nil
	s.flag(&there)
	if !there || s.broken {
		return
	}
	if s.reading {
		*v = new(window)
	}
	w := *v
	s.flag(&w.used)
	integer(s, &w.incarnation)
	s.link(&w.link)
	integer(s, &w.top)
	for i := range w.blocks {
		bits := windowBlock{} // zeroes take a byte
		if b := w.blocks[i]; b != nil {
			bits = *b
		}
		if integerList(s, bits[:]); s.reading && bits != (windowBlock{}) {
			w.blocks[i] = &bits
		}
	}
}

// stats are the counters.
func (s *snapshot) stats(v *Stats) {
	integerList(s, v.FramesIn[:])
	integerList(s, v.FramesOut[:])
	integerList(s, v.Drops[:])
	integerList(s, v.Refusals[:])
	integerList(s, v.Outcomes[:])
	for _, n := range [...]*uint64{&v.Calls, &v.Casts, &v.Dials, &v.Resends, &v.SendsRefused, &v.RepliesLost} {
		integer(s, n)
	}
}
