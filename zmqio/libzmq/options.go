//go:build cgo && libzmq

package libzmq

import (
	"errors"
	"time"

	zmq "github.com/pebbe/zmq4"
)

const (
	// curveOverheadBytes is what CURVE adds to a frame; MAXMSGSIZE counts it.
	curveOverheadBytes = 33
	// connectTimeout ends a dial that neither succeeds nor fails. The addresses of a
	// name share it.
	connectTimeout = 5 * time.Second
	// connectShareMin is the least time that an address gets while there is so much.
	connectShareMin = 2 * time.Second
	// reconnectNever is longer than a DEALER lives after its connection has ended.
	reconnectNever = time.Hour
	// socketsMax bounds the sockets of a node: three for each dial (the DEALER and
	// both ends of its monitor) and four for listening. It is libzmq's table, 12
	// bytes each.
	socketsMax = 3*dialsMax + 4
	// dialsMax bounds the links that a node dials at the same time.
	dialsMax = 4096
	// curveThreads is how many threads libzmq reads and writes with where names are proven.
	// What it does for one connection, others of the same thread wait for: to receive 4 MiB
	// takes some milliseconds. Without CURVE there is one: a name is that of the connection
	// which came last, and threads would let an older one that is slow take it back.
	curveThreads = 4
	// lingerMin is the least time that a connection gets to send what is queued. Without
	// any, libzmq drops a message of which it has sent the first frame, and if the
	// connection breaks in the same moment it aborts the process (an assertion in its
	// session_base.cpp). A peer that reads is done much earlier.
	lingerMin = 20 * time.Millisecond
	// zapDomain makes libzmq ask the responder; its value means nothing to us.
	zapDomain = "bilateral"
)

// configureBoth sets what the listening ROUTER and every DEALER have in common.
func (c *carrier) configureBoth(z *zmq.Socket) error {
	err := errors.Join(
		z.SetIdentity(c.cfg.Name), // originals route by it
		z.SetSndtimeo(0),
		z.SetSndhwm(c.cfg.SendQueueMax),
		z.SetRcvhwm(c.cfg.SendQueueMax),
		z.SetMaxmsgsize(int64(c.cfg.PayloadBytesMax)+curveOverheadBytes),
		z.SetHandshakeIvl(c.cfg.HandshakeTimeout),
		z.SetLinger(c.cfg.Linger),
		z.SetTcpKeepalive(1),
		c.configureHeartbeats(z),
	)
	if c.cfg.Curve {
		err = errors.Join(err,
			z.SetCurvePublickey(string(c.cfg.PublicKey[:])),
			z.SetCurveSecretkey(string(c.cfg.SecretKey[:])))
	}
	return err
}

// configureHeartbeats has the system find dead machines, and libzmq find other silent
// peers, where beats can't: see beat.
func (c *carrier) configureHeartbeats(z *zmq.Socket) error {
	if c.cfg.HeartbeatInterval <= 0 {
		return nil
	}
	if cannotFind {
		return errors.Join(z.SetHeartbeatIvl(c.cfg.HeartbeatInterval), z.SetHeartbeatTimeout(c.cfg.HeartbeatTimeout))
	}
	pause := wholeSeconds(c.cfg.HeartbeatInterval)
	return errors.Join(
		z.SetTcpKeepaliveIdle(pause),
		z.SetTcpKeepaliveIntvl(pause),
		z.SetTcpKeepaliveCnt(max(1, wholeSeconds(c.cfg.HeartbeatTimeout)/pause)),
	)
}

// wholeSeconds returns d in seconds, rounded up.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// configureListener sets the options of the listening ROUTER. With tokens no
// two connections have the same routing id, and none may take over another;
// without, a name that connects again must be able to.
func (c *carrier) configureListener(z *zmq.Socket) error {
	err := errors.Join(
		c.configureBoth(z),
		// What a connection had to send when it ended is kept for so long. Close says how
		// long those have that are there then.
		z.SetLinger(lingerMin),
		z.SetRouterMandatory(1),
		z.SetRouterHandover(!c.cfg.Curve),
	)
	if c.cfg.Curve {
		err = errors.Join(err, z.SetCurveServer(1), z.SetZapDomain(zapDomain))
	}
	return err
}

// z85KeyBytes is the length of a key in Z85; libzmq would also take a raw one.
const z85KeyBytes = 40

var errServerKey = errors.New("the peer's name is not a public key: write its 40 characters of Z85")

// configureDial sets the options of a DEALER that expects the node called name, and
// gives up connecting after timeout, which is at least a millisecond.
func (c *carrier) configureDial(z *zmq.Socket, name string, timeout time.Duration) error {
	err := errors.Join(
		c.configureBoth(z),
		// The core redials, and a dial ends with its connection. With IMMEDIATE = 1 or
		// RECONNECT_IVL = -1 libzmq would throw away what arrived just before the
		// connection ended: the last frame was lost in a fifth of 100 closings, in
		// none this way. Nothing is sent before the link is up (see dial.send).
		z.SetImmediate(false),
		z.SetReconnectIvl(reconnectNever),
		z.SetConnectTimeout(timeout),
	)
	if c.cfg.Curve {
		if len(name) != z85KeyBytes || z.SetCurveServerkey(name) != nil {
			return errServerKey
		}
	}
	return err
}

// configureMonitor sets the options of the PAIR that receives a socket's events.
// Its queue has no limit, because libzmq's I/O thread waits for room in it.
func configureMonitor(z *zmq.Socket) error {
	return errors.Join(z.SetLinger(0), z.SetRcvhwm(0))
}
