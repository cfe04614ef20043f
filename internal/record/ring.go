package record

import "bytes"

// ring is the memory of a Recorder: two segments, of which one is written and the other
// has what came before it.
type ring struct {
	writing  int    // which of the segments
	bytesMax int    // of a segment
	count    uint64 // events seen
	segments [2]segment
	skipping bool // the event under way has no room in a segment
	sumAt    int  // where the sum of the event under way has its place in the segment
	snapshot int  // bytes of the snapshot for which there is no room; zero: there is
}

// segment is a snapshot and what followed it.
type segment struct {
	bytes  []byte
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
}

// copied returns a ring of the same contents, for reading.
func (r *ring) copied() *ring {
	c := *r
	for i := range c.segments {
		c.segments[i].bytes = bytes.Clone(r.segments[i].bytes)
	}
	return &c
}

// inOrder returns the segments that have anything, the older one first.
func (r *ring) inOrder() (segments []segment) {
	for i := range r.segments {
		if s := &r.segments[(r.writing+1+i)%len(r.segments)]; s.events > 0 {
			segments = append(segments, *s)
		}
	}
	return segments
}

// current returns the segment that is written.
func (r *ring) current() *segment { return &r.segments[r.writing%len(r.segments)] }

// full says whether nothing is recorded any more.
func (r *ring) full() bool { return r.snapshot > 0 }

// fits says whether n bytes more have room in the segment.
func (r *ring) fits(n int) bool { return len(r.current().bytes)+n <= r.bytesMax }

// turn empties the older segment, to be written from here on.
func (r *ring) turn() *segment {
	r.writing = 1 - r.writing
	s := r.current()
	*s = segment{bytes: s.bytes[:0], first: r.count, gap: r.skipping}
	r.skipping = false
	return s
}

// begun notes that the snapshot of the segment is whole. A snapshot that leaves no more
// than half of the segment for events ends the recording: it would be made too often.
func (r *ring) begun() {
	s := r.current()
	s.events = len(s.bytes)
	if s.events > r.bytesMax/2 {
		r.snapshot, r.bytesMax = s.events, 0
		r.segments = [2]segment{}
	}
}
