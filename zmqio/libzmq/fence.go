//go:build cgo && libzmq

package libzmq

import (
	"errors"
	"time"

	zmq "github.com/pebbe/zmq4"
)

// fence proves that libzmq's I/O thread has finished what it was at.
//
// libzmq 4.3 asks the ZAP responder, looks once whether the answer is there, and
// only then reads the metadata of the client. If the answer is there already,
// the routing id that the client claims wins against the token. That takes some
// luck on an idle machine, and happens on a busy one: the I/O thread is
// preempted just when it has woken the responder. A connection that won is
// harmless (see token), but useless for as long as it lives. Waiting some
// milliseconds makes it rare, not impossible: with every core busy it happened
// at 2 ms. With the fence it happened to none of 10,067 under the same load.
//
// The I/O thread, of which a context has one, does one thing after another. So
// an answer waits until that thread has tried, and failed, to connect to a place
// that can't exist, which is asked for after the request has arrived.
// Guarded by the lock of the node.
type fence struct {
	socket *socket
	events *socket
	raised time.Time // zero while the fence is down
	// patience is how long it is waited for. It never comes down when the process
	// has no descriptor left to try with.
	patience time.Duration
}

const (
	// fenceEndpoint is a place below a file: to connect fails at once.
	fenceEndpoint = "ipc:///dev/null/fence"
	fencePatience = 50 * time.Millisecond
)

func (c *carrier) openFence() (*fence, error) {
	f := &fence{patience: fencePatience}
	var err error
	f.socket, err = openSocket(c.ctx, zmq.DEALER, func(z *zmq.Socket) error {
		return errors.Join(z.SetLinger(0), z.SetImmediate(true), z.SetReconnectIvl(-1))
	})
	if err == nil {
		f.events, err = c.openMonitor(f.socket, zmq.EVENT_CLOSED)
	}
	if err != nil {
		discardMonitored(f.socket, f.events)
		return nil, err
	}
	return f, nil
}

// raise puts the fence up, and returns when to ask for it at the latest.
func (f *fence) raise(now time.Time) (again time.Time, err error) {
	f.raised = now
	return now.Add(f.patience), f.socket.zmq.Connect(fenceEndpoint)
}

// passed takes the fence down, and says so, if the I/O thread has come by or
// patience is at its end. If not, it returns when to ask again at the latest.
func (f *fence) passed(now time.Time) (down bool, again time.Time) {
	// Received while the fence is down too: ZMQ_FD does not signal a second thing
	// before the first one is taken.
	came := false
	for err := error(nil); err == nil; came = came || err == nil {
		_, _, _, err = f.events.zmq.RecvEvent(zmq.DONTWAIT)
	}
	if f.raised.IsZero() {
		return false, time.Time{}
	}
	if end := f.raised.Add(f.patience); !came && now.Before(end) {
		return false, end
	}
	f.raised = time.Time{}
	f.socket.zmq.Disconnect(fenceEndpoint)
	return true, time.Time{}
}

func (f *fence) close() {
	closeMonitored(f.socket, f.events, 0)
	f.socket.file.Close() // nobody watches it
}
