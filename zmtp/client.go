package zmtp

import (
	"crypto/subtle"
	"encoding/binary"
)

// The dialling end of CURVE (RFC 26). Names in comments are the RFC's: C and S
// are the long-term keys, C' and S' those of the connection.

const (
	helloBytes   = 2 + helloPadding + KeyBytes + counterBytes + tagBytes + helloZeroes // without its name
	helloPadding = 72                                                                  // HELLO is no shorter than WELCOME: no amplification
	helloZeroes  = 64
	cookieBytes  = longNonceBytes + tagBytes + 2*KeyBytes
	welcomeBytes = longNonceBytes + tagBytes + KeyBytes + cookieBytes // without its name
	vouchBytes   = longNonceBytes + tagBytes + 2*KeyBytes
	// initiateBytesMin is an INITIATE without metadata, with its name.
	initiateBytesMin = 1 + len(cmdInitiate) + cookieBytes + counterBytes + tagBytes + KeyBytes + vouchBytes

	prefixHello    = "CurveZMQHELLO---"
	prefixInitiate = "CurveZMQINITIATE"
	prefixReady    = "CurveZMQREADY---"
	prefixWelcome  = "WELCOME-"
	prefixCookie   = "COOKIE--"
	prefixVouch    = "VOUCH---"

	nonceHello    = 1 // the dialling end counts on: MESSAGEs start at 3
	nonceInitiate = 2
	nonceReady    = 1 // the listening end's MESSAGEs start at 2
)

// counted seals or opens under a nonce that is a prefix and a counter.
func counted(shared *[KeyBytes]byte, prefix string) box {
	return newBox(shared, (*[prefixBytes]byte)([]byte(prefix)))
}

// messageBox makes the box of one direction's MESSAGEs.
func (c *Conn) messageBox(prefix string) box {
	b := counted(&c.hands.shared, prefix)
	b.pause = c.cfg.Pause
	return b
}

// appendHello appends HELLO: C' in the clear, and a box from C' to S that
// proves its possession.
func (c *Conn) appendHello(out []byte) ([]byte, error) {
	hs := c.hands
	hs.transient = [KeyBytes]byte(hs.entropy[:KeyBytes])
	var err error
	if hs.shared, err = sharedKey(&hs.transient, &c.peerKey); err != nil {
		return out, err
	}
	data := make([]byte, 2+helloPadding, helloBytes)
	data[0] = 1 // version 1.0
	transient := PublicKey(&hs.transient)
	data = append(data, transient[:]...)
	data = binary.BigEndian.AppendUint64(data, nonceHello)
	sealed := make([]byte, tagBytes+helloZeroes)
	hello := counted(&hs.shared, prefixHello)
	hello.seal(sealed, nonceHello)
	return appendCommand(out, cmdHello, data, sealed), nil
}

// welcome takes WELCOME, which only the holder of S's secret can have made,
// and appends INITIATE.
func (c *Conn) welcome(out, data []byte) ([]byte, error) {
	hs := c.hands
	if len(data) != welcomeBytes {
		return out, FaultCommand
	}
	nonce := (*[longNonceBytes]byte)(data)
	sealed := data[longNonceBytes:]
	if !openOnce(&hs.shared, prefixWelcome, nonce, sealed) {
		return out, FaultBox
	}
	content := sealed[tagBytes:]
	server := (*[KeyBytes]byte)(content) // S'
	cookie := content[KeyBytes:]
	vouch, err := c.makeVouch(server)
	if err != nil {
		return out, err
	}
	if hs.shared, err = sharedKey(&hs.transient, server); err != nil {
		return out, err
	}
	sealed = make([]byte, tagBytes, initiateBytesMin+metadataBytesMax)
	sealed = append(sealed, c.cfg.Curve.Public[:]...)
	sealed = append(sealed, vouch...)
	sealed = c.appendOwnMetadata(sealed)
	initiate := counted(&hs.shared, prefixInitiate)
	initiate.seal(sealed, nonceInitiate)
	c.state = stateCurveReady
	counter := binary.BigEndian.AppendUint64(nil, nonceInitiate)
	return appendCommand(out, cmdInitiate, cookie, counter, sealed), nil
}

// makeVouch makes the box from C to S' that ties C' to C.
func (c *Conn) makeVouch(server *[KeyBytes]byte) ([]byte, error) {
	hs := c.hands
	nonce := (*[longNonceBytes]byte)(hs.entropy[KeyBytes:])
	shared, err := sharedKey(&c.cfg.Curve.Secret, server)
	if err != nil {
		return nil, err
	}
	transient := PublicKey(&hs.transient)
	vouch := append(make([]byte, 0, vouchBytes), nonce[:]...)
	vouch = append(vouch, make([]byte, tagBytes)...)
	vouch = append(vouch, transient[:]...)
	vouch = append(vouch, c.peerKey[:]...)
	sealOnce(&shared, prefixVouch, nonce, vouch[longNonceBytes:])
	return vouch, nil
}

// readyCurve takes the READY that ends the handshake.
func (c *Conn) readyCurve(now Instant, data []byte) (Input, error) {
	if len(data) < counterBytes+tagBytes {
		return Input{}, FaultCommand
	}
	nonce := binary.BigEndian.Uint64(data)
	sealed := data[counterBytes:]
	ready := counted(&c.hands.shared, prefixReady)
	if !ready.open(sealed, nonce) {
		return Input{}, FaultBox
	}
	var err error
	if c.peer, err = parseMetadata(sealed[tagBytes:]); err != nil {
		return Input{}, err
	}
	c.sealer = Sealer{curve: true, box: c.messageBox(prefixFromClient), nonce: nonceInitiate}
	c.opener = opener{box: c.messageBox(prefixFromServer), nonce: nonce}
	c.rise(now)
	return Input{Kind: Risen}, nil
}

// equalKeys compares in constant time.
func equalKeys(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
