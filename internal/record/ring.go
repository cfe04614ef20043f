package record

import "bytes"

// ring is the memory of a Recorder: two segments, of which one is written and the other
// has what came before it.
type ring struct {
	// What each step needs is together, in one line of the processor's cache: the lock of
	// the node goes from processor to processor, and what is written under it with it.
	memory   []byte  // of the segment that is written, all of it
	last     context // what the next event is written relative to
	count    uint64  // events seen
	at       int32   // where in memory the next event goes
	stepping bool    // the machine has not come back from an event

	writing  int // which of the segments
	bytesMax int // of a segment
	segments [2]segment
	skipping bool // the event under way has no room in a segment
	sumAt    int  // where the sum of the event under way has its place in the segment
	snapshot int  // bytes of the snapshot for which there is no room; zero: there is
}

// segment is a snapshot and what followed it.
type segment struct {
	bytes  []byte // what was written; that of the segment that is written is in the ring
	events int    // where these begin in bytes; zero: nothing was recorded yet
	first  uint64 // how many events the machine had seen before
	gap    bool   // an event between the segment before and this one was not kept
}

// init makes room.
func (r *ring) init(size int) {
	r.bytesMax = size / len(r.segments)
	for i := range r.segments {
		b := make([]byte, r.bytesMax)
		clear(b) // the system gives the memory now, and not page by page while the node is at work
		r.segments[i].bytes = b[:0]
	}
	r.memory = r.segments[r.writing].bytes
}

// copied returns a ring of the same contents, for reading.
func (r *ring) copied() *ring {
	c := *r
	c.segments[c.writing].bytes = r.written()
	for i := range c.segments {
		c.segments[i].bytes = bytes.Clone(c.segments[i].bytes)
	}
	c.memory = nil
	return &c
}

// inOrder returns the segments of a copy that have anything, the older one first.
func (r *ring) inOrder() (segments []segment) {
	for i := range r.segments {
		if s := &r.segments[(r.writing+1+i)%len(r.segments)]; s.events > 0 {
			segments = append(segments, *s)
		}
	}
	return segments
}

// written returns what is in the segment that is written.
func (r *ring) written() []byte { return r.memory[:r.at] }

// full says whether nothing is recorded any more.
func (r *ring) full() bool { return r.snapshot > 0 }

// fits says whether n bytes more have room in the segment.
func (r *ring) fits(n int) bool { return len(r.memory)-int(r.at) >= n }

// turn empties the older segment, to be written from here on.
func (r *ring) turn() {
	r.segments[r.writing].bytes = r.written()
	r.writing = 1 - r.writing
	s := &r.segments[r.writing]
	r.memory, r.at = s.bytes[:cap(s.bytes)], 0
	*s = segment{first: r.count, gap: r.skipping}
	r.skipping = false
}

// begun notes that the segment begins with this snapshot, which was appended to it. One that
// leaves no more than half of the segment for events ends the recording: it would be made
// too often.
func (r *ring) begun(snapshot []byte) {
	r.at = int32(len(snapshot))
	r.segments[r.writing].events = len(snapshot)
	if len(snapshot) > r.bytesMax/2 {
		r.snapshot, r.memory, r.at = len(snapshot), nil, 0
		r.segments = [2]segment{}
	}
}
