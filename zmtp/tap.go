package zmtp

// Tap reads along on one direction of a connection without being an end of it, for
// what stands between both ends. It understands NULL. The zero Tap is at the start of
// the connection.
type Tap struct {
	greeting [greetingBytes]byte
	greeted  int // bytes of it that have passed
	opaque   bool
	peer     metadata // what the sending end says of itself
}

// TapKind says what a piece is.
type TapKind uint8

// The kinds of pieces.
const (
	TapNone      TapKind = iota // nothing is whole yet
	TapHandshake                // some of the greeting, or a READY
	TapControl                  // another command of ZMTP's, such as PING
	TapMessage                  // a message, all its frames
	TapOpaque                   // not understood: another mechanism, or bytes that no end would take
)

// Piece is what passes as a whole: the first N bytes of what Next was given.
type Piece struct {
	Kind TapKind
	N    int
	// Command and Payload are the message's, and point into what Next was given. They
	// are nil for a message that is not a command and a payload.
	Command, Payload []byte
}

// Next returns the piece at the start of in, which holds what has not been returned
// yet. Only the greeting is returned in parts: libzmq sends its second one when it has
// the other end's first. Once a piece is opaque, everything is.
func (t *Tap) Next(in []byte) Piece {
	switch {
	case len(in) == 0:
		return Piece{}
	case !t.opaque && t.greeted < greetingBytes:
		n := copy(t.greeting[t.greeted:], in)
		t.greeted += n
		t.opaque = checkGreeting(t.greeting[:t.greeted], "NULL") != nil
		return Piece{Kind: TapHandshake, N: n}
	case !t.opaque:
		p, err := t.traffic(in)
		if err == nil {
			return p
		}
		t.opaque = true
	}
	return Piece{Kind: TapOpaque, N: len(in)}
}

// Identity returns the routing id that the sending end claims; "" while it has not.
func (t *Tap) Identity() string { return t.peer.identity }

// traffic is Next behind the greeting.
func (t *Tap) traffic(in []byte) (Piece, error) {
	p := Piece{Kind: TapMessage}
	var frames [2][]byte
	for count := 0; ; count++ {
		h, err := parseHeader(in[p.N:])
		if err != nil {
			return p, err
		}
		if h.size == 0 || h.length > uint64(len(in)-p.N-h.size) {
			return Piece{}, nil
		}
		body := in[p.N+h.size:][:h.length]
		p.N += h.size + len(body)
		switch {
		case h.flags&flagCommand != 0 && count > 0:
			return p, FaultFrame
		case h.flags&flagCommand != 0:
			p.Kind = t.control(body)
			return p, nil
		case count < len(frames):
			frames[count] = body
		}
		if h.flags&flagMore == 0 {
			if count == 1 {
				p.Command, p.Payload = frames[0], frames[1]
			}
			return p, nil
		}
	}
}

// control reads a command, and keeps what a READY says.
func (t *Tap) control(body []byte) TapKind {
	name, data, ok := cutShort(body)
	if !ok || !is(name, cmdReady) {
		return TapControl
	}
	if peer, err := parseMetadata(data); err == nil {
		t.peer = peer
	}
	return TapHandshake
}
