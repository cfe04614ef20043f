package reality

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"
)

// lineMax bounds a line of JSON: a call with arguments of 64 KiB has less.
const lineMax = 1 << 20

// Main is the process of a node. It does what the lines of in say, and tells by lines to
// out, until it is told to stop or in ends.
func Main(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, lineMax)
	var s setup
	if !lines.Scan() {
		return lines.Err()
	}
	if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
		return err
	}
	t := &teller{out: out}
	start := startOurs
	if s.Old {
		start = startOld
	}
	n, err := start(&s, t)
	if err != nil {
		return err
	}
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return err
		}
		if o.Do == doStop {
			n.stop()
			t.tell(&report{Is: isStopped})
			return nil
		}
		if err := n.do(&o); err != nil {
			t.tell(&report{Is: isRefused, Peer: o.Peer, Call: o.Call, Text: string(o.Do) + ": " + err.Error()})
		}
	}
	return lines.Err() // without a stop: nothing of it is wanted any more
}

// performer is the node of a process.
type performer interface {
	do(o *order) error // what an order says, but for stop
	stop()             // returns when every call has been told of
}

// teller writes reports. It may be used concurrently.
type teller struct {
	mu  sync.Mutex
	out io.Writer
}

// tell writes a report. Nobody is left to hear of an error.
func (t *teller) tell(r *report) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.At = time.Now().UnixNano()
	if line, err := json.Marshal(r); err == nil {
		_, _ = t.out.Write(append(line, '\n'))
	}
}

// ours is a node of ours.
type ours struct {
	setup *setup
	tell  *teller
	node  *bilateralrpc.Bilateral
	slow  slowness

	mu      sync.Mutex
	cancels map[uint64]context.CancelFunc // of the calls under way
	calls   sync.WaitGroup
	watches sync.WaitGroup
}

func startOurs(s *setup, t *teller) (performer, error) {
	config := bilateralrpc.Config{
		Network: s.Network, Timing: s.Timing, Limits: s.Limits, SendQueueMax: s.Queue,
		HandshakeTimeout: s.HandshakeTimeout, HeartbeatInterval: s.HeartbeatInterval, HeartbeatTimeout: s.HeartbeatTimeout,
	}
	if s.Transport == "libzmq" {
		config.Transport = libzmq.Transport
	}
	if s.Public == "" {
		config.Name = s.Name
	} else {
		config.PublicKey, config.PrivateKey = s.Public, s.Secret
	}
	node, err := bilateralrpc.New(config)
	if err != nil {
		return nil, err
	}
	n := &ours{setup: s, tell: t, node: node, cancels: map[uint64]context.CancelFunc{}}
	n.slow.usual = s.Handler
	if err := n.serve(); err != nil {
		return nil, err
	}
	if err := node.ListenOn("tcp://127.0.0.1:*"); err != nil {
		return nil, err
	}
	n.watches.Go(n.watch)
	t.tell(&report{Is: isReady, Address: node.ListenAddresses()[0]})
	return n, nil
}

// watch tells of peers that come and go.
func (n *ours) watch() {
	for e := range n.node.Watch(context.Background()) {
		switch e.Kind {
		case bilateralrpc.PeerUp:
			n.tell.tell(&report{Is: isUp, Peer: e.Name})
		case bilateralrpc.PeerDown:
			n.tell.tell(&report{Is: isDown, Peer: e.Name})
		}
	}
}

// do implements performer.
func (n *ours) do(o *order) error {
	switch o.Do {
	case doConnect:
		return n.node.ConnectTo(o.Peer, o.Address)
	case doDisconnect:
		return n.node.DisconnectFrom(o.Peer)
	case doRedial:
		return n.node.Redial(o.Peer)
	case doCall:
		n.call(o)
	case doCast:
		return n.cast(o)
	case doCancel:
		n.mu.Lock()
		cancel := n.cancels[o.Call]
		n.mu.Unlock()
		if cancel != nil {
			cancel()
		}
	case doSlow:
		n.slow.set(o.For)
	case doLook:
		n.look(o.Call)
	default:
		return fmt.Errorf("nothing is called %q", o.Do)
	}
	return nil
}

// look tells what the node knows of its peers.
func (n *ours) look(number uint64) {
	r := &report{Is: looked, Call: number, Drops: dropsOf(n.node.Stats().Drops)}
	for _, p := range n.node.Peers() {
		r.Peers = append(r.Peers, view{p.Name, p.Active, p.Dialling, p.Listening, p.Backoff})
	}
	n.tell.tell(r)
}

// stop implements performer.
func (n *ours) stop() {
	n.look(0)
	n.node.Close()
	n.calls.Wait()
	n.watches.Wait()
}
