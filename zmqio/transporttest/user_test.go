package transporttest_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/inproc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// A transport of a user's own passes the suite.
func TestConformanceOfAnotherTransport(t *testing.T) {
	transporttest.Run(t, slow{delay: time.Millisecond}, transporttest.Options{
		Addresses: func(testing.TB) []string { return []string{"inproc://*"} },
	})
}

// slow is the transport in memory, but for the time that messages take.
type slow struct{ delay time.Duration }

// Schemes implements zmqio.Transport.
func (slow) Schemes() []string { return inproc.Transport.Schemes() }

// Open implements zmqio.Transport.
func (s slow) Open(sink zmqio.Sink, config zmqio.TransportConfig) (zmqio.Carrier, error) {
	c := &slowCarrier{
		sink: sink, delay: s.delay,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	var err error
	if c.Carrier, err = inproc.Transport.Open(slowSink{sink, c}, config); err != nil {
		return nil, err
	}
	go c.run()
	return c, nil
}

// slowCarrier keeps the reports of the carrier that it embeds until they are due.
type slowCarrier struct {
	zmqio.Carrier
	sink  zmqio.Sink
	delay time.Duration
	late  []lateReport  // in the order of due; guarded by the lock of the node
	wake  chan struct{} // has a token when late has grown
	stop  chan struct{} // closed by Close
	done  chan struct{} // closed when the goroutine is gone
}

// lateReport is to be made at due, if its link is not hung up by then.
type lateReport struct {
	due    time.Time
	link   core.Link
	report func()
}

// slowSink is what the embedded carrier reports to. What it does not override goes
// to the node at once: that a link is up, above all.
type slowSink struct {
	zmqio.Sink
	carrier *slowCarrier
}

// Frame copies what the node is not given for good: it is reported later.
func (s slowSink) Frame(link core.Link, name string, command, payload []byte, keep bool) {
	command = bytes.Clone(command)
	if !keep {
		payload = bytes.Clone(payload)
	}
	s.carrier.put(link, func() { s.Sink.Frame(link, name, command, payload, keep) })
}

// LinkLost stays behind the messages that came before it.
func (s slowSink) LinkLost(link core.Link, name string, cause core.Cause) {
	s.carrier.put(link, func() { s.Sink.LinkLost(link, name, cause) })
}

func (c *slowCarrier) put(link core.Link, report func()) {
	c.late = append(c.late, lateReport{time.Now().Add(c.delay), link, report})
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// HangUp also drops what is still to be reported of the link.
func (c *slowCarrier) HangUp(link core.Link) {
	c.late = slices.DeleteFunc(c.late, func(r lateReport) bool { return r.link == link })
	c.Carrier.HangUp(link)
}

// Close implements zmqio.Carrier.
func (c *slowCarrier) Close(linger time.Duration) error {
	err := c.Carrier.Close(linger)
	close(c.stop)
	<-c.done
	return err
}

// run makes each report when it is due.
func (c *slowCarrier) run() {
	defer close(c.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-c.wake:
		case <-c.stop:
			return
		}
		c.sink.Lock()
		for len(c.late) > 0 && !time.Now().Before(c.late[0].due) {
			r := c.late[0]
			c.late = c.late[1:] // first: the report may lead to a HangUp
			r.report()
		}
		if len(c.late) > 0 {
			timer.Reset(time.Until(c.late[0].due))
		}
		c.sink.UnlockAndDispatch()
	}
}
