package zmtp

import "encoding/binary"

// The listening end of CURVE.

// hello takes HELLO and appends WELCOME. The state to be remembered of it travels in
// the cookie, sealed with a key of this connection.
func (c *Conn) hello(out, data []byte) ([]byte, error) {
	hs := c.hands
	if len(data) != helloBytes || data[0] != 1 || data[1] != 0 {
		return out, FaultCommand
	}
	data = data[2+helloPadding:]
	client := (*[KeyBytes]byte)(data) // C'
	nonce := binary.BigEndian.Uint64(data[KeyBytes:])
	shared, err := sharedKey(&c.cfg.Curve.Secret, client)
	if err != nil {
		return out, err
	}
	hello := counted(&shared, prefixHello)
	if !hello.open(data[KeyBytes+counterBytes:], nonce) {
		return out, FaultBox
	}
	hs.nonce = nonce
	c.state = stateInitiate
	return appendCommand(out, cmdWelcome, hs.makeWelcome(&shared, client)), nil
}

// The parts of a listening end's entropy.
func (hs *handshake) serverSecret() *[KeyBytes]byte {
	return (*[KeyBytes]byte)(hs.entropy[:])
}
func (hs *handshake) welcomeNonce() *[longNonceBytes]byte {
	return (*[longNonceBytes]byte)(hs.entropy[KeyBytes:])
}
func (hs *handshake) cookieNonce() *[longNonceBytes]byte {
	return (*[longNonceBytes]byte)(hs.entropy[KeyBytes+longNonceBytes:])
}
func (hs *handshake) cookieKey() *[KeyBytes]byte {
	return (*[KeyBytes]byte)(hs.entropy[KeyBytes+2*longNonceBytes:])
}

// makeWelcome makes the box from S to C' that holds S' and the cookie.
func (hs *handshake) makeWelcome(shared, client *[KeyBytes]byte) []byte {
	secret := hs.serverSecret()
	server := PublicKey(secret)
	welcome := append(make([]byte, 0, welcomeBytes), hs.welcomeNonce()[:]...)
	welcome = append(welcome, make([]byte, tagBytes)...)
	welcome = append(welcome, server[:]...)

	cookie := len(welcome)
	welcome = append(welcome, hs.cookieNonce()[:]...)
	welcome = append(welcome, make([]byte, tagBytes)...)
	welcome = append(welcome, client[:]...)
	welcome = append(welcome, secret[:]...)
	sealOnce(hs.cookieKey(), prefixCookie, hs.cookieNonce(), welcome[cookie+longNonceBytes:])
	sealOnce(shared, prefixWelcome, hs.welcomeNonce(), welcome[longNonceBytes:])
	clear(hs.serverSecret()[:]) // it is in the cookie, and nowhere else
	return welcome
}

// openCookie returns C' and the secret of S'.
func (hs *handshake) openCookie(cookie []byte) (client, secret *[KeyBytes]byte, err error) {
	sealed := cookie[longNonceBytes:]
	if !openOnce(hs.cookieKey(), prefixCookie, (*[longNonceBytes]byte)(cookie), sealed) {
		return nil, nil, FaultBox
	}
	content := sealed[tagBytes:]
	return (*[KeyBytes]byte)(content), (*[KeyBytes]byte)(content[KeyBytes:]), nil
}

// initiate takes INITIATE. From here on the other end is known to hold the
// secret of the key it shows.
func (c *Conn) initiate(data []byte) (Input, error) {
	hs := c.hands
	if len(data) < initiateBytesMin-1-len(cmdInitiate) {
		return Input{}, FaultCommand
	}
	client, secret, err := hs.openCookie(data[:cookieBytes])
	if err != nil {
		return Input{}, err
	}
	nonce := binary.BigEndian.Uint64(data[cookieBytes:])
	if nonce <= hs.nonce {
		return Input{}, FaultNonce
	}
	if hs.shared, err = sharedKey(secret, client); err != nil {
		return Input{}, err
	}
	sealed := data[cookieBytes+counterBytes:]
	initiate := counted(&hs.shared, prefixInitiate)
	if !initiate.open(sealed, nonce) {
		return Input{}, FaultBox
	}
	content := sealed[tagBytes:]
	peer := (*[KeyBytes]byte)(content) // C
	if err := c.checkVouch(content[KeyBytes:KeyBytes+vouchBytes], peer, client, secret); err != nil {
		return Input{}, err
	}
	if c.peer, err = parseMetadata(content[KeyBytes+vouchBytes:]); err != nil {
		return Input{}, err
	}
	c.peerKey, hs.nonce, c.state = *peer, nonce, stateAdmit
	return Input{Kind: Knock}, nil
}

// checkVouch checks the box from C to S' for C' and S: that the holder of C
// opened this very connection, and opened it to us.
func (c *Conn) checkVouch(vouch []byte, peer, client, secret *[KeyBytes]byte) error {
	shared, err := sharedKey(secret, peer)
	if err != nil {
		return err
	}
	sealed := vouch[longNonceBytes:]
	if !openOnce(&shared, prefixVouch, (*[longNonceBytes]byte)(vouch), sealed) {
		return FaultBox
	}
	content := sealed[tagBytes:]
	if !equalKeys(content[:KeyBytes], client[:]) || !equalKeys(content[KeyBytes:], c.cfg.Curve.Public[:]) {
		return FaultBox
	}
	return nil
}

// appendCurveReady appends READY and readies both directions.
func (c *Conn) appendCurveReady(out []byte) []byte {
	hs := c.hands
	sealed := c.appendOwnMetadata(make([]byte, tagBytes))
	ready := counted(&hs.shared, prefixReady)
	ready.seal(sealed, nonceReady)
	c.sealer = Sealer{curve: true, box: c.messageBox(prefixFromServer), nonce: nonceReady}
	c.opener = opener{box: c.messageBox(prefixFromClient), nonce: hs.nonce}
	return appendCommand(out, cmdReady, binary.BigEndian.AppendUint64(nil, nonceReady), sealed)
}
