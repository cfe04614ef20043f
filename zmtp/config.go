package zmtp

import (
	"errors"
	"fmt"
	"time"
)

// Config is what all connections of a node share. It is read only once the
// first connection has been made from it.
type Config struct {
	// Identity is the routing id that we claim, at most 255 bytes.
	Identity string
	// Curve holds our long-term keys and makes every connection a CURVE one; nil
	// makes every connection a NULL one.
	Curve *Keys
	// PayloadBytesMax bounds the payload of a received message; required.
	PayloadBytesMax int
	// HandshakeTimeout bounds the time from New to up. Zero means without bound.
	HandshakeTimeout time.Duration
	// HeartbeatInterval is the time between our PINGs, HeartbeatTimeout the silence
	// after one that ends the connection. Heartbeats are off unless both are set.
	HeartbeatInterval, HeartbeatTimeout time.Duration
	// Buffers is where the buffers of large frames come from; nil makes each anew.
	Buffers Buffers
	// Pause is called now and then while a large frame is opened or sealed, after some half a
	// millisecond of work each time, by the goroutine that does so; nil is not called.
	Pause func()
}

// Buffers keeps buffers for another use. A connection puts back those that a frame has
// outgrown; that of a whole frame is its receiver's (see Input), who may do so too.
type Buffers interface {
	// Get returns an empty buffer with room for n bytes or more.
	Get(n int) []byte
	// Put takes one that nobody uses any more.
	Put(buffer []byte)
}

// fresh makes each buffer anew.
type fresh struct{}

func (fresh) Get(n int) []byte { return make([]byte, 0, n) }
func (fresh) Put([]byte)       {}

// buffers returns where the buffers of c come from.
func (c *Conn) buffers() Buffers {
	if c.cfg.Buffers == nil {
		return fresh{}
	}
	return c.cfg.Buffers
}

// Keys is a long-term CURVE key pair. It never shows its secret when printed.
type Keys struct {
	Public, Secret [KeyBytes]byte
}

// String returns the public key only.
func (k *Keys) String() string { return fmt.Sprintf("CURVE keys, public %x", k.Public) }

// GoString returns the public key only.
func (k *Keys) GoString() string { return k.String() }

// Entropy is what a connection needs of chance: bytes from a cryptographic
// source, used for one connection only.
type Entropy [entropyBytes]byte

const (
	entropyBytes = KeyBytes + 2*longNonceBytes + KeyBytes

	// identityBytesMax is the longest routing id of ZeroMQ.
	identityBytesMax = 255
	// metadataBytesMax bounds the metadata of a peer. Type and identity need 300
	// bytes; libzmq lets an application add properties of its own.
	metadataBytesMax = 2048
	// handshakeBytesMax bounds a handshake command: the longest is an INITIATE.
	handshakeBytesMax = initiateBytesMin + metadataBytesMax
	// messageOverheadMax bounds what a message may have beyond its payload: two
	// frame headers, a command, and the overhead of two boxes.
	messageOverheadMax = 256
)

// HandshakeBytesMax is the most that an end takes in until it is up or has
// failed: the greeting, and two commands.
const HandshakeBytesMax = greetingBytes + 2*(longHeaderBytes+handshakeBytesMax)

// KeepBytes is the length from which a frame is gathered in a buffer of its
// own, which changes hands with the message instead of being copied.
const KeepBytes = 32 << 10

// BufferBytesMax is the most that the buffer behind Receive ever has to hold:
// any frame that is not gathered elsewhere, with its header.
const BufferBytesMax = KeepBytes + longHeaderBytes

// Check says what is wrong with a configuration, or nil.
func (c *Config) Check() error {
	if len(c.Identity) > identityBytesMax {
		return fmt.Errorf("zmtp: identity of %d bytes: want at most %d", len(c.Identity), identityBytesMax)
	}
	if c.PayloadBytesMax <= 0 || c.PayloadBytesMax > 1<<30 {
		return fmt.Errorf("zmtp: PayloadBytesMax is %d: want 1 to %d", c.PayloadBytesMax, 1<<30)
	}
	if c.HandshakeTimeout < 0 || c.HeartbeatInterval < 0 || c.HeartbeatTimeout < 0 {
		return errors.New("zmtp: a timeout is negative")
	}
	return nil
}
