package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Options say what a Recorder keeps.
type Options struct {
	// Bytes bounds the memory of the ring: BytesDefault if it is zero, BytesMin at least, and
	// FileBytesMax at most.
	Bytes int
	// Bodies has the bytes of users kept as they are.
	Bodies bool
	// PanicFile is written when the machine panics; empty: nothing is.
	PanicFile string
}

// The memory of a ring.
const (
	BytesDefault = 4 << 20
	BytesMin     = 8 << 10
)

// About is what a recording says beside what the machine knows.
type About struct {
	// Epoch is when the machine's time began, by the clock of the node.
	Epoch time.Time
	// Silence is how long the transport hears nothing before it takes a connection for
	// dead; zero: for ever.
	Silence time.Duration
}

// Recorder keeps what one machine sees. A nil Recorder is none.
//
// A driver attaches it to a new machine, and calls Step in place of the machine's, with
// the lock of the node, which the other methods take.
type Recorder struct {
	ring                  // the first of its fields are what each step needs
	machine *core.Machine // not an interface, or each event would be on the heap
	key     maphash.Seed  // of the hashes; never written
	opaque  func([]byte) uint64
	to      string // whom the latest plain call with an address was to
	options Options

	mu    sync.Mutex // guards lock, while it is not set
	lock  sync.Locker
	about About

	config core.Config

	// Of the event under way, if it is large.
	spans []core.Span
	parts parts
}

// New returns a Recorder that is attached to nothing.
func New(o Options) *Recorder {
	if o.Bytes == 0 {
		o.Bytes = BytesDefault
	}
	o.Bytes = min(max(o.Bytes, BytesMin), FileBytesMax)
	r := &Recorder{options: o, key: maphash.MakeSeed()}
	r.opaque = r.hash
	if o.Bodies {
		r.opaque = sumBytes
	}
	return r
}

// Errors of a Recorder.
var (
	ErrAttached = errors.New("the recorder is another node's: make one for each")
	ErrNothing  = errors.New("the recorder is no node's yet")
)

// Attach begins to record a machine. lock is what its driver holds while it steps.
func (r *Recorder) Attach(m *core.Machine, lock sync.Locker, about About) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lock != nil {
		return ErrAttached
	}
	r.lock, r.machine, r.about = lock, m, about
	r.config = m.Config()
	r.init(r.options.Bytes)
	r.begin()
	return nil
}

// Step is Step of the machine, recorded. If the machine panics the recording is written
// to Options.PanicFile, with the event as its last, before the panic goes on.
func (r *Recorder) Step(dst []core.Action, ev *core.Event) []core.Action {
	if !r.isPlain(ev) {
		return r.stepRare(dst, ev)
	}
	from := len(dst)
	r.stepping = true
	defer r.watch(ev)
	dst = r.machine.Step(dst, ev)
	r.stepping = false
	r.plain(ev, dst[from:])
	return dst
}

// stepRare is Step for an event that is no plain one, or may have no room in the segment.
func (r *Recorder) stepRare(dst []core.Action, ev *core.Event) []core.Action {
	from := len(dst)
	r.note(ev)
	r.stepping = true
	defer r.watch(nil)
	dst = r.machine.Step(dst, ev)
	r.stepping = false
	r.took(ev, dst[from:])
	return dst
}

// watch writes the recording of a machine that has not come back from its step. An event
// that was not noted before is noted now.
func (r *Recorder) watch(ev *core.Event) {
	if !r.stepping {
		return
	}
	if ev != nil {
		r.plain(ev, nil)
	}
	r.panicked()
}

// note notes an event.
func (r *Recorder) note(ev *core.Event) {
	if r.full() {
		return // for good: the state of the machine has no room in it
	}
	kept, parts := len(ev.Body)+len(ev.Err)+len(ev.Head), (*parts)(nil)
	if kept > rawMax && !r.options.Bodies {
		r.look(ev)
		kept, parts = r.parts.kept(ev), &r.parts
	}
	need := eventBytesMax(ev, kept)
	if !r.fits(need) {
		r.begin()
	}
	r.count++
	if r.skipping = !r.fits(need); r.skipping {
		return
	}
	spans := r.spans
	if parts == nil {
		spans = nil
	}
	written := r.last.append(r.written(), ev, parts, spans)
	r.sumAt = len(written)
	r.at = int32(r.sumAt + sumSize)
}

// rawMax is the most bytes of users that are in the memory of the ring as they are, until
// it is written: to copy them takes less than to find and hash them.
const rawMax = 256

// look finds the parts of an event that are not kept.
func (r *Recorder) look(ev *core.Event) {
	r.spans, r.parts.n = ev.OpaqueBody(r.spans[:0], &r.config.Limits), 0
	for _, s := range r.spans {
		r.parts.add(ev.Body[s.From:s.To], r.key)
	}
	if len(ev.Err) > 0 {
		r.parts.add(ev.Err, r.key)
	}
	if len(ev.Head) > 0 {
		r.parts.add(ev.Head, r.key)
	}
}

// took notes the actions of an event that was noted.
func (r *Recorder) took(ev *core.Event, actions []core.Action) {
	switch {
	case r.full():
	case r.skipping:
		r.begin()
	default:
		sum, _ := r.sum(ev, actions)
		binary.LittleEndian.PutUint32(r.memory[r.sumAt:], sum)
	}
}

// sum returns the sum of the actions of an event, and how many bytes of its body come before
// those of a user.
func (r *Recorder) sum(ev *core.Event, actions []core.Action) (sum uint32, own int) {
	peer := ev.Peer
	if peer == "" {
		peer = r.last.peer
	}
	return sumActions(peer, ev, actions, r.opaque)
}

// begin begins a segment with the present state of the machine.
func (r *Recorder) begin() {
	r.last, r.to = context{}, ""
	r.turn()
	r.begun(r.machine.AppendSnapshot(r.written(), r))
}

// AppendBody writes a body of a pending call into a snapshot.
func (r *Recorder) AppendBody(dst, b []byte) []byte {
	if r.options.Bodies {
		return appendBytes(dst, b)
	}
	return appendOpaque(dst, len(b), r.hash(b))
}

// ReadBody is not for a Recorder.
func (r *Recorder) ReadBody([]byte) (b, rest []byte, ok bool) { return nil, nil, false }

// hash returns the hash of bytes of users.
func (r *Recorder) hash(b []byte) uint64 { return hashBytes(r.key, b) }

// WriteTo writes the recording as it is at this moment. It may be called at any time,
// concurrently with everything, and when the node is closed too. The node is held for as
// long as it takes to copy the ring.
func (r *Recorder) WriteTo(w io.Writer) (int64, error) {
	r.mu.Lock()
	lock := r.lock
	r.mu.Unlock()
	if lock == nil {
		return 0, ErrNothing
	}
	lock.Lock()
	ring := r.ring.copied()
	lock.Unlock()
	file, err := r.file(ring, false)
	if err != nil {
		return 0, err
	}
	n, err := w.Write(file)
	return int64(n), err
}

// file returns the recording that a ring is, without the bytes of users. The latest event
// has no sum if the machine has not come back from it.
func (r *Recorder) file(ring *ring, unfinished bool) ([]byte, error) {
	if ring.full() {
		return nil, fmt.Errorf("the recorder has no room for the state of the node, which takes %d bytes: give it %d", ring.snapshot, 8*ring.snapshot)
	}
	h := header{Options: r.options, About: r.about, Written: time.Now(), Config: r.config}
	segments := ring.inOrder()
	for i := range segments {
		if err := r.unpack(&segments[i]); err != nil {
			return nil, err
		}
	}
	if s := &segments[len(segments)-1]; unfinished && !ring.skipping {
		s.bytes = s.bytes[:len(s.bytes)-sumSize]
	}
	return appendFile(nil, &h, segments), nil
}

// unpack makes the events of a segment what they are in a file: without the bytes of users,
// unless these are kept.
func (r *Recorder) unpack(s *segment) error {
	in := unpacker{Player: Player{recording: &Recording{Config: r.config}, events: decoder{bytes: s.bytes[s.events:]}}}
	out, last, hider := bytes.Clone(s.bytes[:s.events]), context{}, Recorder{key: r.key, config: r.config}
	for len(in.events.bytes) > 0 {
		event := in.events.bytes
		sum, err := in.next()
		switch {
		case err != nil:
			return err
		case !in.raw: // it is in the ring as in a file
			out = append(out, event[:len(event)-len(in.events.bytes)-sumSize]...)
			last = in.last
		case r.options.Bodies:
			out = last.append(out, &in.event, nil, nil)
		default:
			hider.look(&in.event)
			if err := in.hide(&hider); err != nil {
				return err
			}
			out = last.append(out, &in.event, &hider.parts, hider.spans)
		}
		out = binary.LittleEndian.AppendUint32(out, sum)
	}
	s.bytes = out
	return nil
}

// panicked writes the recording of a machine that panics.
func (r *Recorder) panicked() {
	if r.options.PanicFile == "" {
		return
	}
	file, err := r.file(r.ring.copied(), true)
	if err == nil {
		err = os.WriteFile(r.options.PanicFile, file, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bilateralrpc: the protocol panics, and its recording can't be written:", err)
		return
	}
	fmt.Fprintln(os.Stderr, "bilateralrpc: the protocol panics; its recording is", r.options.PanicFile)
}
