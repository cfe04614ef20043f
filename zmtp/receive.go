package zmtp

// Kind says what Receive came upon.
type Kind uint8

// The kinds.
const (
	// None: everything that can be used was; more bytes are needed.
	None Kind = iota
	// Knock: a peer has shown who it is and waits for Admit. Listening ends only.
	Knock
	// Risen: the handshake is done. Dialling ends only: on listening ends it is
	// done when Admit returns.
	Risen
	// Message: a command and a payload arrived.
	Message
	// Malformed: a message that is not a command and a payload is passed over.
	Malformed
)

// CommandBytesMax is the longest first frame of a message; a message with a
// longer one is Malformed.
const CommandBytesMax = 15

// Command is the first frame of a message, by value, so that it does not
// matter for how long its bytes stay where they arrived.
type Command struct {
	length uint8
	bytes  [CommandBytesMax]byte
}

// Bytes returns the frame. It is valid as long as c.
func (c *Command) Bytes() []byte { return c.bytes[:c.length] }

func (c *Command) set(frame []byte) { c.length = uint8(copy(c.bytes[:], frame)) }

// Input is what one call of Receive came upon.
type Input struct {
	Kind Kind
	// N is how many bytes of the buffer were used and may be forgotten.
	N int
	// Command and Payload are the message's. Payload points into the buffer given
	// to Receive, unless Keep is set: then it is a buffer that belongs to the
	// caller from now on. Behind it there may be bytes of other messages.
	Command Command
	Payload []byte
	Keep    bool
}

// Receive takes the bytes at the start of in, which were read at now and not
// used before, up to the first thing to tell. It may change them, but
// only the N it has used. The bytes to write in answer are appended to out.
//
// With None and bytes left over, more must be read behind them; the buffer
// never has to be larger than BufferBytesMax. After a fault every call answers
// with it.
func (c *Conn) Receive(now Instant, out, in []byte) (Input, []byte, error) {
	if c.fault != nil {
		return Input{}, out, c.fault
	}
	var got Input
	var err error
	if c.state == stateUp {
		c.beat.heard()
		out, err = c.receiveTraffic(now, out, in, &got)
	} else {
		got, out, err = c.receiveHandshake(now, out, in)
	}
	if err != nil {
		return got, out, c.fail(err)
	}
	return got, out, nil
}

// receiveTraffic is Receive for a connection that is up. It fills got in, as
// those do that it calls, because to hand an Input up by value takes longer
// than to find one.
func (c *Conn) receiveTraffic(now Instant, out, in []byte, got *Input) ([]byte, error) {
	var f wireFrame
	for {
		n, err := c.nextFrame(in[got.N:], &f)
		got.N += n
		if err != nil || f.wire == 0 {
			return out, err
		}
		buffer := f.body
		out, err = c.frame(now, out, &f, got)
		if f.owned && !got.Keep { // it is no message's
			c.buffers().Put(buffer)
		}
		if err != nil || got.Kind != None {
			return out, err
		}
	}
}

// wireFrame is a frame as it arrived.
type wireFrame struct {
	wire    int // its bytes, header included; zero means no frame
	flags   byte
	body    []byte
	owned   bool // the buffer of body is the receiver's to keep
	dropped bool // body was not kept, and is still to be passed over
}

// nextFrame makes f the next whole frame from the start of in and says how many
// bytes that used. Without a whole frame it takes what it can do without in.
func (c *Conn) nextFrame(in []byte, f *wireFrame) (used int, err error) {
	*f = wireFrame{}
	if c.skip > 0 {
		used = int(min(c.skip, uint64(len(in))))
		c.skip -= uint64(used)
	}
	if c.gather.want > 0 {
		used += c.gather.take(c.buffers(), in[used:])
		c.gathered(f)
		return used, nil
	}
	h, err := parseHeader(in[used:])
	if err != nil || h.size == 0 {
		return used, err
	}
	if err := c.checkSize(h); err != nil {
		return used, err
	}
	wire := h.size + int(h.length)
	if h.length < KeepBytes {
		end := used + wire
		if end > len(in) {
			return used, nil
		}
		f.wire, f.flags, f.body = wire, h.flags, in[used+h.size:end:end]
		return end, nil
	}
	used += h.size
	if c.useless(h) {
		c.skip = h.length
		f.wire, f.flags, f.dropped = wire, h.flags, true
		return used, nil
	}
	c.gather = gather{want: int(h.length), flags: h.flags}
	c.gather.grow(c.buffers())
	used += c.gather.take(c.buffers(), in[used:])
	c.gathered(f)
	return used, nil
}

// gathered makes f the large frame, if that is whole.
func (c *Conn) gathered(f *wireFrame) {
	if c.gather.complete() {
		f.flags, f.body = c.gather.hand()
		f.wire, f.owned = longHeaderBytes+len(f.body), true
	}
}

// useless says of a large frame that nothing in it can matter: it is neither
// the payload of a message of ours nor, with CURVE, a box whose flags are inside.
func (c *Conn) useless(h header) bool {
	return c.cfg.Curve == nil && (h.flags != 0 || !c.message.wantsPayload())
}

// checkSize refuses a frame that would make its message too large, before any
// of it is kept.
func (c *Conn) checkSize(h header) error {
	limit := uint64(c.cfg.PayloadBytesMax + messageOverheadMax)
	if h.length > limit || uint64(c.message.total)+h.length > limit {
		return FaultTooLarge
	}
	return nil
}

// frame does what a frame asks for.
func (c *Conn) frame(now Instant, out []byte, f *wireFrame, got *Input) ([]byte, error) {
	if c.cfg.Curve != nil {
		var err error
		if f.flags, f.body, err = c.opener.open(f.flags, f.body); err != nil {
			return out, err
		}
	}
	if f.flags&flagCommand != 0 {
		if f.dropped {
			return out, nil // no command of that size means anything to us
		}
		return c.control(now, out, f.body)
	}
	if len(f.body) > c.cfg.PayloadBytesMax {
		return out, FaultTooLarge
	}
	c.message.frame(f, got)
	return out, nil
}

// control handles a command on a connection that is up. Those of
// publish-subscribe, and those that nobody has thought of yet, mean nothing here.
func (c *Conn) control(now Instant, out, body []byte) ([]byte, error) {
	name, data, ok := cutShort(body)
	if !ok {
		return out, FaultCommand
	}
	if is(name, cmdPing) {
		return c.beat.pinged(now, out, data, c.cfg)
	}
	return out, nil
}
