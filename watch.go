package bilateralrpc

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// PeerEventKind says what a PeerEvent is about.
type PeerEventKind string

// The kinds.
const (
	PeerUp      PeerEventKind = "up"      // the peer can be called from now on
	PeerDown    PeerEventKind = "down"    // it can't any more: Cause and Err say why
	PeerRefused PeerEventKind = "refused" // a connection was turned away, by this node or by the other one
)

// PeerEvent is one thing that Watch tells.
type PeerEvent struct {
	Kind PeerEventKind
	// Name is the peer's. It is empty where a connection was refused before it had shown one,
	// and in plaintext it is no more than a claim.
	Name    string
	Address string    // where the peer is, or was: dialled, or dialling from; empty if it is not known
	Cause   Cause     // why, for programs; empty with PeerUp
	Err     error     // why, for people, and what to do about it; nil with PeerUp
	Time    time.Time // by Config.Clock
	// Lost is how many events before this one were left out, because the loop was slow. What
	// they left behind is told all the same: the last word about each peer, and the last
	// event of all.
	Lost int
	// text is what people call the peer.
	text string
}

// String returns a line for people, with the peer's alias if it has one.
func (e PeerEvent) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %s", e.Kind, e.text)
	if e.Address != "" {
		fmt.Fprintf(&s, " at %s", e.Address)
	}
	if e.Err != nil {
		fmt.Fprintf(&s, ": %v", e.Err)
	}
	if e.Lost > 0 {
		fmt.Fprintf(&s, " (%d events before it were left out)", e.Lost)
	}
	return s.String()
}

// Watch returns the peers as they come and go, for a range loop:
//
//	for e := range node.Watch(ctx) {
//		log.Print(e)
//	}
//
// It begins with PeerUp for each peer that is active when the loop begins, and goes on with
// every change from that moment on, so that nothing is missed or told twice. The events of
// one peer are in order. The loop ends when ctx is done, or when the node is closed, after
// PeerDown for all. It may also be left at any time: nothing of it stays behind.
//
// The node does not wait for the loop, which may take its time and call the node. If
// it falls behind by some hundred events, those in the middle are left out and counted (Lost), but the last state
// of each peer is always told.
func (b *Bilateral) Watch(ctx context.Context) iter.Seq[PeerEvent] {
	return func(yield func(PeerEvent) bool) {
		if b.broken != nil {
			return
		}
		w := b.driver.Watch()
		defer w.Close()
		for {
			e, ok := w.Next(ctx)
			if !ok || !yield(b.eventOf(&e)) {
				return
			}
		}
	}
}

func (b *Bilateral) eventOf(e *zmqio.PeerEvent) PeerEvent {
	out := PeerEvent{Name: e.Peer, Address: e.Address, Time: e.At, Lost: e.Lost, text: "somebody"}
	if e.Peer != "" {
		out.text = b.names.called(e.Peer)
	}
	switch e.Kind {
	case zmqio.PeerUp:
		out.Kind = PeerUp
		return out
	case zmqio.PeerDown:
		out.Kind = PeerDown
	case zmqio.PeerRefused:
		out.Kind = PeerRefused
	}
	out.Cause = causeOf(e)
	out.Err = out.Cause.explain(e.Err)
	return out
}
