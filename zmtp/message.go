package zmtp

// message is the message whose frames are arriving.
type message struct {
	parts   int  // 1 once the command has arrived
	total   int  // bytes so far, headers and boxes included
	bad     bool // not a command and a payload: its frames are dropped
	command Command
}

// wantsPayload says whether the next frame, if it is the last, is the payload.
func (m *message) wantsPayload() bool { return m.parts == 1 && !m.bad }

// frame takes the next frame of the message, and fills in got if it is the last.
func (m *message) frame(f *wireFrame, got *Input) {
	m.total += f.wire // so that even endless empty frames reach the bound
	more := f.flags&flagMore != 0
	switch {
	case f.dropped:
	case m.parts == 0 && !m.bad && more && len(f.body) <= CommandBytesMax:
		m.parts = 1
		m.command.set(f.body)
		return
	case m.wantsPayload() && !more:
		got.Kind, got.Command, got.Payload, got.Keep = Message, m.command, f.body, f.owned
		m.reset()
		return
	}
	// A frame that has no place in a message of ours is passed over.
	if m.bad = more; !more {
		got.Kind = Malformed
		m.reset()
	}
}

func (m *message) reset() { m.parts, m.total, m.bad = 0, 0, false }

// gather collects a large frame in a buffer of its own, which grows with the
// bytes that have arrived.
type gather struct {
	buffer []byte
	room   int // that the buffer was asked to have; its capacity may be larger
	want   int // the frame's length; zero while none is gathered
	flags  byte
}

const (
	gatherStart = 16 << 10 // the first buffer, whatever length is promised
	gatherStep  = 1 << 20  // the next one is four times as large, up to so much more, and then twice
)

// next returns the size of the buffer that grow makes, if it has to.
func (g *gather) next() int {
	n := len(g.buffer)
	return min(g.want, max(gatherStart, 2*n, n+min(3*n, gatherStep)))
}

// full says whether the frame needs a larger buffer to go on.
func (g *gather) full() bool { return len(g.buffer) == g.room && !g.complete() }

// grow makes room behind what has arrived, if there is none.
func (g *gather) grow(from Buffers) {
	if !g.full() {
		return
	}
	size := g.next()
	larger := appendPieces(from.Get(size), g.buffer)
	g.release(from)
	g.buffer, g.room = larger, size
}

// free is the room behind what has arrived.
func (g *gather) free() []byte { return g.buffer[len(g.buffer):g.room] }

// release gives the buffer back.
func (g *gather) release(to Buffers) {
	if g.buffer != nil {
		to.Put(g.buffer)
		g.buffer, g.room = nil, 0
	}
}

// take copies what in has of the frame and returns how much that is.
func (g *gather) take(from Buffers, in []byte) int {
	taken := 0
	for taken < len(in) && !g.complete() {
		g.grow(from)
		n := copy(g.free(), in[taken:])
		g.buffer = g.buffer[:len(g.buffer)+n]
		taken += n
	}
	return taken
}

func (g *gather) complete() bool { return len(g.buffer) == g.want }

// hand gives the frame away.
func (g *gather) hand() (flags byte, frame []byte) {
	flags, frame = g.flags, g.buffer
	*g = gather{}
	return flags, frame
}

// Space returns the room into which the next bytes of the connection may be
// read directly, which saves a copy of a large payload; nil when there is none,
// and the bytes must go to the buffer given to Receive. It is only
// asked for when Receive has used all of that buffer.
func (c *Conn) Space() []byte {
	if c.gather.want == 0 || c.gather.complete() {
		return nil
	}
	c.gather.grow(c.buffers())
	return c.gather.free()
}

// Growth returns by how many bytes Held grows when Space is called next.
func (c *Conn) Growth() int {
	if !c.gather.full() {
		return 0
	}
	return c.gather.next() - c.gather.room
}

// Filled says that n bytes were read into Space. Space may be asked for again, and
// then Receive must be called; its buffer may be empty.
func (c *Conn) Filled(n int) {
	c.gather.buffer = c.gather.buffer[:len(c.gather.buffer)+n]
}

// Release puts the buffer of a frame that will not be whole back. It is the last call.
func (c *Conn) Release() {
	c.gather.release(c.buffers())
	c.gather = gather{}
}

// Opens says that Receive, when it is called next, opens the box of a large frame: it
// computes for some milliseconds a megabyte.
func (c *Conn) Opens() bool {
	return c.cfg.Curve != nil && c.gather.want > 0 && c.gather.complete()
}
