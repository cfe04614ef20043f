//go:build cgo && libzmq

package libzmq

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
	zmq "github.com/pebbe/zmq4"
)

const (
	// zapEndpoint is where libzmq looks for the responder of a context (ZeroMQ RFC 27).
	zapEndpoint = "inproc://zeromq.zap.01"
	// zapFramesMax is one more than any request that libzmq makes of CURVE.
	zapFramesMax = 10
)

// responder answers libzmq's authentication requests: which keys may connect,
// and what their connections are called from then on. Guarded by the lock of
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
	socket.in = c.in
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
// goroutines do it. Requests are decided on without the lock.
func (r *responder) step() (next time.Time, stop bool) {
	sink := r.carrier.sink
	for requests := []*request(nil); ; {
		sink.Lock()
		stop, err := r.socket.closed, error(nil)
		if !stop {
			r.queue(requests)
			if requests, err = r.receive(); err == nil {
				next, err = r.answer(time.Now())
			}
		}
		sink.UnlockAndDispatch()
		switch {
		case err != nil:
			// From now on everybody would be let in (without a token, but still).
			sink.Fail(fmt.Errorf("bilateralrpc: libzmq: the authentication responder failed: %w", err))
			return next, true
		case stop || len(requests) == 0:
			return next, stop
		}
		for _, q := range requests {
			q.refusal = r.decide(q)
		}
	}
}

// receive takes a batch of requests.
func (r *responder) receive() (requests []*request, err error) {
	for {
		if len(requests) == batchMax || !r.socket.skip() {
			r.socket.wake()
			return requests, nil
		}
		frames, err := r.receiveRequest()
		if isAgain(err) {
			return requests, nil
		}
		if err != nil {
			return nil, err
		}
		if len(frames) >= 4 { // or it can't be answered
			requests = append(requests, &request{frames: frames})
		}
	}
}

func (r *responder) receiveRequest() (request [][]byte, err error) {
	for more := true; more && len(request) < zapFramesMax; more = r.more() {
		frame, err := r.socket.zmq.RecvBytes(zmq.DONTWAIT)
		if err != nil {
			return nil, err
		}
		request = append(request, frame)
	}
	r.socket.skipping = r.more()
	return request, nil
}

// more says whether the message received last has further frames.
func (r *responder) more() bool {
	more, err := r.socket.zmq.GetRcvmore()
	return err == nil && more
}

// request is what libzmq asks of one connection. Its frames are: requester, empty,
// version, request id, domain, address, claimed routing id, mechanism, key.
type request struct {
	frames  [][]byte
	refusal string // why the answer is no
}

// decide says why a request is refused, or nothing. It needs no lock, and
// must not be called with it: Admit is the user's code.
func (r *responder) decide(q *request) (refusal string) {
	f, c := q.frames, r.carrier
	if len(f) != 9 || string(f[2]) != "1.0" || string(f[7]) != "CURVE" || len(f[8]) != tokenKeyBytes {
		return "not a CURVE request"
	}
	name, address := zmq.Z85encode(string(f[8])), hostOf(string(f[5]))
	why := zmqio.ErrRefusedAdmit
	switch {
	case name == c.cfg.Name:
		why = zmqio.ErrRefusedOwnName
	case c.admits(name, address):
		return ""
	}
	c.sink.TurnedAway(name, address, why)
	return "not admitted"
}

// queue has requests that were decided on answered. A connection that is admitted
// takes the number of its link here: the client has proven its key, and libzmq
// ends the handshake with this answer.
func (r *responder) queue(requests []*request) {
	for _, q := range requests {
		answer := [][]byte{q.frames[0], {}, []byte("1.0"), q.frames[3]}
		if q.refusal != "" {
			r.waiting = append(r.waiting, append(answer, []byte("400"), []byte(q.refusal), nil, nil))
			continue
		}
		key := q.frames[8]
		token := r.minter.mint(key, r.carrier.sink.NextLink().N)
		r.waiting = append(r.waiting, append(answer, []byte("200"), []byte("OK"),
			[]byte(zmq.Z85encode(string(key))), appendProperty(nil, "Identity", token)))
	}
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
			_, _ = r.socket.zmq.SendMessageDontwait(frames)
			r.socket.sent()
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
