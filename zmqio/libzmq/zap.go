//go:build cgo && libzmq

package libzmq

import (
	"encoding/binary"
	"fmt"
	"time"

	zmq "github.com/pebbe/zmq4"
)

const (
	// zapEndpoint is where libzmq looks for the responder of a context (ZeroMQ RFC 27).
	zapEndpoint = "inproc://zeromq.zap.01"
	// zapFramesMax is one more than any request that libzmq makes of CURVE.
	zapFramesMax = 10
)

// responder answers libzmq's authentication requests: which keys may connect,
// and what their connections are called from then on. Guarded by ownership of
// the node.
type responder struct {
	carrier *carrier
	socket  *socket
	minter  *minter
	fence   *fence
	// Answers are sent when a fence has come down that was raised after their
	// requests arrived.
	behind  [][][]byte // wait for the fence that is up
	waiting [][][]byte // wait for the next one
}

// openResponder binds the responder. It must be done before anything listens:
// without a responder libzmq lets everybody in.
func (c *carrier) openResponder() (*responder, error) {
	socket, err := openSocket(c.ctx, zmq.ROUTER, func(z *zmq.Socket) error {
		if err := z.SetLinger(0); err != nil {
			return err
		}
		return z.Bind(zapEndpoint)
	})
	if err != nil {
		return nil, err
	}
	fence, err := c.openFence()
	if err != nil {
		discard(socket)
		return nil, err
	}
	return &responder{carrier: c, socket: socket, minter: newMinter(), fence: fence}, nil
}

// start starts the goroutines.
func (r *responder) start() {
	r.carrier.wg.Go(func() { r.socket.watch(r.step) })
	r.carrier.wg.Go(func() { r.fence.events.watch(r.step) })
}

// step takes requests and sends the answers whose time has come. Both
// goroutines do it.
func (r *responder) step() (next time.Time, stop bool) {
	r.carrier.sink.Lock()
	stop, err := r.socket.closed, error(nil)
	if !stop {
		if err = r.receive(); err == nil {
			next, err = r.answer(time.Now())
		}
	}
	r.carrier.sink.UnlockAndDispatch()
	if err != nil {
		// From now on everybody would be let in (without a token, but still).
		r.carrier.sink.Fail(fmt.Errorf("libzmq: the authentication responder failed: %w", err))
	}
	return next, stop || err != nil
}

func (r *responder) receive() error {
	for n := 0; ; n++ {
		if n == batchMax || !r.socket.skip() {
			r.socket.wake()
			return nil
		}
		request, err := r.receiveRequest()
		if isAgain(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if frames := r.decide(request); frames != nil {
			r.waiting = append(r.waiting, frames)
		}
	}
}

func (r *responder) receiveRequest() (request [][]byte, err error) {
	for more := true; more && len(request) < zapFramesMax; more = r.socket.more() {
		frame, err := r.socket.zmq.RecvBytes(zmq.DONTWAIT)
		if err != nil {
			return nil, err
		}
		request = append(request, frame)
	}
	r.socket.skipping = r.socket.more()
	return request, nil
}

// decide returns the answer to a request, nil to one that can't be answered.
// A request is: requester, empty, version, request id, domain, address, claimed
// routing id, mechanism, key.
func (r *responder) decide(request [][]byte) [][]byte {
	if len(request) < 4 {
		return nil
	}
	answer := [][]byte{request[0], {}, []byte("1.0"), request[3]}
	refuse := func(text string) [][]byte { return append(answer, []byte("400"), []byte(text), nil, nil) }
	if len(request) != 9 || string(request[2]) != "1.0" || string(request[7]) != "CURVE" || len(request[8]) != tokenKeyBytes {
		return refuse("not a CURVE request")
	}
	name, address := zmq.Z85encode(string(request[8])), string(request[5])
	if name == r.carrier.cfg.Name || !r.carrier.admits(name, address) {
		r.carrier.log.Debug("connection refused", "peer", name, "address", address)
		r.carrier.sink.TurnedAway()
		return refuse("not admitted")
	}
	token := r.minter.mint(request[8], r.carrier.sink.NextLink().N)
	return append(answer, []byte("200"), []byte("OK"), []byte(name), appendProperty(nil, "Identity", token))
}

// appendProperty encodes one property of ZMTP metadata.
func appendProperty(dst []byte, name string, value []byte) []byte {
	dst = append(dst, byte(len(name)))
	dst = append(dst, name...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(value)))
	return append(dst, value...)
}

// answer sends the answers whose fence has come down, and raises one for the
// next. A requester that has gone is no error: its connection ended meanwhile,
// and a ROUTER drops what it can't deliver.
func (r *responder) answer(now time.Time) (next time.Time, err error) {
	down, next := r.fence.passed(now)
	if down {
		for _, frames := range r.behind {
			r.socket.send(frames...)
		}
		r.behind = nil
	}
	if len(r.behind) == 0 && len(r.waiting) > 0 {
		r.behind, r.waiting = r.waiting, nil
		next, err = r.fence.raise(now)
	}
	return next, err
}

func (r *responder) close() {
	r.socket.close(0)
	r.fence.close()
}

// discard is close for a responder that was not started.
func (r *responder) discard() {
	r.close()
	r.socket.file.Close()
	r.fence.events.file.Close()
}
