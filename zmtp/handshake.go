package zmtp

// handshake is what a CURVE connection has to know until it is up, and forgets
// then: who records the connection and steals the long-term keys later can't
// open what was said, because these keys are gone.
type handshake struct {
	entropy   Entropy
	transient [KeyBytes]byte // dialling: our secret key of this connection
	shared    [KeyBytes]byte // the key between both ends as of the last command
	nonce     uint64         // of the other end's last command
}

// receiveHandshake is Receive for a connection that is not up yet.
func (c *Conn) receiveHandshake(now Instant, out, in []byte) (got Input, _ []byte, err error) {
	used := 0
	for got.Kind == None {
		var n int
		if c.state == stateGreeting {
			n, out, err = c.greeted(out, in[used:])
		} else {
			n, got, out, err = c.handshakeCommand(now, out, in[used:])
		}
		if err != nil || n == 0 {
			return Input{N: used}, out, err
		}
		used += n
	}
	got.N = used
	return got, out, nil
}

// greeted takes the other end's greeting and appends our first command, which
// is the dialling end's to send.
func (c *Conn) greeted(out, in []byte) (int, []byte, error) {
	if err := checkGreeting(in[:min(len(in), greetingBytes)], c.mechanism()); err != nil {
		return 0, out, err
	}
	if len(in) < greetingBytes {
		return 0, out, nil
	}
	var err error
	switch {
	case c.cfg.Curve == nil:
		c.state = stateReady
		if c.dials {
			out = appendCommand(out, cmdReady, c.appendOwnMetadata(nil))
		}
	case c.dials:
		c.state = stateWelcome
		out, err = c.appendHello(out)
	default:
		c.state = stateHello
	}
	return greetingBytes, out, err
}

// handshakeCommand takes the next command of the handshake, if it is whole and
// we wait for one.
func (c *Conn) handshakeCommand(now Instant, out, in []byte) (int, Input, []byte, error) {
	if c.state == stateAdmit {
		return 0, Input{}, out, nil // what comes behind the knock has to wait
	}
	h, err := parseHeader(in)
	if err != nil || h.size == 0 {
		return 0, Input{}, out, err
	}
	if h.flags != flagCommand {
		return 0, Input{}, out, FaultFrame
	}
	if h.length > uint64(handshakeBytesMax) {
		return 0, Input{}, out, FaultTooLarge
	}
	end := h.size + int(h.length)
	if end > len(in) {
		return 0, Input{}, out, nil
	}
	name, data, ok := cutShort(in[h.size:end])
	if !ok {
		return 0, Input{}, out, FaultCommand
	}
	got, out, err := c.handshakeStep(now, out, name, data)
	return end, got, out, err
}

// handshakeStep does what a command means in the present state.
func (c *Conn) handshakeStep(now Instant, out, name, data []byte) (got Input, _ []byte, err error) {
	switch {
	case is(name, cmdError):
		return got, out, c.refused(data)
	case c.state == stateReady && is(name, cmdReady):
		got, err = c.readyNull(now, data)
	case c.state == stateHello && is(name, cmdHello):
		out, err = c.hello(out, data)
	case c.state == stateInitiate && is(name, cmdInitiate):
		got, err = c.initiate(data)
	case c.state == stateWelcome && is(name, cmdWelcome):
		out, err = c.welcome(out, data)
	case c.state == stateCurveReady && is(name, cmdReady):
		got, err = c.readyCurve(now, data)
	default:
		err = FaultCommand
	}
	return got, out, err
}

// refused takes an ERROR.
func (c *Conn) refused(data []byte) error {
	reason, _, ok := cutShort(data)
	if !ok {
		return FaultCommand
	}
	c.reason = string(reason)
	return FaultRefused
}

// readyNull takes the READY of a NULL connection.
func (c *Conn) readyNull(now Instant, data []byte) (Input, error) {
	var err error
	if c.peer, err = parseMetadata(data); err != nil {
		return Input{}, err
	}
	if !c.dials {
		c.state = stateAdmit
		return Input{Kind: Knock}, nil
	}
	c.rise(now)
	return Input{Kind: Risen}, nil
}

// Admit answers a Knock: the connection is up, or it has failed and what is
// appended is the last to write before the owner closes it. Receive goes on
// with the rest of the buffer, which it must be given again.
func (c *Conn) Admit(now Instant, out []byte, admitted bool) []byte {
	if c.state != stateAdmit {
		return out
	}
	if !admitted {
		_ = c.fail(FaultAdmission)
		return appendError(out)
	}
	if c.cfg.Curve == nil {
		out = appendCommand(out, cmdReady, c.appendOwnMetadata(nil))
	} else {
		out = c.appendCurveReady(out)
	}
	c.rise(now)
	return out
}
