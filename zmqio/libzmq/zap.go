//go:build cgo && !nozmq

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
	// zapDelay is how long an answer waits. libzmq 4.3 parses the client's own
	// metadata after it has sent the request: an answer that comes at once may
	// lose against the routing id that the client claims. Measured: lost in 0 of
	// 400 connections from 0.5 ms on, in half of them without delay. Losing is
	// harmless (see token), but wastes the connection.
	zapDelay = 2 * time.Millisecond
	// zapFramesMax is one more than any request that libzmq makes of CURVE.
	zapFramesMax = 10
)

// responder answers libzmq's authentication requests: which keys may connect,
// and what their connections are called from then on. Its queue is ordered by
// time, since the delay is the same for all. Guarded by ownership of the node.
type responder struct {
	t      *transport
	socket *socket
	minter *minter
	queue  []zapAnswer
}

// zapAnswer is an answer that waits for its time.
type zapAnswer struct {
	due    time.Time
	frames [][]byte
}

// openResponder binds the responder. It must be done before anything listens:
// without a responder libzmq lets everybody in.
func (t *transport) openResponder() (*responder, error) {
	socket, err := openSocket(t.ctx, zmq.ROUTER, func(z *zmq.Socket) error {
		if err := z.SetLinger(0); err != nil {
			return err
		}
		return z.Bind(zapEndpoint)
	})
	if err != nil {
		return nil, err
	}
	r := &responder{t: t, socket: socket, minter: newMinter()}
	return r, nil
}

// step takes requests and sends the answers that are due. It returns when the
// next one is.
func (r *responder) step() (next time.Time, stop bool) {
	r.t.sink.Lock()
	stop, err := r.socket.closed, error(nil)
	if !stop {
		if err = r.receive(); err == nil {
			r.answer(time.Now())
		}
		if len(r.queue) > 0 {
			next = r.queue[0].due
		}
	}
	r.t.sink.Unlock()
	if err != nil {
		// From now on everybody would be let in (without a token, but still).
		r.t.sink.Fail(fmt.Errorf("libzmq: the authentication responder failed: %w", err))
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
			r.queue = append(r.queue, zapAnswer{time.Now().Add(r.t.zapDelay), frames})
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
	if name == r.t.cfg.Name || !r.t.admits(name, address) {
		r.t.log.Debug("connection refused", "peer", name, "address", address)
		return refuse("not admitted")
	}
	token := r.minter.mint(request[8], r.t.sink.NextLink().N)
	return append(answer, []byte("200"), []byte("OK"), []byte(name), appendProperty(nil, "Identity", token))
}

// appendProperty encodes one property of ZMTP metadata.
func appendProperty(dst []byte, name string, value []byte) []byte {
	dst = append(dst, byte(len(name)))
	dst = append(dst, name...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(value)))
	return append(dst, value...)
}

// answer sends what is due. A requester that has gone is no error: its
// connection ended meanwhile, and a ROUTER drops what it can't deliver.
func (r *responder) answer(now time.Time) {
	sent := 0
	for ; sent < len(r.queue) && !now.Before(r.queue[sent].due); sent++ {
		r.socket.send(r.queue[sent].frames...)
	}
	r.queue = append(r.queue[:0], r.queue[sent:]...)
}
