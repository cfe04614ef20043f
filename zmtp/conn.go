package zmtp

// Conn is one end of one connection. It is made by Dial or Accept, belongs to
// one owner, and is not safe for concurrent use; its Sealer may be used by
// another goroutine than the rest.
type Conn struct {
	cfg   *Config
	dials bool // this end dialled; the other one listens
	state state
	fault error      // why the state is failed
	hands *handshake // nil from up on

	peerKey  [KeyBytes]byte
	peer     metadata
	reason   string // of the ERROR that refused us
	sealer   Sealer
	opener   opener
	deadline Instant // of the handshake
	beat     heartbeat
	message  message
	gather   gather
	skip     uint64 // bytes of a frame still to be passed over
}

// state says what a connection waits for.
type state uint8

const (
	stateGreeting   state = iota + 1
	stateReady            // NULL: READY of the other end
	stateHello            // CURVE, listening: HELLO
	stateInitiate         // CURVE, listening: INITIATE
	stateAdmit            // listening: the owner's Admit
	stateWelcome          // CURVE, dialling: WELCOME
	stateCurveReady       // CURVE, dialling: READY
	stateUp
	stateFailed
)

var stateNames = [stateFailed + 1]string{
	stateGreeting: "greeting", stateReady: cmdReady, stateHello: cmdHello, stateInitiate: cmdInitiate,
	stateAdmit: "admission", stateWelcome: cmdWelcome, stateCurveReady: cmdReady,
}

// Dial makes the dialling end of a connection. With CURVE, server is the key
// that the other end must prove to have; with NULL it is not looked at.
// The caller must have found cfg.Check to be nil.
func Dial(cfg *Config, server *[KeyBytes]byte, entropy *Entropy, now Instant) *Conn {
	c := newConn(cfg, true, entropy, now)
	if cfg.Curve != nil {
		c.peerKey = *server
	}
	return c
}

// Accept makes the listening end of a connection. The caller must have found
// cfg.Check to be nil.
func Accept(cfg *Config, entropy *Entropy, now Instant) *Conn {
	return newConn(cfg, false, entropy, now)
}

func newConn(cfg *Config, dials bool, entropy *Entropy, now Instant) *Conn {
	c := &Conn{cfg: cfg, dials: dials, state: stateGreeting, deadline: Never}
	if cfg.Curve != nil {
		c.hands = &handshake{entropy: *entropy}
	}
	if cfg.HandshakeTimeout > 0 {
		c.deadline = now.Add(cfg.HandshakeTimeout)
	}
	return c
}

// Start appends the first bytes to write.
func (c *Conn) Start(dst []byte) []byte { return appendGreeting(dst, c.mechanism()) }

// Deadline returns when Timeout wants to be called; Never when nothing is
// waited for.
func (c *Conn) Deadline() Instant {
	switch c.state {
	case stateFailed:
		return Never
	case stateUp:
		return c.beat.deadline()
	}
	return c.deadline
}

// Timeout appends what is due at now, or returns the fault that time has
// brought. Early and spurious calls do nothing.
func (c *Conn) Timeout(now Instant, out []byte) ([]byte, error) {
	if now < c.Deadline() {
		return out, c.fault
	}
	if c.state != stateUp {
		return out, c.fail(FaultHandshake)
	}
	out, err := c.beat.timeout(now, out, c.cfg)
	if err != nil {
		return out, c.fail(err)
	}
	return out, nil
}

// Taken says that the other end is taking what was sent, and has not got all of it: the
// silence after a PING counts from now on. It is for large messages on slow lines, behind
// which a PING may wait for longer than the other end may be silent.
func (c *Conn) Taken(now Instant) {
	if c.state == stateUp {
		c.beat.taken(now, c.cfg)
	}
}

// Clone returns a connection that behaves as c does from here on. Only one of
// the two may go on to speak with a real peer: with CURVE both would use the
// same counters.
func (c *Conn) Clone() *Conn {
	clone := *c
	if c.hands != nil {
		hands := *c.hands
		clone.hands = &hands
	}
	if c.gather.buffer != nil {
		clone.gather.buffer = appendPieces(c.buffers().Get(c.gather.room), c.gather.buffer)
	}
	clone.sealer.box.ahead = c.sealer.box.ahead.clone()
	clone.opener.box.ahead = c.opener.box.ahead.clone()
	return &clone
}

// Up says whether the handshake is done and nothing has failed since.
func (c *Conn) Up() bool { return c.state == stateUp }

// Awaits names what the handshake waits for: the greeting, a command, or the
// owner's admission. It is empty when the connection is up or has failed.
func (c *Conn) Awaits() string { return stateNames[c.state] }

// Held returns how many bytes of memory the connection holds for a large frame
// that is still arriving. Besides that it holds nothing that grows, but for
// less than 1 KiB of key streams while a CURVE connection is busy.
func (c *Conn) Held() int { return c.gather.room }

// PeerKey returns the public key of the other end: with CURVE and from Knock
// or up on, that end has proven to hold it. It is zero with NULL.
func (c *Conn) PeerKey() *[KeyBytes]byte { return &c.peerKey }

// PeerIdentity returns the routing id that the other end claims, from Knock or
// up on. Nothing proves it.
func (c *Conn) PeerIdentity() string { return c.peer.identity }

// PeerSocketType returns "ROUTER" or "DEALER" from Knock or up on.
func (c *Conn) PeerSocketType() string { return c.peer.socketType }

// Reason returns the text of the ERROR that came with FaultRefused. It is the
// other end's, at most 255 bytes of anything.
func (c *Conn) Reason() string { return c.reason }

// Sealer returns the sending side of the connection. It may be used from up on.
func (c *Conn) Sealer() *Sealer { return &c.sealer }

func (c *Conn) mechanism() string {
	if c.cfg.Curve != nil {
		return "CURVE"
	}
	return "NULL"
}

// socketType is what this end calls itself.
func (c *Conn) socketType() string {
	if !c.dials {
		return socketRouter
	}
	return socketDealer
}

func (c *Conn) appendOwnMetadata(dst []byte) []byte {
	return appendMetadata(dst, c.socketType(), c.cfg.Identity)
}

// rise enters the state up.
func (c *Conn) rise(now Instant) {
	c.state, c.hands = stateUp, nil
	c.beat.start(now, c.cfg, c.dials)
}

// fail enters the state failed, in which everything answers with the fault,
// and lets go of what was gathered.
func (c *Conn) fail(err error) error {
	c.state, c.fault, c.hands = stateFailed, err, nil
	c.gather.release(c.buffers())
	c.gather, c.message = gather{}, message{}
	return err
}
