//go:build cgo && libzmq

package libzmq

import (
	"errors"
	"slices"
	"strconv"
	"time"

	zmq "github.com/pebbe/zmq4"
)

// fence proves that libzmq's I/O threads have finished what they were at.
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
// An I/O thread does one thing after another, and nobody says which of them asks. So
// an answer waits until each has tried, and failed, to connect to a place
// that can't exist, which is asked for after the request has arrived.
// Guarded by the lock of the node.
type fence struct {
	socket *socket
	events *socket
	raised time.Time // zero while the fence is down
	up     [curveThreads]bool
	// patience is how long it is waited for. It never comes down when the process
	// has no descriptor left to try with.
	patience time.Duration
}

const fencePatience = 50 * time.Millisecond

// fenceEndpoint is a place below a file, one for each I/O thread: to connect fails at once.
func fenceEndpoint(thread int) string { return "ipc:///dev/null/fence" + strconv.Itoa(thread) }

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
	for thread := range f.up {
		f.up[thread] = true
		err = errors.Join(err, f.socket.zmq.SetAffinity(1<<thread), f.socket.zmq.Connect(fenceEndpoint(thread)))
	}
	return now.Add(f.patience), err
}

// passed takes the fence down, and says so, if every I/O thread has come by or
// patience is at its end. If not, it returns when to ask again at the latest.
func (f *fence) passed(now time.Time) (down bool, again time.Time) {
	// Received while the fence is down too: ZMQ_FD does not signal a second thing
	// before the first one is taken.
	for {
		_, at, _, err := f.events.zmq.RecvEvent(zmq.DONTWAIT)
		if err != nil {
			break
		}
		for thread := range f.up {
			f.up[thread] = f.up[thread] && at != fenceEndpoint(thread)
		}
	}
	if f.raised.IsZero() {
		return false, time.Time{}
	}
	if end := f.raised.Add(f.patience); slices.Contains(f.up[:], true) && now.Before(end) {
		return false, end
	}
	f.raised = time.Time{}
	for thread := range f.up {
		f.socket.zmq.Disconnect(fenceEndpoint(thread))
	}
	return true, time.Time{}
}

func (f *fence) close() {
	closeMonitored(f.socket, f.events, 0)
	f.socket.file.Close() // nobody watches it
}
